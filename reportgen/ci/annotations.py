"""GitHub annotations: lines on standard output that a run's page and the changed file show."""

from collections.abc import Iterable, Iterator
from typing import Literal

from reportgen.ci.verdict import Verdict
from reportgen.gates.wording import gate_name, gate_sentence
from reportgen.wording import sentence

MOST = 10
"""Errors, and warnings, that GitHub keeps of a step."""


def annotations(verdict: Verdict) -> Iterator[str]:
    """The lines: failed gates first, then warnings, at most ten of each kind."""
    gates = [(gate_name(gate), sentence(gate_sentence(gate))) for gate in verdict.failed]
    remarks = [("reportgen", text) for text in verdict.remarks]
    if not verdict.only_warns:
        yield from _lines("error", verdict.model, gates)
        gates = []
    yield from _lines("warning", verdict.model, [*gates, *remarks])


def _lines(
    level: Literal["error", "warning"], file: str, texts: list[tuple[str, str]]
) -> Iterator[str]:
    shown: Iterable[tuple[str, str]] = texts
    if len(texts) > MOST:
        left = len(texts) - (MOST - 1)
        shown = [*texts[: MOST - 1], ("reportgen", f"And {left:,} more; the report has them all.")]
    for title, message in shown:
        yield f"::{level} file={_property(file)},line=1,title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """A message, in which a percent sign or line break cannot end it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
