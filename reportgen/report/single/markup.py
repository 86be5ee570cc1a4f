"""Pages of the site → parts of one file: pictures inlined, ids made unique, links kept inside."""

import base64
import posixpath
from collections.abc import Callable, Mapping
from html import escape
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urlsplit

from reportgen.pictures.shrink import Encoded

_EMPTY = {"img", "meta", "link", "input", "br", "hr", "source", "col", "wbr", "area", "embed"}
_LEFT_OUT = {"crumbs", "beside", "skip", "only-site"}
"""Classes of what leads from page to page, or to files of the site."""
_NAMES_IDS = ("id", "for", "aria-labelledby", "aria-describedby", "aria-controls", "headers")

Inline = Callable[[str, int], Encoded]
"""From a picture's path in the report's folder, and the pixels that it may be wide."""


def data_uri(picture: Encoded) -> str:
    """A picture as the address that holds it."""
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode('ascii')}"


def sheet_id(path: str) -> str:
    """The anchor of a page's part: `images/cat.html` is `images/cat`."""
    return path.removesuffix(".html")


class Links:
    """Where the addresses of the site lie in the single file."""

    def __init__(self, pages: Mapping[str, str], aliases: Mapping[str, str]) -> None:
        self._pages = {path: sheet_id(path) for path in pages}
        self._aliases = aliases

    def inside(self, page: str, address: str) -> str:
        """An address on `page` as an anchor; as it is where it leads outside; else empty."""
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            return address
        target = resolved(page, address) if parts.path else page
        target = self._aliases.get(target, target)
        path, _, anchor = target.partition("#")
        if path not in self._pages:
            return ""
        anchor = unquote(parts.fragment) or anchor
        return "#" + quote(self._pages[path] + (f"~{anchor}" if anchor else ""), safe="/~:")


def resolved(page: str, address: str) -> str:
    """The path in the report's folder that a relative address on `page` names."""
    path = unquote(urlsplit(address).path)
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), path))


class SheetMaker(HTMLParser):
    """Takes what a finished page has in `<main>` and rewrites it for the single file.

    One maker serves all pages, so that every picture has its number.
    """

    def __init__(self, links: Links, inline: Inline) -> None:
        super().__init__(convert_charrefs=False)
        self._links = links
        self._inline = inline
        self._pictures: dict[str, int] = {}
        self._count = 0
        self._page = ""
        self._parts: list[str] = []
        self._inside = False
        self._left_out = 0

    def content(self, page: str, text: str) -> str:
        """The content of the page at the path `page`; empty where it has no `<main>`."""
        self.reset()
        self._page, self._parts, self._pictures = page, [], {}
        self._inside, self._left_out = False, 0
        self.feed(text)
        self.close()
        return "".join(self._parts).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Rewrite an element's attributes."""
        if tag == "main":
            self._inside = True
            return
        if not self._inside:
            return
        given = dict(attrs)
        if self._left_out or _LEFT_OUT & set((given.get("class") or "").split()):
            self._left_out += tag not in _EMPTY
            return
        rewritten = self._attributes(tag, given)
        if rewritten == given:
            self._parts.append(self.get_starttag_text() or "")
        else:
            self._parts.append(f"<{tag}{''.join(map(_attribute, rewritten.items()))}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Of the elements of SVG that close themselves, a picture is put into the file."""
        if not self._inside or self._left_out:
            return
        given = dict(attrs)
        if tag == "image" and (address := given.get("href")):
            path, width = resolved(self._page, address), given.get("width") or ""
            shown = int(width) if width.isdecimal() else 1_000_000
            given["href"] = data_uri(self._inline(path, shown))
            self._parts.append(f"<image{''.join(map(_attribute, given.items()))}/>")
        else:
            self._parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag == "main":
            self._inside = False
        elif self._left_out:
            self._left_out -= tag not in _EMPTY
        elif self._inside:
            self._parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Text stays."""
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        """Escaped text stays escaped."""
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Escaped text stays escaped."""
        self._keep(f"&#{name};")

    def _keep(self, text: str) -> None:
        if self._inside and not self._left_out:
            self._parts.append(text)

    def _attributes(self, tag: str, given: dict[str, str | None]) -> dict[str, str | None]:
        made: dict[str, str | None] = {}
        for name, value in given.items():
            if name in _NAMES_IDS and value:
                ids = value.split() if name != "id" else [value]
                made[name] = " ".join(f"{sheet_id(self._page)}~{anchor}" for anchor in ids)
            elif tag == "a" and name == "href":
                # A link around a picture leads to its file on the site, and to itself here.
                zoom = "zoom" in (given.get("class") or "").split()
                place = self._links.inside(self._page, value or "")
                made.update({name: f"#picture-{self._count}" if zoom else place})
            elif tag == "img" and name == "src":
                made.update(self._picture(value or "", given.get("width")))
            elif name == "data-photo" and value:
                made[name] = self._photo(resolved(self._page, value))
            elif name == "data-beside" and value:
                made[name] = self._links.inside(self._page, value)
            elif name != "data-values":
                made[name] = value
        return {name: value for name, value in made.items() if value != "" or given[name] == ""}

    def _picture(self, address: str, width: str | None) -> dict[str, str]:
        path = resolved(self._page, address)
        number = self._count
        self._count += 1
        shown = int(width) if width and width.isdecimal() else 1_000_000
        self._pictures.setdefault(path, number)
        return {"id": f"picture-{number}", "src": data_uri(self._inline(path, shown))}

    def _photo(self, path: str) -> str:
        """The photo below a heatmap: the picture of this page that shows it already."""
        if path in self._pictures:
            return f"#picture-{self._pictures[path]}"
        return data_uri(self._inline(path, _PHOTO_WIDTH))


_PHOTO_WIDTH = 460
"""Pixels across of a photo in the slider where the page does not show it by itself."""


def _attribute(pair: tuple[str, str | None]) -> str:
    name, value = pair
    return f" {name}" if value is None else f' {name}="{escape(value)}"'
