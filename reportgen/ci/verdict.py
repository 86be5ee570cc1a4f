"""What every format for continuous integration is made from: a report, and where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reportgen.gates.measures import Unmeasured, measures
from reportgen.records.comparison import Comparison
from reportgen.records.gates import Gate
from reportgen.records.report import Report

MOST_REGRESSED = 200
"""Regressed images that a format lists."""

_OF_PREDICTIONS = frozenset({"regressions", "accuracy_change", "flips"})


@dataclass(frozen=True)
class Verdict:
    """A finished report, the model's file, and the page to open."""

    report: Report
    model: str
    """The file's path from the current folder; its name alone where it lies elsewhere."""
    page: str
    """The page's path from the current folder, or as it was given where it lies elsewhere."""
    photos: Mapping[str, str] = field(default_factory=dict)
    """Pictures of images, by the image's name: paths from the folder of `page`."""

    @classmethod
    def of(cls, report: Report, model: str | None, page: Path) -> "Verdict":
        """The verdict on a model that was given as `model`; `page` is the report's first."""
        file = _below_here(Path(model)) if model and Path(model).exists() else None
        photos = {image.name: image.photo for image in report.images}
        return cls(report, file or report.model.file, _below_here(page) or page.as_posix(), photos)

    @classmethod
    def of_comparison(
        cls, comparison: Comparison, report: Report, model: str | None, page: Path
    ) -> "Verdict":
        """The verdict on the last `report` of a comparison; `page` is the comparison's first.

        `model` is as of `of`; None where the report was finished already.
        """
        photos = {flip.image: flip.photo for flip in comparison.flips if flip.photo}
        return replace(cls.of(report, model, page), photos=photos)

    @property
    def gates(self) -> list[Gate]:
        """All gates; none where none were given."""
        return self.report.gates.gates if self.report.gates else []

    @property
    def failed(self) -> list[Gate]:
        """The gates that did not pass, those that were not measured at the end."""
        failed = self.report.gates.failed if self.report.gates else []
        return sorted(failed, key=lambda gate: gate.status == "unmeasured")

    @property
    def only_warns(self) -> bool:
        """Whether failed gates are warnings."""
        return self.report.gates is not None and self.report.gates.mode == "warn"

    @property
    def passed(self) -> bool:
        """Whether no gate fails the run."""
        return self.only_warns or not self.failed

    @property
    def numbers(self) -> dict[str, float]:
        """The measured metrics of the whole report, by name."""
        found = measures(self.report).items()
        return {name: measure for name, measure in found if not isinstance(measure, Unmeasured)}

    @property
    def regressed(self) -> list[str]:
        """Images that the baseline classifies correctly and this model does not."""
        return self.report.baseline.regressed if self.report.baseline else []

    @property
    def forbids_regressions(self) -> bool:
        """Whether a gate on changed predictions fails the run."""
        return not self.passed and any(gate.metric in _OF_PREDICTIONS for gate in self.failed)

    @property
    def remarks(self) -> list[str]:
        """Warnings of the report, and images that it lacks: sentences."""
        lost = [
            f"{loss.name}: {loss.reason}" for loss in self.report.skipped if loss.what == "image"
        ]
        return [*self.report.warnings, *(f"Skipped image {text}" for text in lost)]


def _below_here(path: Path) -> str | None:
    """A path from the current folder, with forward slashes; None where it does not lie below."""
    absolute, here = path.resolve(), Path.cwd().resolve()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else None
