"""What the PDF is made with: notes as nodes, fonts, grids on paper, how pages fill."""

from collections.abc import Iterator
from typing import Any

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st

from reportgen.report.pdf.contexts import PAPERS
from reportgen.report.pdf.fill import Fit, Fits, Mark, better_fits
from reportgen.report.pdf.fonts import REPLACEMENT, printable, script_of
from reportgen.report.pdf.grids import Tiles, bands_of, lines_of
from reportgen.report.pdf.notes import note_nodes


def texts(nodes: Any) -> Iterator[str]:
    for node in nodes:
        yield node.get("text", "")
        yield from texts(node.get("children", ()))
        for row in node.get("rows", ()):
            yield from texts(row)


def kinds(nodes: Any) -> set[str]:
    found = {node["kind"] for node in nodes}
    for node in nodes:
        found |= kinds(node.get("children", ()))
    return found


@pytest.mark.parametrize(
    "hostile", ["<script>x</script>", "#panic()", "$x$", "@home", "= no heading", "<b>x</b> y"]
)
def test_what_notes_say_is_text(hostile: str) -> None:
    assert "".join(texts(note_nodes(hostile))) == hostile


def test_notes_keep_their_form() -> None:
    nodes = note_nodes("# A\n\n1. *x*\n2. **y** `z`\n\n> ~~s~~\n\n---\n\n```\ncode\n```\n")
    assert [node["kind"] for node in nodes] == ["heading", "list", "quote", "rule", "listing"]
    assert {"emphasis", "strong", "code", "strike", "item"} <= kinds(nodes)
    assert nodes[1]["ordered"]
    assert nodes[-1]["text"] == "code"


def test_headings_of_notes_skip_no_level() -> None:
    nodes = note_nodes("### A\n\n###### B\n\n#### C\n\n# D\n")
    assert [node["level"] for node in nodes] == [2, 3, 3, 2]


def test_links_of_notes_lead_outside_or_nowhere() -> None:
    (kept,) = note_nodes("[a](https://example.org)")[0]["children"]
    assert (kept["kind"], kept["href"]) == ("link", "https://example.org")
    for target in ("javascript:alert(1)", "../secret", "file:///etc/passwd", "#there"):
        assert "link" not in kinds(note_nodes(f"[a]({target})"))


def test_a_table_in_notes() -> None:
    (table,) = note_nodes("| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert [["".join(texts([cell])) for cell in row] for row in table["rows"]] == [
        ["a", "b"],
        ["1", "2"],
    ]


@given(st.text(max_size=200))
def test_any_notes_give_nodes(text: str) -> None:
    assert all("kind" in node for node in note_nodes(text))


@pytest.fixture(scope="module")
def bare_fonts() -> typst.Fonts:
    """The fonts inside Typst, as on a machine without any."""
    return typst.Fonts(include_system_fonts=False)


def test_a_script_without_a_font_is_named(bare_fonts: typst.Fonts) -> None:
    content, warnings = printable({"a": ["fine é", "བོད་ཡིག and 猫 and 🐱"]}, bare_fonts)
    square, bod = REPLACEMENT, REPLACEMENT * 5
    assert content == {"a": ["fine é", f"{bod} and {square} and {square}"]}
    assert len(warnings) == 3
    assert any("script Tibetan" in one and "Noto Sans Tibetan" in one for one in warnings)
    assert any("script CJK" in one and "Noto Serif CJK" in one for one in warnings)
    assert any("Noto Color Emoji" in one for one in warnings)


def test_what_fonts_have_is_left_alone(bare_fonts: typst.Fonts) -> None:
    content = {"a": "Ünïcode, Ωmega, Кот – “x” × 3 … é e\u0301", "b": 3, "c": None}
    assert printable(content, bare_fonts) == (content, [])


def test_control_characters_and_turned_text_are_not_printed(bare_fonts: typst.Fonts) -> None:
    content, warnings = printable(["a\x00b\u202egpj.exe", "two\nlines\t"], bare_fonts)
    assert content == [f"a{REPLACEMENT}b{REPLACEMENT}gpj.exe", "two\nlines\t"]
    assert warnings == []


def test_scripts_by_name() -> None:
    assert [script_of(one) for one in "猫🐱Ꮳش"] == ["CJK", "EMOJI", "CHEROKEE", "ARABIC"]


@given(
    tiles=st.integers(1, 300),
    columns=st.integers(1, 40),
    smooth=st.booleans(),
    row=st.floats(0.5, 100),
)
def test_bands_show_every_tile_once(tiles: int, columns: int, smooth: bool, row: float) -> None:
    grid = Tiles("x.png", 8, 8, 1, columns, range(tiles), smooth)
    lines = lines_of(grid)
    used = min(columns, tiles)
    shown = [
        line.row * used + at
        for band in bands_of(lines, row)
        for line in band
        for at in range(line.first, line.last)
    ]
    assert shown == list(range(tiles))


def test_few_patterns_are_drawn_eight_a_line() -> None:
    lines = lines_of(Tiles("x.png", 64, 64, 3, 16, range(16), smooth=True))
    assert [(line.first, line.last) for line in lines] == [(0, 8), (8, 16)]


class Content:
    """What `better_fits` looks at: paper, and images with their grids."""

    paper = PAPERS["a4"]

    def __init__(self, grids: list[int]) -> None:
        self.images = [
            type("Image", (), {"sections": [type("Section", (), {"grids": range(number)})]})
            for number in grids
        ]


def marks(*ends: tuple[str, int, int, float]) -> list[Mark]:
    found = []
    for name, first, last, y in ends:
        found += [Mark(f"start:{name}", first, 24.0), Mark(f"end:{name}", last, y)]
    return found


def fitted(grids: list[int], *ends: tuple[str, int, int, float], fits: Fits | None = None) -> Any:
    return better_fits(marks(*ends), Content(grids), fits or Fits())  # type: ignore[arg-type]


def test_full_pages_are_left_alone() -> None:
    assert fitted([6], ("images", 5, 6, 200.0), ("image-0", 5, 6, 200.0)) is None


def test_an_image_that_just_runs_over_is_drawn_smaller() -> None:
    better = fitted([6], ("images", 5, 6, 40.0), ("image-0", 5, 6, 40.0))
    assert 0.84 <= better.images["image-0"].scale < 1
    assert better.follow == ()


def test_an_image_that_runs_far_over_is_drawn_further_apart() -> None:
    better = fitted([6], ("images", 5, 6, 80.0), ("image-0", 5, 6, 80.0))
    assert better.images["image-0"].scale == 1
    assert better.images["image-0"].space > 5


def test_nothing_is_tried_for_ever() -> None:
    tried = Fits({"image-0": Fit(space=9.0)})
    assert fitted([6], ("images", 5, 6, 80.0), ("image-0", 5, 6, 80.0), fits=tried) is None


def test_a_chapter_follows_on_a_nearly_empty_page() -> None:
    better = fitted([], ("overview", 3, 4, 40.0), ("model", 5, 5, 250.0))
    assert better == Fits({}, ("model",))
