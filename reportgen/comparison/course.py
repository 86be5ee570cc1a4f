"""The course over three or more reports, such as the checkpoints of a training."""

from collections.abc import Sequence
from itertools import pairwise

from reportgen.comparison.matching import match
from reportgen.comparison.predictions import Predictions, calibrations_of, flips_of
from reportgen.records.comparison import Course, CourseNumber
from reportgen.records.report import Report


def course_of(reports: Sequence[Report]) -> Course:
    """Numbers of each report over the images that all hold, without pictures."""
    shared = set.intersection(*({image.sha256 for image in report.images} for report in reports))
    reduced = [
        report.model_copy(
            update={"images": [image for image in report.images if image.sha256 in shared]}
        )
        for report in reports
    ]
    same = all(
        len(report.images) == len(other.images)
        for report, other in zip(reports, reduced, strict=True)
    )
    last = reduced[-1]
    beside = [Predictions(report, last, match(report, last)) for report in reduced]
    steps = [
        Predictions(report, other, match(report, other)) for report, other in pairwise(reduced)
    ]
    numbers = [
        CourseNumber(key="accuracy", title="Accuracy", kind="share",
                     values=[_accuracy(predictions) for predictions in beside]),
        CourseNumber(key="calibration_error", title="Calibration error", kind="share",
                     values=[_calibration(predictions) for predictions in beside]),
        CourseNumber(key="loss", title="Loss", kind="number",
                     values=[report.evaluation.loss if report.evaluation and same else None
                             for report in reports]),
        CourseNumber(key="silent_channels", title="Silent channels", kind="count",
                     values=[report.health.silent if report.health and same else None
                             for report in reports]),
        CourseNumber(key="zeros", title="Share of zeros", kind="share",
                     values=[_zeros(report) if same else None for report in reports]),
    ]  # fmt: skip
    return Course(
        images=len(last.images),
        numbers=[number for number in numbers if any(value is not None for value in number.values)],
        flips=[len(flips_of(step)) if step.pairs else None for step in steps],
    )


def _accuracy(found: Predictions) -> float | None:
    known = found.known
    return sum(pair.right[0] for pair in known) / len(known) if known else None


def _calibration(found: Predictions) -> float | None:
    calibration = calibrations_of(found)[0]
    return calibration.error if calibration else None


def _zeros(report: Report) -> float | None:
    """The mean share of zeros of the layers that make zeros."""
    making = {layer.path for layer in report.model.layers if layer.makes_zeros}
    layers = report.health.layers if report.health else []
    shares = [layer.zeros for layer in layers if layer.layer in making]
    return sum(shares) / len(shares) if shares else None
