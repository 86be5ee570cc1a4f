"""A report measured against its baseline: what gates of a change ask for."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from reportgen.comparison.comparison import change_of, compare
from reportgen.comparison.reading import Sources
from reportgen.errors import BundleError, SettingsError
from reportgen.gates.check import check_gates
from reportgen.records.comparison import Comparison
from reportgen.records.gates import Baseline, Gates
from reportgen.records.report import Report


def read_baseline(path: Path) -> Report:
    """The report in a folder or zip. Raises SettingsError where it cannot be read."""
    try:
        with Sources() as sources:
            return sources.open(path, "baseline").report
    except BundleError as error:
        raise SettingsError(f"--baseline: {error}") from error


def against(report: Report, baseline: Report) -> Report:
    """The report with what changed since the baseline."""
    found = baseline_of(compare([baseline, report], ["baseline", "report"]))
    return report.model_copy(update={"baseline": found})


def baseline_of(comparison: Comparison) -> Baseline:
    """What changed since the first report of a comparison."""
    change, side = change_of(comparison), comparison.sides[0]
    return Baseline(
        title=side.title,
        model=side.model,
        sha256=side.sha256,
        created=side.created,
        images=change.images,
        accuracy_change=change.accuracy_change,
        regressions=change.regressions,
        flips=change.flips,
        new_silent_channels=change.new_silent_channels,
        regressed=list(change.regressed),
        unmeasured=dict(change.unmeasured),
    )


def gates_of(
    comparison: Comparison,
    report: Report,
    fail_if: Iterable[str],
    require: Iterable[str],
    mode: Literal["fail", "warn"] = "fail",
) -> Gates | None:
    """Put conditions to the last `report` of a comparison, its first one being the baseline."""
    judged = report.model_copy(update={"baseline": baseline_of(comparison)})
    return check_gates(judged, fail_if, require, mode=mode)
