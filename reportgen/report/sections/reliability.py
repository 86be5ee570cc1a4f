"""Confidence against accuracy: the reliability diagram, and what temperature scaling changes."""

from collections.abc import Iterator

from reportgen.records.over_images import Evaluation, Temperature
from reportgen.report.blocks import Block, Column, Figure, Figures, Part, Row, Table, row, text
from reportgen.report.contexts import Picture
from reportgen.wording import count, number, percent

_COLUMNS = (
    Column("Measure", "long"),
    Column("Unscaled", "number"),
    Column("Scaled", "number"),
)


def reliability(found: Evaluation) -> Iterator[Part]:
    """The part of the evaluation about confidence; none without probabilities."""
    if found.reliability_chart is None:
        return
    yield Part(("Reliability",), "evaluation--reliability", tuple(_blocks(found)))


def _blocks(found: Evaluation) -> Iterator[Block]:
    yield text(
        "Accuracy by confidence, and how many images have each confidence. Below the dashed line"
        " the network is overconfident.",
        style="quiet",
    )
    error = percent(found.calibration_error)
    chart, scaled = str(found.reliability_chart), found.temperature
    if scaled is None or scaled.temperature is None or scaled.chart is None:
        yield _figure(chart, "", error)
        if scaled is not None:
            yield text(f"No temperature scaling: {scaled.reason}.", style="reason")
        return
    after = percent(scaled.calibration_error_after)
    yield Figures(
        (_figure(chart, "Unscaled", error), _figure(scaled.chart, "Scaled", after)), across=2
    )
    yield text(_sentence(scaled))
    yield text(_how(scaled, found), style="quiet")
    yield Table("Calibration without and with temperature scaling", _COLUMNS, _rows(scaled))


def _figure(chart: str, title: str, error: str) -> Figure:
    alt = f"Reliability diagram: accuracy by confidence; calibration error {error}"
    caption = f"{title}: calibration error {error}" if title else f"Calibration error {error}"
    return Figure(Picture(chart, alt, 0, 0), (caption,), share=0.62, tall=0.5, chart=True)


def _sentence(scaled: Temperature) -> str:
    """What the temperature says of the network."""
    fitted = f"The temperature {number(scaled.temperature)} calibrates the network"
    lowest, highest = scaled.lowest or 0.0, scaled.highest or 0.0
    between = f"{number(lowest)} to {number(highest)} over the folds"
    if lowest > 1:
        verdict = "The network is overconfident."
    elif highest < 1:
        verdict = "The network is underconfident."
    else:
        verdict = "The folds do not agree whether the network is over- or underconfident."
    worse = (scaled.loss_after or 0.0) >= (scaled.loss_before or 0.0)
    gain = " On images that it is not fitted to, it does not lower the cross-entropy."
    return f"{fitted} ({between}). {verdict}{gain if worse else ''}"


def _how(scaled: Temperature, found: Evaluation) -> str:
    images = count(scaled.images, "image")
    of_all = f" drawn from {found.images:,}" if scaled.sampled else ""
    return (
        "Temperature scaling divides the logits by one number before the softmax; the predicted"
        f" classes stay the same. The temperature is fitted to {images}{of_all}. The scaled numbers"
        f" are cross-validated: each image is scaled by the temperature of the other"
        f" {scaled.folds - 1} of {scaled.folds} folds."
    )


def _rows(scaled: Temperature) -> tuple[Row, ...]:
    return (
        row(
            "Calibration error",
            percent(scaled.calibration_error_before),
            percent(scaled.calibration_error_after),
        ),
        row("Mean cross-entropy", number(scaled.loss_before), number(scaled.loss_after)),
    )
