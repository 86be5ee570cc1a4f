"""A build's gates: what they compare with, and a report with the gates checked."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reportgen.assembly.trend import write_trend
from reportgen.build_steps.origin import origin_of
from reportgen.comparison.baseline import against, read_baseline
from reportgen.config import Settings
from reportgen.gates.check import check_gates
from reportgen.gates.history import append_run, earlier, read_history, run_of
from reportgen.records.gates import Run
from reportgen.records.report import Report


@dataclass(frozen=True)
class Standard:
    """What a report is measured against: the earlier runs, read before the build begins."""

    settings: Settings
    runs: Sequence[Run] = ()
    baseline: Report | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Standard":
        """Read the files that the settings name. Raises SettingsError."""
        return cls(
            settings,
            read_history(settings.history) if settings.history else (),
            read_baseline(settings.baseline) if settings.baseline else None,
        )

    def origin(self, made_from: str) -> str:
        """The digest of all that the report depends on; `made_from` is that of the report alone."""
        if not self.settings.history and self.baseline is None:
            return made_from
        before = earlier(self.runs, made_from)
        old = self.baseline.model_dump_json() if self.baseline else ""
        return origin_of(
            made_from,
            [run.model_dump(mode="json") for run in before],
            hashlib.sha256(old.encode()).hexdigest(),
        )

    def put_to(self, report: Report, folder: Path, made_from: str) -> Report:
        """The report with its gates checked, and its place in the history.

        The chart of the trend is written below the report's `folder`.
        """
        settings = self.settings
        if self.baseline:
            report = against(report, self.baseline)
        gates = check_gates(report, settings.fail_if, settings.require, mode=settings.gates)
        report = report.model_copy(update={"gates": gates})
        if not settings.history:
            return report
        history = [*earlier(self.runs, made_from), run_of(report, made_from)]
        chart = write_trend(history, folder)
        return report.model_copy(update={"history": history, "trend_chart": chart})


def keep_run(history: Path, report: Report) -> None:
    """Append the run of a finished report to a history."""
    append_run(history, report.history[-1])
