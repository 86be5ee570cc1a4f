"""What the PDF is made with: notes as nodes, fonts, grids on paper."""

from collections.abc import Iterator
from typing import Any

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st

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
