"""Notes are placed by their headings, and HTML in them stays text."""

import pytest
from markdown_it import MarkdownIt

from reportgen.report.placed_notes import place_notes, without_html

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


def test_notes_go_where_their_headings_say() -> None:
    notes = place_notes(TEXT, {"conv2d_9": "layer conv2d_9", "cat.jpg": "image cat.jpg"})
    assert notes.by_place == {
        "layer conv2d_9": "About the layer.\n\n### Detail\n\nMore on it.",
        "image cat.jpg": "A cat.",
        "gradcam": "Edges.\n\n```\n# conv2d_9\n```",
    }
    assert notes.front == "Hello.\n\n# Results\n\nSome words.\n\n# Thanks\n\nTo all."


def test_two_notes_on_one_place_are_joined() -> None:
    notes = place_notes("# a\n\none\n\n# b\n\ntwo\n\n# a\n\nthree\n", {"a": "A"})
    assert notes.by_place == {"A": "one\n\nthree"}
    assert notes.front == "# b\n\ntwo"


@pytest.mark.parametrize("text", ["", "words only", "- # conv2d_9\n", "> # conv2d_9\n"])
def test_what_has_no_heading_of_its_own_stays_in_front(text: str) -> None:
    notes = place_notes(text, {"conv2d_9": "layer"})
    assert notes.front == text.strip("\n")
    assert not notes.by_place


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
    ],
)
def test_no_html_is_left(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(without_html(text))
    kinds = {child.type for token in tokens for child in (token, *(token.children or ()))}
    assert not kinds & {"html_block", "html_inline"}


def test_code_and_comparisons_are_left_as_they_are() -> None:
    text = "`<b>` 3 < 4\n\n```\n<div>\n```\n\n    <indented>\n\n<https://example.org>"
    assert without_html(text) == text
