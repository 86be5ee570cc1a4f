"""A whole comparison: reports are opened, models built first, and the comparison is written."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reportgen.comparison.baseline import baseline_of
from reportgen.comparison.documents.writer import FORMATS, Writing, write_comparison
from reportgen.comparison.names import names_of
from reportgen.comparison.reading import Source, Sources, is_report
from reportgen.comparison.wording import change_text
from reportgen.config import Settings
from reportgen.errors import OutputError, SettingsError
from reportgen.progress import Progress
from reportgen.records.comparison import Comparison
from reportgen.records.report import Report
from reportgen.report.pdf.result import PDF_NAME
from reportgen.report.publishing.publish import check_output
from reportgen.report.single.page import SINGLE_NAME
from reportgen.report.templates import check_templates
from reportgen.scratch import scratch_folder
from reportgen.wording import count, percent

DEFAULT_OUTPUT = Path("comparison")


@dataclass(frozen=True)
class Compared:
    """A finished comparison, its folder, and the format that was named first."""

    folder: Path
    first: str
    comparison: Comparison
    judged: Report
    """The last report, with its baseline and gates: what CI reads of the comparison."""
    model: str | None
    """What was given as the last model; None where its report was finished."""

    @property
    def page(self) -> Path:
        """What to open first."""
        pages = {"site": "index.html", "single": SINGLE_NAME, "pdf": PDF_NAME}
        return self.folder / pages[self.first]

    @property
    def sentence(self) -> str:
        """How the comparison turned out, in a sentence."""
        found = self.comparison
        parts = [f"{len(found.flips):,} of {count(found.compared, 'prediction')} changed"]
        accuracy = next((number for number in found.numbers if number.key == "accuracy"), None)
        if accuracy and accuracy.a and accuracy.b:
            before, after = percent(accuracy.a.value), percent(accuracy.b.value)
            parts.append(f"accuracy {before} → {after} ({change_text('share', accuracy.change)})")
        if found.not_compared:
            parts.append(f"{count(len(found.not_compared), 'entry', 'entries')} not compared")
        return f"Comparison ready: {', '.join(parts)}."


def compare(
    inputs: Sequence[str],
    images: Sequence[str],
    settings: Settings,
    *,
    progress: Progress,
    command: str,
) -> Compared:
    """Compare reports, and models, in `settings.out`.

    Args:
        inputs: folders or zips of reports, or models; two at least, the first is the baseline.
        images: for models, files, folders and globs: a report of each model is built first.
        settings: of these builds, and of how the comparison is written.
        progress: what the user sees meanwhile.
        command: what the reports of models show as their origin.

    Raises:
        ReportgenError: its message is one sentence for the user.

    """
    output = settings.out or DEFAULT_OUTPUT
    _check(inputs, images, settings)
    _check_apart(inputs, output)
    check_output(output, force=settings.force)
    if settings.templates is not None:
        check_templates(settings.templates)
    opened = _opened(inputs, images, settings, progress, command)
    with opened as sources, progress.stage("Comparing"):
        comparison, warnings = write_comparison(sources, output, _writing(settings))
    for warning in warnings:
        progress.warn(warning)
    known = {"baseline": baseline_of(comparison), "gates": comparison.gates}
    judged = sources[-1].report.model_copy(update=known)
    model = None if is_report(Path(inputs[-1])) else inputs[-1]
    return Compared(output, settings.format[0], comparison, judged, model)


def _check(inputs: Sequence[str], images: Sequence[str], settings: Settings) -> None:
    """Refuse what cannot be compared, before anything is computed. Raises SettingsError."""
    if len(inputs) < 2:
        raise SettingsError(
            "A comparison needs two reports or more: reportgen compare BASELINE REPORT."
        )
    if other := next((name for name in settings.format if name not in FORMATS), None):
        raise SettingsError(
            f"--format {other}: a comparison can be written as {', '.join(FORMATS)}."
        )
    models = [argument for argument in inputs if not is_report(Path(argument))]
    if models and not images:
        name = Path(models[0]).name
        what = f"{name} is not a report" if Path(models[0]).exists() else f"There is no {name}"
        raise SettingsError(
            f"{what}; to compare models, name the images that they are shown with --images."
        )
    if images and not models:
        raise SettingsError("--images: the reports are finished; their own images are compared.")


def _check_apart(inputs: Sequence[str], output: Path) -> None:
    """Refuse to put a comparison in the place of one of its reports. Raises OutputError."""
    for argument in inputs:
        if Path(argument).is_dir() and Path(argument).resolve() == output.resolve():
            raise OutputError(
                f"{output.name} is one of the reports that are compared; name another folder with"
                " -o."
            )


def _writing(settings: Settings) -> Writing:
    return Writing(
        formats=settings.format,
        title=settings.title or "",
        author=settings.author or "",
        single_size=settings.single_size,
        paper=settings.paper,
        force=settings.force,
        explanations=settings.explanations,
        templates=settings.templates,
        fail_if=settings.fail_if,
        require=settings.require,
        gates=settings.gates,
    )


@contextmanager
def _opened(
    inputs: Sequence[str],
    images: Sequence[str],
    settings: Settings,
    progress: Progress,
    command: str,
) -> Iterator[list[Source]]:
    """The reports; those of models are built into a folder that is gone afterwards."""
    names = names_of([Path(argument) for argument in inputs])
    with (
        Sources() as sources,
        scratch_folder(Path(tempfile.gettempdir()), "reportgen") as scratch,
    ):
        opened = []
        for at, (given, name) in enumerate(zip(inputs, names, strict=True)):
            place = Path(given)
            if not is_report(place):
                place = scratch / str(at)
                _build(given, images, settings, place, progress, command)
            opened.append(sources.open(place, name))
        yield opened


def _build(
    model: str,
    images: Sequence[str],
    settings: Settings,
    place: Path,
    progress: Progress,
    command: str,
) -> None:
    from reportgen.pipeline import build

    own = {
        "out": place, "format": ("site",), "title": None, "fail_if": (), "require": (),
        "baseline": None, "history": None, "max_size": None,
    }  # fmt: skip
    build(model, images, settings.model_copy(update=own), progress=progress, command=command)
