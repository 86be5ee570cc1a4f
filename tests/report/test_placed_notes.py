"""Notes are placed by their headings, and HTML in them stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reportgen.report.placed_notes import place_notes, unplaced_warning, without_html

TEXT = """Hello.

# Results

Some words.

## conv2d_9

About the layer.

### Detail

More on it.

## cat.jpg

A cat.

# Grad-CAM

Edges.

```
# conv2d_9
```

# Thanks

To all.
"""
PLACES = {"conv2d_9": "layer conv2d_9", "cat.jpg": "image cat.jpg", "Grad-CAM": "gradcam"}


def test_notes_go_where_their_headings_say() -> None:
    notes = place_notes(TEXT, PLACES.get)
    assert notes.by_place == {
        "layer conv2d_9": "About the layer.\n\n### Detail\n\nMore on it.",
        "image cat.jpg": "A cat.",
        "gradcam": "Edges.\n\n```\n# conv2d_9\n```",
    }
    assert notes.front == "Hello.\n\n# Results\n\nSome words.\n\n# Thanks\n\nTo all."
    assert notes.headings == {
        "layer conv2d_9": "conv2d_9",
        "image cat.jpg": "cat.jpg",
        "gradcam": "Grad-CAM",
    }
    assert notes.unplaced == ("Results", "Thanks")


def test_two_notes_on_one_place_are_joined() -> None:
    notes = place_notes("# a\n\none\n\n# b\n\ntwo\n\n# a\n\nthree\n", {"a": "A"}.get)
    assert notes.by_place == {"A": "one\n\nthree"}
    assert notes.front == "# b\n\ntwo"


def test_after_a_note_inside_a_note_the_outer_one_goes_on() -> None:
    text = "# a\n\none\n\n## b\n\ntwo\n\n## c\n\nthree\n"
    notes = place_notes(text, {"a": "A", "b": "B"}.get)
    assert notes.by_place == {"A": "one\n\n## c\n\nthree", "B": "two"}
    assert (notes.front, notes.unplaced) == ("", ())


def test_a_heading_whose_words_went_elsewhere_goes_too() -> None:
    text = "# My homework\n\n## Layers\n\n### a\n\none\n\n## End\n\n## Empty\n\nwords\n"
    notes = place_notes(text, {"a": "A"}.get)
    assert notes.front == "# My homework\n\n## End\n\n## Empty\n\nwords"
    assert place_notes("# Homework\n\n# a\n\none\n", {"a": "A"}.get).front == "# Homework"
    assert place_notes("# Homework\n\n## a\n\none\n", {"a": "A"}.get).front == ""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("# My title\n\nwords\n\n## conv2d_9\n\nmore", ()),
        ("# A\n\n# B\n\n## `conv2d_10`", ("A", "B", "conv2d_10")),
        ("# conv2d_9\n\n## Detail\n\nwords", ()),
        ("Setext\n===\n\n# A **bold**\n\n# A **bold**", ("Setext", "A bold")),
    ],
)
def test_headings_that_name_nothing_are_known(text: str, named: tuple[str, ...]) -> None:
    assert place_notes(text, PLACES.get).unplaced == named


def test_all_headings_that_name_nothing_are_one_sentence() -> None:
    text = "".join(f"# part {number}\n\nx\n\n" for number in range(9))
    said = unplaced_warning(place_notes(text, PLACES.get))
    assert "“part 0”, “part 1”" in said
    assert said.endswith("“part 5” and 3 more.")
    assert not unplaced_warning(place_notes("# conv2d_9\n\nwords", PLACES.get))


def test_notes_without_a_place_of_their_own_follow_the_front() -> None:
    notes = place_notes("Hi.\n\n# `a`\n\none\n\n# b\n\ntwo\n", {"a": "A", "b": "B"}.get)
    assert notes.front_with(["A"]) == "Hi.\n\n## `a`\n\none"
    assert notes.front_with([]) == "Hi."


def test_links_find_their_addresses_in_every_part() -> None:
    text = "See [one] and [two][2].\n\n# a\n\n[One] [again][2]\n\n[one]: http://x.y/1\n"
    text += "\n# b\n\n[2]: </2>"
    notes = place_notes(text, {"a": "A"}.get)
    for part, addresses in ((notes.front, 2), (notes.by_place["A"], 2)):
        tokens = MarkdownIt("commonmark").parse(part)
        links = [c for t in tokens for c in t.children or () if c.type == "link_open"]
        assert len(links) == addresses, part


@pytest.mark.parametrize("text", ["", "words only", "- # conv2d_9\n", "> # conv2d_9\n"])
def test_what_has_no_heading_of_its_own_stays_in_front(text: str) -> None:
    notes = place_notes(text, PLACES.get)
    assert notes.front == text.strip("\n")
    assert not notes.by_place


@given(st.text(alphabet="#=- ab`*_[]():\n\r\x0c\u2028!<>\\|", max_size=80))
def test_no_word_is_lost(text: str) -> None:
    notes = place_notes(text, {"a": "A"}.get)
    kept = notes.front + "".join(notes.by_place.values())
    assert text.count("b") <= kept.count("b") + text.count("#")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "words <b onclick='x'>bold</b> words",
        "`code <b>` and <img src=x>\nover <i\nclass=a>lines</i>",
        "- item <b>\n  <img\n  src=x>",
        "> quoted\n> <b\n> class=a>x",
        "\\`<b>`<i>`",
        "<!-- hidden -->\n\n<div>\n# not a heading\n</div>",
        "one\x0ctwo\u2028three\n\n<b>",
    ],
)
def test_no_html_is_left(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(without_html(text))
    kinds = {child.type for token in tokens for child in (token, *(token.children or ()))}
    assert not kinds & {"html_block", "html_inline"}


def test_code_and_comparisons_are_left_as_they_are() -> None:
    text = "`<b>` 3 < 4\n\n```\n<div>\n```\n\n    <indented>\n\n<https://example.org>"
    assert without_html(text) == text
