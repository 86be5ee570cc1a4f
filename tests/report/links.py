"""A checker for a finished site: what a browser would miss, fetch or refuse.

`check_site(folder)` names every problem; an empty list means that every link and anchor leads
somewhere, nothing is fetched from elsewhere, and nothing breaks the pages' own security policy.
"""

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'"
MOST_NODES = 1400
MOST_BYTES = 100_000
_OUTSIDE = ("http:", "https:", "mailto:")
_EMPTY = {"img", "meta", "link", "input", "br", "hr", "source"}
_CHANNEL = re.compile(r":\d+$")


@dataclass
class Page(HTMLParser):
    """What one page holds."""

    path: Path
    links: list[tuple[str, str, str]] = field(default_factory=list)
    """Tag, attribute, address."""
    ids: Counter[str] = field(default_factory=Counter)
    nodes: int = 0
    headings: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    policy: str = ""
    stack: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.path.read_text(encoding="utf-8"))
        self.close()
        if self.stack:
            self.problems.append(f"<{self.stack[-1]}> is not closed")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.nodes += 1
        if len(attributes) != len(attrs):
            self.problems.append(f"<{tag}> has an attribute twice")
        if tag not in _EMPTY:
            self.stack.append(tag)
        if identifier := attributes.get("id"):
            self.ids[identifier] += 1
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name, value in attrs:
            if name in ("href", "src", "data-values", "data-photo", "data-search"):
                self.links.append((tag, name, value or ""))
            if name == "style" or name.startswith("on"):
                self.problems.append(f"<{tag}> has the inline attribute {name}")
        if tag == "style" or (tag == "script" and "src" not in attributes):
            self.problems.append(f"inline <{tag}>")
        if tag == "img":
            missing = {"alt", "width", "height"} - set(attributes)
            if missing:
                self.problems.append(f"an image lacks {', '.join(sorted(missing))}")
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes.get("content") or ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def check(self) -> list[str]:
        """Problems that the page alone shows."""
        found = list(self.problems)
        found += [f"id {name!r} stands twice" for name, times in self.ids.items() if times > 1]
        if self.policy != POLICY:
            found.append(f"the security policy is {self.policy!r}")
        if self.headings[:1] != [1] or self.headings.count(1) != 1:
            found.append("the first and only level 1 heading is missing")
        steps = zip(self.headings, self.headings[1:], strict=False)
        found += [f"heading {b} follows heading {a}" for a, b in steps if b > a + 1]
        if self.nodes > MOST_NODES:
            found.append(f"{self.nodes} elements")
        if (size := self.path.stat().st_size) > MOST_BYTES:
            found.append(f"{size} bytes")
        return found


def check_site(folder: Path) -> list[str]:
    """Every problem of every page below ``folder``, as "page: problem"."""
    folder = Path(os.path.normpath(folder))
    pages = {path: Page(path) for path in sorted(folder.rglob("*.html"))}
    problems = []
    for path, page in pages.items():
        found = page.check()
        found += [
            problem
            for tag, _, address in page.links
            if (problem := _check_link(folder, pages, page, tag, address))
        ]
        problems += [f"{path.relative_to(folder).as_posix()}: {text}" for text in found]
    return problems


def _check_link(folder: Path, pages: dict[Path, Page], page: Page, tag: str, address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        # Only the user's own notes lead outside, and only by a link that one follows oneself.
        outside = tag == "a" and address.startswith(_OUTSIDE)
        return "" if outside else f"{address} leads outside"
    if address.startswith("/") or "\\" in address or not address:
        return f"{address!r} is not relative"
    if parts.query:
        return f"{address} has a query"
    target = os.path.normpath(page.path.parent / unquote(parts.path)) if parts.path else page.path
    if not Path(target).is_relative_to(os.path.normpath(folder)):
        return f"{address} leaves the folder"
    owner = pages.get(Path(target))
    if owner is None and not Path(target).is_file():
        return f"{address} is broken"
    anchor = _CHANNEL.sub("", unquote(parts.fragment))
    if anchor and (owner is None or anchor not in owner.ids):
        return f"{address} has no such anchor"
    return ""
