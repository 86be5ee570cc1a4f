"""A Matplotlib figure → an SVG that stands alone or inside a page, the same bytes every time.

Matplotlib's own SVG does not serve a report as it is. Its identifiers and metadata change from run
to run; its inline styles are refused where a content security policy forbids them, which leaves
black shapes; and a name from a file drawn through it may be read as a formula or miss a glyph.
So names are drawn as numbered place holders, and put in as escaped text afterwards.
"""

import re
import unicodedata
from collections.abc import Callable
from html import escape
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, RULE = "#333333", "#dddddd"
"""What is drawn in these colours follows the page: dark on a light one, light on a dark one."""

_LIGHTER = {
    "#0072b2": "#4c9ff0",
    "#56b4e9": "#a3dcff",
    "#aa4499": "#d683d0",
    "#882255": "#e0679a",
    "#117733": "#5cb96c",
}
"""What takes the place of colours too dark for a dark page; each stays unlike the others."""
STYLE = (
    f"<style>.chart{{color:{INK}}}"
    "@media (prefers-color-scheme:dark){.chart{color:#e6eaee}"
    + "".join(
        f'.chart [{part}="{dark}"]{{{part}:{light}}}'
        for dark, light in _LIGHTER.items()
        for part in ("fill", "stroke")
    )
    + "}</style>"
)
"""The colours of ink and series by the page's theme, which a picture learns from `color-scheme`.

Where it has no effect, as in print, ink is black.
"""
RULE_OPACITY = 0.2

# Matplotlib reads its settings for SVG from one table for the whole process.
_SETTINGS = Lock()
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Names:
    """Strings from files on their way into a drawing: draw what ``place`` returns instead."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def place(self, text: str) -> str:
        """A place holder for ``text``; Matplotlib knows nothing of how wide the text is."""
        self._texts.append(text)
        return f"name:{len(self._texts) - 1}:"

    def put_into(self, drawing: str) -> str:
        """The drawing with the texts, escaped, in the place of the place holders."""
        return re.sub(r"name:(\d+):", lambda hit: escaped(self._texts[int(hit[1])]), drawing)


def columns(text: str) -> int:
    """How many columns a text takes in a typical font: East Asian wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def shorten(text: str, longest: int, keep: Literal["start", "end"] = "start") -> str:
    """``text`` on one line of at most ``longest`` columns, with … where something was left out.

    Args:
        text: any string.
        longest: columns, at least 1.
        keep: the part that matters (the end, for a layer path).

    """
    line = " ".join(text.split())
    if columns(line) <= longest:
        return line
    # No letter takes less than a column: the first cut bounds the work, the second is exact.
    kept = line[-longest:] if keep == "end" else line[:longest]
    while columns(kept) > longest - 1:
        kept = kept[1:] if keep == "end" else kept[:-1]
    return f"…{kept}" if keep == "end" else f"{kept}…"


def render(
    draw: "Callable[[Figure, Names], None]", width: int, height: int, title: str, description: str
) -> bytes:
    """Draw a figure and write it as SVG.

    Args:
        draw: draws on the figure it is given; lengths are pixels where Matplotlib says points.
        width: of the picture, in pixels.
        height: likewise.
        title: what the picture is, read out by screen readers.
        description: what it shows, in a sentence.

    Returns:
        UTF-8 text that begins with ``<svg``: its ground is transparent and its ink follows the
        page. No style attribute, no script, no reference to anything outside, no date.

    """
    # Two drawings in one page must not share identifiers.
    drawing, names = _drawn(draw, width, height, salt=f"{title} {description}")
    _, _, body = drawing[drawing.index("<svg") :].partition(">")
    body = re.sub(r"<style.*?</style>", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r' style="([^"]*)"', _attributes, body)
    body = body.replace(
        f'stroke="{RULE}"', f'stroke="currentColor" stroke-opacity="{RULE_OPACITY}"'
    )
    body = body.replace(f'"{INK}"', '"currentColor"')
    title, description = escaped(title), escaped(description)
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'class="chart" version="1.1" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" '
        f'stroke-linejoin="round" role="img" aria-label="{title}">\n'
        f" <title>{title}</title>\n <desc>{description}</desc>\n {STYLE}"
    )
    return (head + names.put_into(body)).encode("utf-8")


def _drawn(
    draw: "Callable[[Figure, Names], None]", width: int, height: int, *, salt: str
) -> tuple[str, Names]:
    """The SVG that Matplotlib writes, and the texts that belong into it."""
    import matplotlib as mpl
    import matplotlib.style
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    names, buffer = Names(), BytesIO()
    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "text.parse_math": False,
    }
    # "default" undoes what a matplotlibrc of the user's may say.
    with _SETTINGS, mpl.style.context("default"), mpl.rc_context(settings):
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        FigureCanvasSVG(figure)
        draw(figure, names)
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", metadata=nothing)
    return buffer.getvalue().decode("utf-8"), names


def _attributes(style: re.Match[str]) -> str:
    """One inline style → the presentation attributes that say the same."""
    parts = (part.partition(":") for part in style[1].split(";") if part.strip())
    stated = {key.strip(): value.strip() for key, _, value in parts}
    # Matplotlib 3.9 writes the shorthand, for which there is no attribute.
    shorthand = re.search(r"[\d.]+px", stated.pop("font", ""))
    if shorthand:
        stated["font-size"] = shorthand[0]
    if "font-size" in stated:
        # Every reader's own sans serif; Matplotlib's list names a font that few have.
        stated["font-family"] = "sans-serif"
    return "".join(f' {key}="{value}"' for key, value in stated.items())


def escaped(text: str) -> str:
    """A text for XML: what it cannot hold becomes U+FFFD."""
    return escape(_NOT_IN_XML.sub("\ufffd", text))
