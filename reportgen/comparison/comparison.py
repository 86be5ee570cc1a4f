"""Two or more reports → what a comparison states of them, without any picture."""

from collections.abc import Iterator, Sequence

from reportgen.comparison.change import Change
from reportgen.comparison.course import course_of
from reportgen.comparison.filters import filters_of
from reportgen.comparison.layers import (
    compared_means,
    layers_of,
    newly_silent,
    similarity_of,
    with_cka,
)
from reportgen.comparison.matching import match
from reportgen.comparison.predictions import (
    Predictions,
    calibrations_of,
    classes_of,
    confusion_of,
    flips_of,
    numbers_of,
    numbers_of_models,
    test_of,
)
from reportgen.records.comparison import Comparison, NotCompared, Side
from reportgen.records.report import Report
from reportgen.version import __version__


def compare(reports: Sequence[Report], names: Sequence[str], title: str = "") -> Comparison:
    """Compare the first report, the baseline, with the last; of more, add the course over all.

    Nothing is computed by a model, and no picture is read.

    Args:
        reports: two at least.
        names: how the comparison calls them, each another.
        title: of the comparison; the names of both where it is empty.

    """
    a, b = reports[0], reports[-1]
    found = Predictions(a, b, match(a, b))
    same = found.is_everything
    classes, calibrations = classes_of(found), calibrations_of(found)
    means = compared_means(found.matches)
    layers = with_cka(layers_of(a, b, found.matches, same_images=same), means)
    return Comparison(
        generator=f"reportgen {__version__}",
        created=max(a.created, b.created),
        title=title or f"{names[0]} and {names[-1]}",
        sides=[_side(name, report) for name, report in zip(names, reports, strict=True)],
        same_model=a.model.sha256 == b.model.sha256,
        common=len(found.matches.images),
        known=len(found.known),
        compared=len(found.pairs),
        numbers=[
            *numbers_of(found, classes, calibrations),
            *numbers_of_models(a, b, same_images=same),
        ],
        mcnemar=test_of(found),
        flips=flips_of(found),
        classes=classes,
        confusion=confusion_of(found),
        calibration_a=calibrations[0],
        calibration_b=calibrations[1],
        layers=layers,
        new_silent_channels=newly_silent(a, b, layers),
        similarity=similarity_of(found.matches, means),
        filters=filters_of(a, b, found.matches.layers),
        course=course_of(reports) if len(reports) > 2 else None,
        not_compared=list(_not_compared(found)),
    )


def _side(name: str, report: Report) -> Side:
    model = report.model
    return Side(
        name=name,
        title=report.title,
        generator=report.generator,
        created=report.created,
        model=model.file,
        sha256=model.sha256,
        parameters=model.parameters,
        classes=len(model.labels),
        preprocessing=model.preprocessing.mode,
        images=len(report.images),
    )


def _not_compared(found: Predictions) -> Iterator[NotCompared]:
    """What is in one report only, or in both and yet cannot be compared."""
    yield from found.matches.rest
    yield from found.left_out()
    a, b = found.a, found.b
    if not (found.is_everything):
        reason = "the reports hold different images"
        for name in _lacking(a, b):
            yield NotCompared(what="number", name=name, side="both", reason=reason)
    for section, record in _SECTIONS:
        has = [bool(getattr(report, record)) for report in (a, b)]
        if has[0] != has[1]:
            yield NotCompared.model_validate(
                {"what": "section", "name": section, "side": "a" if has[0] else "b",
                 "reason": "the other report does not have it"}
            )  # fmt: skip
    if found.matches.layers and not (a.model.weights and b.model.weights):
        lacking = "both" if not a.model.weights and not b.model.weights else (
            "a" if not a.model.weights else "b"
        )  # fmt: skip
        yield NotCompared.model_validate(
            {"what": "number", "name": "change of the weights", "side": lacking,
             "reason": "the report is of an older version that does not hold it; build it again"}
        )  # fmt: skip


_SECTIONS = (
    ("evaluation", "evaluation"),
    ("regression", "regression"),
    ("health", "health"),
    ("kernels", "kernels"),
    ("filters", "galleries"),
)


def _lacking(a: Report, b: Report) -> Iterator[str]:
    """Numbers that reports state of all their images."""
    if a.evaluation and b.evaluation:
        yield "loss and top-k accuracy"
    if a.regression and b.regression:
        yield "errors of values"
    if a.health and b.health:
        yield "numbers of saturated channels"


def change_of(comparison: Comparison) -> Change:
    """The numbers of a comparison that gates ask for."""
    numbers = {number.key: number.change for number in comparison.numbers}
    regressed = tuple(flip.image for flip in comparison.flips if flip.kind == "right to wrong")
    no_known = "the reports have no image in common whose true class both know"
    no_predictions = "the reports have no image in common with a predicted class in both"
    no_silent = "the reports do not both state the silent channels of a layer that both models have"
    unmeasured: dict[str, str] = {}
    if not comparison.known:
        unmeasured |= {"accuracy_change": no_known, "regressions": no_known}
    if not comparison.compared:
        unmeasured["flips"] = no_predictions
    if comparison.new_silent_channels is None:
        unmeasured["new_silent_channels"] = no_silent
    return Change(
        images=comparison.compared,
        accuracy_change=numbers.get("accuracy"),
        regressions=len(regressed) / comparison.known if comparison.known else None,
        flips=len(comparison.flips) / comparison.compared if comparison.compared else None,
        new_silent_channels=comparison.new_silent_channels,
        regressed=regressed,
        unmeasured=unmeasured,
    )


def change_between(baseline: Report, report: Report) -> Change:
    """What gates ask for of a report and its baseline."""
    return change_of(compare([baseline, report], ["baseline", "report"]))
