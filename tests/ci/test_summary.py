"""The Markdown summary: what it says, that names stay text, and that it fits."""

import re
from dataclasses import replace

from markdown_it import MarkdownIt

from reportgen.ci.summary import BEGINNING, LARGEST, summary
from reportgen.ci.verdict import Verdict

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


def test_gates_stand_in_a_table_failed_ones_first(verdict: Verdict) -> None:
    text = summary(verdict)
    assert text.startswith(BEGINNING)
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    results = [row[1] for row in rows if any(mark in row[1] for mark in "✅❌⚠")]
    assert len(results) == len(verdict.gates)
    assert results == sorted(results, key=["❌ failed", "⚠️ not measured", "✅ passed"].index)


def test_names_are_text_and_nothing_else(verdict: Verdict) -> None:
    html = MARKDOWN.render(summary(verdict))
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z]+)", html))
    assert tags <= {"h", "p", "table", "thead", "tbody", "tr", "th", "td", "strong", "details",
                    "summary", "ul", "li", "code"}  # fmt: skip
    cells = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    assert {len(re.findall("<t[hd]", row)) for row in cells} == {2, 4}


def test_a_long_summary_is_cut_below_the_limit(verdict: Verdict) -> None:
    assert verdict.report.baseline is not None
    long = ["<" * 200 + str(at) for at in range(1000)]
    baseline = verdict.report.baseline.model_copy(update={"regressed": long})
    update = {"baseline": baseline, "warnings": long * 5}
    text = summary(replace(verdict, report=verdict.report.model_copy(update=update)))
    assert 1000 < len(text.encode()) < LARGEST
    assert "more in the report" in text


def test_without_gates_the_numbers_remain(plain: Verdict) -> None:
    text = summary(plain)
    assert "Gate" not in text
    assert "| Accuracy |" in text
    assert "<details>" not in text


def test_warnings_are_said_to_be_warnings(warning: Verdict) -> None:
    assert "only warnings" in summary(warning)
