"""The language of gates: `accuracy >= 0.9`, `recall[cat] >= 85%`, `silent_channels[block5*] <= 0`.

A requirement is what has to hold. `--fail-if` states the opposite, the condition that fails.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, get_args

from reportgen.gates.metrics import HOLDERS, Metric, Scope, metric_named

Operator = Literal["<", "<=", "==", "!=", ">=", ">"]

_OPPOSITES: Mapping[Operator, Operator] = {
    "<": ">=", "<=": ">", "==": "!=", "!=": "==", ">=": "<", ">": "<=",
}  # fmt: skip
_FUNCTIONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq,
    "!=": operator.ne, ">=": operator.ge, ">": operator.gt,
}  # fmt: skip
_SPELLINGS = {"≤": "<=", "≥": ">=", "≠": "!="}

_CONDITION = re.compile(
    r"\s*(?P<metric>[^\W\d][\w.-]*)\s*(?:\[(?P<subject>.+)\])?\s*(?P<rest>(?:[<>=!≤≥≠]).*)",
    re.DOTALL,
)
_COMPARISON = re.compile(r"\s*(?P<operator>[<>]=?|[=!]=|[≤≥≠])\s*(?P<bound>[^<>=!≤≥≠]+?)\s*")
_BOUND = re.compile(r"[+\-−]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][+\-]?\d+)?\s*(%?)")

LONGEST = 500
"""Characters of a condition."""

_CLOSE = 1e-9
"""Relative difference below which a number equals its bound: what rounding may add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What has to hold: a metric, of the whole report or of classes or layers, and its bound.

    `subject` is a name or glob of classes or layers, empty for the whole report. A bound of a share
    is 0..1. `asked` is what the user wrote.
    """

    metric: Metric
    subject: str
    operator: Operator
    bound: float
    asked: str

    def holds(self, value: float) -> bool:
        """Whether a measured number meets the bound; NaN never does."""
        if math.isnan(value):
            return False
        if math.isclose(value, self.bound, rel_tol=_CLOSE, abs_tol=1e-12):
            value = self.bound
        return _FUNCTIONS[self.operator](value, self.bound)

    def margin(self, value: float) -> float:
        """How far a number is on the right side of the bound; the smallest is the worst."""
        if self.operator in (">", ">="):
            return value - self.bound
        if self.operator in ("<", "<="):
            return self.bound - value
        distance = abs(value - self.bound)
        return distance if self.operator == "!=" else -distance

    @property
    def scope(self) -> Scope:
        """What the subject names."""
        if not self.subject:
            return "report"
        return next(scope for scope in self.metric.scopes if scope != "report")


def requirement(text: str) -> Requirement:
    """Read a condition that has to hold. Raises ValueError, a clause for the user."""
    if len(text) > LONGEST:
        raise ValueError(f"a condition has at most {LONGEST} characters")
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise ValueError(f"“{text}” is no condition such as accuracy >= 0.9")
    metric = metric_named(match["metric"])
    subject = (match["subject"] or "").strip()
    _check_scope(metric, subject)
    sign, bound = comparison(metric, match["rest"])
    return Requirement(metric=metric, subject=subject, operator=sign, bound=bound, asked=text)


def opposite(text: str) -> Requirement:
    """Read a condition that fails, as the requirement that it must not hold."""
    found = requirement(text)
    return Requirement(
        metric=found.metric,
        subject=found.subject,
        operator=_OPPOSITES[found.operator],
        bound=found.bound,
        asked=text,
    )


def _check_scope(metric: Metric, subject: str) -> None:
    if subject and metric.scopes == ("report",):
        raise ValueError(f"{metric.name} is of the whole report, not of “{subject}”")
    if not subject and "report" not in metric.scopes:
        (scope,) = metric.scopes
        raise ValueError(
            f"{metric.name} is of {HOLDERS[scope]}: write {metric.name}[NAME], or "
            f'[gates.{scope}."NAME"] in the configuration file'
        )


def comparison(metric: Metric, text: str) -> tuple[Operator, float]:
    """An operator and the bound of a metric, as in `>= 90%`. Raises ValueError."""
    match = _COMPARISON.fullmatch(text)
    if match is None:
        raise ValueError(
            f"“{text.strip()}” is no comparison of {metric.name} such as >= 0.9 "
            f"({', '.join(get_args(Operator))})"
        )
    sign = _SPELLINGS.get(match["operator"], match["operator"])
    known: Operator = next(spelling for spelling in get_args(Operator) if spelling == sign)
    return known, _bound(metric, match["bound"])


def _bound(metric: Metric, text: str) -> float:
    match = _BOUND.fullmatch(text)
    try:
        number = Decimal(text.rstrip("% \t").replace("_", "").replace("−", "-"))
    except InvalidOperation:
        match = None
    if match is None:
        raise ValueError(f"“{text}” is not a number such as 0.9, 90% or 5e6")
    of_share = metric.unit in ("share", "change")
    if match[3] and not of_share:
        kind = "a count" if metric.unit == "count" else "no share"
        raise ValueError(f"{metric.name} is {kind}: {text} cannot be compared with it")
    value = float(number / 100 if match[3] else number)
    lowest = -1.0 if metric.unit == "change" else 0.0
    if of_share and not lowest <= value <= 1.0:
        raise ValueError(
            f"{metric.name} is a share: write a number from {lowest:.0f} to 1 or a percentage "
            f"from {lowest:.0%} to 100%, not {text}"
        )
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large a number")
    return value


def checked_requirements(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts, each of which states what has to hold. Raises ValueError."""
    for text in texts:
        requirement(text)
    return texts
