"""Texts stay text in Markdown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reportgen.markdown_text import as_markdown
from tests.report.sample import HOSTILE

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})
NAMES = (
    *HOSTILE, "1. one", "12) two", "- a", "+ a", "# a", "> a", "=== a", "a | b", "**b** `c` [d](e)",
    "&copy; &#60;", "~~x~~", "a\n\n# b", "![x](y)", "\\*a\\*", "--- a", "<!-- c -->",
)  # fmt: skip


def shown(name: str) -> str:
    line = " ".join(name.split())
    for mark, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        line = line.replace(mark, reference)
    return line


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_it_is_wherever_it_stands(name: str) -> None:
    text = as_markdown(name)
    assert MARKDOWN.renderInline(text) == shown(name)
    assert MARKDOWN.render(text) == f"<p>{shown(name)}</p>\n"
    assert MARKDOWN.render(f"- {text}") == f"<ul>\n<li>{shown(name)}</li>\n</ul>\n"
    row = re.findall("<td>(.*)</td>", MARKDOWN.render(f"| a |\n|---|\n| {text} |"))
    assert row == [shown(name)]


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=30))
def test_any_ascii_text_is_shown_as_it_is(name: str) -> None:
    assert MARKDOWN.renderInline(as_markdown(name)) == shown(name)


def test_a_decimal_number_begins_no_list() -> None:
    assert as_markdown("66.67 %") == "66.67 %"


@pytest.mark.parametrize(
    "name", ["www.example.com", "WWW.example.com", "https://example.com", "a@example.com",
             "@someone", "#12", ":smile:", "xmpp:a"],
)  # fmt: skip
def test_nothing_that_github_makes_a_link_of_is_left(name: str) -> None:
    text = as_markdown(name)
    assert not re.search(r"www\.|https?:|:\w|@\w|(?<!&)#\w", text, re.IGNORECASE)
