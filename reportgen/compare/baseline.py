"""A report measured against its baseline: what gates of a change ask for."""

from pathlib import Path

from reportgen.compare.comparison import change_of, compare
from reportgen.compare.reading import Sources
from reportgen.errors import BundleError, SettingsError
from reportgen.records.gates import Baseline
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
    change = change_of(compare([baseline, report], ["baseline", "report"]))
    found = Baseline(
        title=baseline.title,
        model=baseline.model.file,
        sha256=baseline.model.sha256,
        created=baseline.created,
        images=change.images,
        accuracy_change=change.accuracy_change,
        regressions=change.regressions,
        flips=change.flips,
        new_silent_channels=change.new_silent_channels,
        regressed=list(change.regressed),
        unmeasured=dict(change.unmeasured),
    )
    return report.model_copy(update={"baseline": found})
