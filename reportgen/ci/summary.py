"""A summary in GitHub-flavoured Markdown: what a job's page or a merge request shows."""

from collections.abc import Sequence

from reportgen.ci.verdict import MOST_REGRESSED, Verdict
from reportgen.gates.metrics import METRICS
from reportgen.gates.wording import (
    gate_name,
    gates_sentence,
    measured_text,
    required_text,
    value_text,
)
from reportgen.markdown_text import as_markdown
from reportgen.records.gates import Gate
from reportgen.wording import count, sentence

BEGINNING = "<!-- reportgen summary -->"
"""How every summary begins."""

LARGEST = 1 << 20
"""Bytes that GitHub shows of a step's summary."""

_ROWS = (200, 50, 10, 0)
"""Rows of each list, the most that fits."""

_SHOWN = (
    *("accuracy", "accuracy_low", "balanced_accuracy", "macro_f1", "loss", "calibration_error"),
    *("evaluated_images", "misclassified_images", "mean_absolute_error", "silent_channels"),
    *("images", "skipped_images", "parameters"),
    *("accuracy_change", "regressions", "flips", "new_silent_channels"),
)
_MARKS = {"passed": "✅ passed", "failed": "❌ failed", "unmeasured": "⚠️ not measured"}


def summary(verdict: Verdict) -> str:
    """The text of the summary, below `LARGEST` bytes."""
    texts = (_summary(verdict, rows) for rows in _ROWS)
    return next((text for text in texts if len(text.encode()) < LARGEST), _head(verdict))


def _head(verdict: Verdict) -> str:
    return f"{BEGINNING}\n\n## {as_markdown(verdict.report.title)}\n"


def _summary(verdict: Verdict, rows: int) -> str:
    parts = [_head(verdict)]
    gates = verdict.report.gates
    if gates:
        note = " Failed gates are only warnings." if gates.failed and verdict.only_warns else ""
        parts += [f"**{gates_sentence(gates)}.**{note}\n", _gate_table(verdict, rows)]
    parts.append(_numbers(verdict))
    if verdict.report.baseline:
        old = verdict.report.baseline
        parts.append(
            f"Baseline: {as_markdown(old.title)} ({as_markdown(old.model)}), over "
            f"{count(old.images, 'image')}.\n"
        )
    if verdict.regressed:
        shown = [as_markdown(name) for name in verdict.regressed[: min(rows, MOST_REGRESSED)]]
        title = f"{count(len(verdict.regressed), 'regressed image')}"
        parts.append(_folded(title, shown, len(verdict.regressed)))
    if remarks := verdict.remarks:
        shown = [as_markdown(sentence(text)) for text in remarks[:rows]]
        parts.append(_folded(count(len(remarks), "warning"), shown, len(remarks)))
    parts.append(f"Report: <code>{as_markdown(verdict.page)}</code>\n")
    return "\n".join(parts)


def _gate_table(verdict: Verdict, rows: int) -> str:
    passed = [gate for gate in verdict.gates if gate.status == "passed"]
    gates = [*verdict.failed, *passed]
    lines = ["| Gate | Result | Measured | Required |", "|---|---|---|---|"]
    lines += [_gate_row(gate) for gate in gates[:rows]]
    left = len(gates) - rows
    more = f"\n{count(left, 'more gate')} in the report.\n" if left > 0 else ""
    return "\n".join(lines) + "\n" + more


def _gate_row(gate: Gate) -> str:
    measured = sentence(gate.reason) if gate.status == "unmeasured" else measured_text(gate)
    cells = (
        as_markdown(gate_name(gate)),
        _MARKS[gate.status],
        as_markdown(measured),
        as_markdown(required_text(gate)),
    )
    return f"| {' | '.join(cells)} |"


def _numbers(verdict: Verdict) -> str:
    numbers = verdict.numbers
    rows = [
        f"| {METRICS[name].title} | {value_text(METRICS[name], numbers[name])} |"
        for name in _SHOWN
        if name in numbers
    ]
    return "\n".join(["| Metric | Value |", "|---|---|", *rows]) + "\n"


def _folded(title: str, lines: Sequence[str], total: int) -> str:
    more = f"\n<li>{total - len(lines):,} more in the report</li>" if total > len(lines) else ""
    items = "\n".join(f"<li>{line}</li>" for line in lines)
    return f"<details><summary>{title}</summary>\n<ul>\n{items}{more}\n</ul>\n</details>\n"
