"""Gates put to a report: does what has to hold hold."""

import difflib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Literal

from reportgen.gates.conditions import Requirement, opposite, requirement
from reportgen.gates.measures import (
    NO_EVALUATION,
    NO_HEALTH,
    NO_IMAGE,
    NO_KERNELS,
    Measure,
    Unmeasured,
    measured,
    names_of,
    of_classes,
    of_layers,
)
from reportgen.records.gates import Gate, Gates
from reportgen.records.report import Report


def check_gates(
    report: Report,
    fail_if: Iterable[str],
    require: Iterable[str],
    *,
    mode: Literal["fail", "warn"] = "fail",
) -> Gates | None:
    """Put conditions that fail, and conditions that have to hold, to a report.

    None where there are neither. Raises ValueError for a condition that cannot be read.
    """
    found = [
        *(_checked(report, requirement(text), "--require") for text in require),
        *(_checked(report, opposite(text), "--fail-if") for text in fail_if),
    ]
    return Gates(mode=mode, gates=found) if found else None


def _checked(report: Report, asked: Requirement, given: Literal["--fail-if", "--require"]) -> Gate:
    numbers = _numbers(report, asked)
    found_in, worst = _worst(numbers, asked)
    reason = ""
    if isinstance(worst, Unmeasured):
        status: Literal["passed", "failed", "unmeasured"] = "unmeasured"
        named = found_in and found_in != asked.subject
        reason = f"{found_in}: {worst.reason}" if named else worst.reason
    else:
        status = "passed" if asked.holds(worst) else "failed"
    return Gate(
        metric=asked.metric.name,
        subject=asked.subject,
        operator=asked.operator,
        bound=asked.bound,
        asked=asked.asked,
        given=given,
        status=status,
        value=None if isinstance(worst, Unmeasured) else worst,
        found_in="" if found_in == asked.subject else found_in,
        reason=reason,
    )


def _numbers(report: Report, asked: Requirement) -> Mapping[str, Measure]:
    """The numbers that the requirement is about, by class, layer or value; at least one."""
    if not asked.subject:
        return measured(report, asked.metric)
    if asked.scope == "class":
        known, nothing = of_classes(report, asked.metric), NO_EVALUATION
    else:
        known = of_layers(report, asked.metric)
        nothing = NO_KERNELS if asked.metric.unit == "count" else NO_HEALTH
    if not known:
        return {"": nothing}
    if asked.subject in known:
        return {asked.subject: known[asked.subject]}
    chosen = {name: measure for name, measure in known.items() if fnmatchcase(name, asked.subject)}
    there = {name: measure for name, measure in chosen.items() if measure != NO_IMAGE}
    return there or chosen or {"": _no_such(report, asked)}


def _no_such(report: Report, asked: Requirement) -> Unmeasured:
    """Why a subject has no number: the model lacks it, or it was not measured."""
    names = names_of(report, asked.metric)
    if any(name == asked.subject or fnmatchcase(name, asked.subject) for name in names):
        of_class = asked.scope == "class"
        return NO_IMAGE if of_class else Unmeasured("the layer has no feature maps or filters")
    near = difflib.get_close_matches(asked.subject, names, 1, 0.4)
    hint = f"; did you mean “{near[0]}”?" if near else ""
    return Unmeasured(f"the model has no {asked.scope} “{asked.subject}”{hint}")


def _worst(numbers: Mapping[str, Measure], asked: Requirement) -> tuple[str, Measure]:
    """The one that is furthest on the wrong side; one that was not measured is worse."""
    for name, measure in numbers.items():
        if isinstance(measure, Unmeasured):
            return name, measure
    plain = {
        name: measure for name, measure in numbers.items() if not isinstance(measure, Unmeasured)
    }
    name = min(plain, key=lambda key: asked.margin(plain[key]))
    return name, plain[name]
