"""Links of the notes that would run something are text, everything else stays as it is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reportgen.report.notes.links import without_scripts

KEPT = (
    "A [link](https://example.org) and ![a picture](pictures/notes/a.png).",
    "- one\n- [two](other.md)\n",
    "`[x](javascript:alert(1))` in code",
    "javascript:alert(1) in words",
    "| a | b |\n|---|---|\n| [x](https://example.org) | 2 |",
)
CUT = (
    "[x](javascript:alert(1))",
    "[x]( <JavaScript:alert(1)> )",
    "[x](&#106;avascript:alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](vbscript:run)",
    "![x](javascript:alert(1))",
    "![x](data:text/html,a)",
    "<javascript:alert(1)>",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "> - a [x](file:///etc/passwd)",
    "| ` | [x](javascript:alert(1)) | ` |\n|---|---|---|\n| a | [y](javascript:alert(2)) | b |",
    "# [x](javascript:alert(1))",
)


def addresses(text: str) -> list[str]:
    """What a viewer that follows every link would follow."""
    found = []
    for parser in (MarkdownIt("commonmark"), MarkdownIt("commonmark").enable("table")):
        parser.validateLink = lambda url: True  # type: ignore[method-assign]
        for token in parser.parse(text):
            for child in token.children or ():
                found.append(str(child.attrs.get("href") or child.attrs.get("src") or ""))
    return [re.sub(r"\s|%09", "", one).lower() for one in found if one]


@pytest.mark.parametrize("text", KEPT)
def test_what_leads_nowhere_bad_is_not_touched(text: str) -> None:
    assert without_scripts(text) == text


@pytest.mark.parametrize("text", CUT)
def test_what_would_run_is_text(text: str) -> None:
    found = addresses(without_scripts(text))
    assert not [one for one in found if re.match("(javascript|vbscript|data|file):", one)]
    shown = MarkdownIt("commonmark", {"html": False}).render(without_scripts(text))
    assert "x" in shown or "alert(1)" in shown


@given(st.lists(st.sampled_from([*CUT, *KEPT, "\n\n", "`", "[", "](", "> ", "- ", "|", " "])))
def test_however_they_are_put_together(parts: list[str]) -> None:
    found = addresses(without_scripts("".join(parts)))
    assert not [one for one in found if re.match("(javascript|vbscript|data|file):", one)]
