"""The user's notes: Markdown that cannot do harm."""

import pytest

from reportgen.report.notes import render_notes


def test_markdown_is_rendered() -> None:
    made = render_notes("# A\n\nSome *words*.\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n")
    assert "<h3>A</h3>" in made
    assert "<em>words</em>" in made
    assert "<table>" in made
    assert "style=" not in made


def test_headings_go_down_one_step_at_a_time() -> None:
    made = render_notes("## B\n\n##### E\n\n# A\n")
    assert "<h3>B</h3>\n<h4>E</h4>\n<h3>A</h3>" in made


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "x <img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](https://example.org/x.png)",
        "![x](x.png)",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(text: str) -> None:
    made = render_notes(text)
    assert "<script" not in made
    assert "<img" not in made
    assert "<a " not in made


def test_empty_notes_are_empty() -> None:
    assert not render_notes("")
