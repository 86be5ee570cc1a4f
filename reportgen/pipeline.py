"""The whole build: open the inputs, compute the sections, hand the results to the writers."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from reportgen.analysis.image_map.projection import check_tsne_tools
from reportgen.assembly.fitting import EVERYTHING, Reduction, fitted, folder_size
from reportgen.build_steps.compose_report import compose, origin
from reportgen.build_steps.computing import compute
from reportgen.build_steps.context import DEFAULT_OUTPUT, BuildContext
from reportgen.build_steps.engine_choice import engine_of
from reportgen.build_steps.expected import PAGES
from reportgen.build_steps.gating import Standard, keep_run
from reportgen.build_steps.inputs import open_inputs, read_facts
from reportgen.build_steps.origin import is_current
from reportgen.build_steps.sharding import ShardOutcome, compute_shard
from reportgen.config import Settings, parse_size
from reportgen.errors import DamagedWorkError, InputChangedError, ReportgenError
from reportgen.execution.runner import Local
from reportgen.execution.shards import Shard
from reportgen.execution.store import Store
from reportgen.file_names import slugs
from reportgen.inputs.model_files import check_weights_given
from reportgen.inputs.model_files.live_model import NO_SESSION, SessionCode
from reportgen.inputs.model_files.model_copy import save_copy
from reportgen.progress import Progress
from reportgen.records.model import Model
from reportgen.records.report import Report
from reportgen.report.card.writer import CARD_NAME, write_card
from reportgen.report.data_file import DATA_FILE, write_data
from reportgen.report.notebook.execution import check_notebook_tools
from reportgen.report.notebook.writer import NOTEBOOK, Sources, write_notebook
from reportgen.report.pdf.browser import find_browser, print_with_browser
from reportgen.report.pdf.result import PDF_NAME
from reportgen.report.placed_notes import notes_of, unplaced_warning
from reportgen.report.publishing.manifest import write_manifest
from reportgen.report.publishing.publish import check_output, staged
from reportgen.report.single.page import SINGLE_NAME
from reportgen.report.single.writer import write_single
from reportgen.report.site.writer import write_site
from reportgen.report.templates import check_templates
from reportgen.scratch import scratch_folder

T = TypeVar("T")

_DAMAGED_ATTEMPTS = 4
"""Damaged work is found where it is read: for photos, the summary, activations, and pages."""


@dataclass(frozen=True)
class Outcome:
    """A finished build: the folder of the report, what it holds, and whether it was written."""

    folder: Path
    first: str
    images: int
    galleries: int
    skipped: int
    unchanged: bool
    accuracy: float | None = None
    """Share of the images of known class that are classified correctly; None without any."""

    @property
    def page(self) -> Path:
        """What to open first: the site, else the single file, the PDF, the notebook, the card."""
        pages = {
            "site": "index.html",
            "single": SINGLE_NAME,
            "pdf": PDF_NAME,
            "notebook": NOTEBOOK,
            "card": CARD_NAME,
        }
        return self.folder / pages[self.first]

    @cached_property
    def report(self) -> Report:
        """What the report states, read from its report.json."""
        text = (self.folder / DATA_FILE).read_text(encoding="utf-8")
        return Report.model_validate_json(text)


def build(
    model: str,
    images: Sequence[str],
    settings: Settings,
    *,
    progress: Progress,
    command: str,
    session: SessionCode = NO_SESSION,
) -> Outcome:
    """Make the report of a model and images in `settings.out`.

    `model` is a file or the name of a network of keras.applications, `images` are files, folders
    and globs; `command` is what the report shows as its origin; `session` is the code of a
    model that was saved from memory. Where a file is written meanwhile, or finished work turns
    out to be damaged, all begins anew, a few times at most. Raises ReportgenError, its message
    one sentence for the user; the old report is then as it was.
    """
    outcome = _repeated(
        progress, lambda: _build(model, images, settings, progress, command, session)
    )
    if settings.history:
        keep_run(settings.history, outcome.report)
    return outcome


def _build(
    model: str,
    images: Sequence[str],
    settings: Settings,
    progress: Progress,
    command: str,
    session: SessionCode,
) -> Outcome:
    output = settings.out or DEFAULT_OUTPUT
    _check(model, settings, output)
    standard = Standard.of(settings)
    with _store(settings) as store, engine_of(settings) as engine:
        context = BuildContext(model, settings, progress, store, session, engine)
        computed = compute(context, open_inputs(context, images))
        context.check_processors()
        context.bench.forget()
        alone = origin(context, computed, command)
        made_from = standard.origin(alone)
        photos = computed.inputs.photos
        lost = sum(skipped.is_loss for skipped in context.log.skipped) + computed.lost
        outcome = Outcome(
            output,
            settings.format[0],
            len(photos),
            computed.galleries,
            lost,
            unchanged=True,
            accuracy=computed.accuracy,
        )
        # Without a cache everything is computed and written again.
        if not settings.no_cache and is_current(output, made_from):
            return outcome

        def composed(folder: Path, reduction: Reduction) -> Report:
            report = compose(context, computed, folder, command, reduction)
            return standard.put_to(report, folder, alone)

        with staged(output) as folder, context.log.timed(PAGES), progress.stage(PAGES):
            warnings, reduction = _write(context, len(photos), folder, composed, made_from)
            for warning in warnings:
                progress.warn(warning)
            context.check_files()  # those that are copied into the report, or packed with it
            if origin(context, computed, command) != alone:
                raise InputChangedError("A picture of the notes, or a template,")
    return replace(outcome, images=len(reduction.shown(photos)), unchanged=False)


def _check(model: str, settings: Settings, output: Path) -> None:
    """Raise ReportgenError, before anything is computed, for what would fail at the end."""
    check_output(output, force=settings.force)
    check_weights_given(model, settings.weights)
    if "pdf" in settings.format and settings.pdf_engine == "browser":
        find_browser(settings.browser)
    if "notebook" in settings.format:
        check_notebook_tools()
    if settings.map_method == "tsne" and "map" in settings.chosen_sections:
        check_tsne_tools()
    if settings.templates is not None:
        check_templates(settings.templates)


def build_shard(
    model: str, images: Sequence[str], settings: Settings, *, progress: Progress
) -> ShardOutcome:
    """Compute the missing units of the shard `settings.shard` and keep them; writes no report.

    Begins anew as `build` does. Raises ReportgenError.
    """
    found = _repeated(progress, lambda: _build_shard(model, images, settings, progress))
    if found.failed and settings.strict:
        raise ReportgenError(f"--strict: {found.text}")
    return found


def _build_shard(
    model: str, images: Sequence[str], settings: Settings, progress: Progress
) -> ShardOutcome:
    shard = Shard.read(settings.shard or "")
    with _store(settings) as store:
        context = BuildContext(model, settings, progress, store, engine=Local(shares=True))
        found = compute_shard(context, open_inputs(context, images), shard)
        context.check_processors()
    return found


def _repeated(progress: Progress, work: Callable[[], T]) -> T:
    """What `work` returns; it begins anew, a few times, where its inputs turn out to be others."""
    attempts = {InputChangedError: 1, DamagedWorkError: _DAMAGED_ATTEMPTS}
    while True:
        try:
            return work()
        except (InputChangedError, DamagedWorkError) as error:
            if not attempts[type(error)]:
                raise
            attempts[type(error)] -= 1
            progress.note(_why_anew(error))


def _why_anew(error: InputChangedError | DamagedWorkError) -> str:
    if isinstance(error, InputChangedError):
        return f"{error.name} changed while it was read: the build begins anew."
    return "Finished work was damaged: it is computed anew."


def _write(
    context: BuildContext,
    photos: int,
    folder: Path,
    composed: Callable[[Path, Reduction], Report],
    made_from: str,
) -> tuple[Sequence[str], Reduction]:
    """Write the report in all its formats, within the size that was asked for.

    Returns warnings, and what was left out for the size.
    """
    warnings: list[str] = []

    def written(reduction: Reduction) -> int:
        for old in folder.iterdir():
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        warnings[:] = _write_formats(context, composed(folder, reduction), folder)
        write_manifest(folder, made_from)
        return folder_size(folder)

    def drawn(reduction: Reduction) -> int:
        with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
            composed(Path(aside), reduction)
            return folder_size(Path(aside))

    limit = context.settings.max_size
    if limit is None:
        written(EVERYTHING)
        return warnings, EVERYTHING

    def told(what: str, write: Callable[[Reduction], int]) -> Callable[[Reduction], int]:
        def tried(reduction: Reduction) -> int:
            with context.progress.stage(f"Fitting into {limit}: {what}, {reduction.title}"):
                return write(reduction)

        return tried

    reduction = fitted(photos, parse_size(limit), told("report", written), told("pictures", drawn))
    if less := [left_out.what for left_out in reduction.said(photos, limit)]:
        warnings.append(
            f"To stay under {limit}, the report has less: {', '.join(less)}; it says what."
        )
    return warnings, reduction


def _write_formats(context: BuildContext, report: Report, folder: Path) -> Iterator[str]:
    """Write report.json and all formats; yields warnings."""
    settings = context.settings
    yield from report.warnings[len(context.log.warnings) :]
    if unplaced := unplaced_warning(notes_of(report)):
        yield unplaced
    write_data(report, folder)
    if "site" in settings.format:
        write_site(report, folder, templates=settings.templates)
    if "single" in settings.format:
        with context.progress.stage("Single file"):
            warnings = _write_single(report, folder, settings)
        yield from warnings
    if "pdf" in settings.format:
        with context.progress.stage("PDF"):
            warnings = _write_pdf(report, folder, settings)
        yield from warnings
    if "notebook" in settings.format:
        _write_notebook(context, report, folder)
    if "card" in settings.format:
        write_card(report, folder)


def _write_single(report: Report, folder: Path, settings: Settings) -> tuple[str, ...]:
    """Write the single file within the size that was asked for; returns warnings."""
    return write_single(
        report,
        folder,
        megabytes=settings.single_size,
        force=settings.force,
        templates=settings.templates,
    ).warnings


def _write_pdf(report: Report, folder: Path, settings: Settings) -> tuple[str, ...]:
    """Write the PDF with the engine that was asked for; returns warnings."""
    paper = settings.paper
    if settings.pdf_engine == "browser":
        return print_with_browser(
            report, folder, paper=paper, browser=settings.browser, templates=settings.templates
        ).warnings
    from reportgen.report.pdf.extent import Extent
    from reportgen.report.pdf.writer import write_pdf

    return write_pdf(
        report,
        folder,
        paper=paper,
        extent=Extent(images=settings.pdf_images),
        most_bytes=parse_size(settings.pdf_size) if settings.pdf_size else None,
    ).warnings


def _write_notebook(context: BuildContext, report: Report, folder: Path) -> None:
    """Write the working notebook, with a copy of the model that it opens."""
    name = slugs([Path(report.model.file).stem])[Path(report.model.file).stem]
    model = folder / "model" / f"{name}.keras"
    inputs, own = context.settings.input_files, context.settings.custom_objects
    with context.progress.stage("Notebook"):
        save_copy(context.bench.network.model, model, report.created)
        write_notebook(
            report, folder, Sources(model, context.bench.photos, inputs, own, context.bench.feeding)
        )


def inspect(
    model: str, settings: Settings, *, progress: Progress, session: SessionCode = NO_SESSION
) -> Model:
    """What can be said of a model without any image."""
    with _store(settings) as store:
        return read_facts(BuildContext(model, settings, progress, store, session))[0]


@contextlib.contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    """The store to use: the user's, the one given, or one that is gone when the build ends."""
    if settings.no_cache:
        with scratch_folder(Path(tempfile.gettempdir()), "reportgen") as folder:
            yield Store(folder / "work")
        return
    store = Store(settings.cache_dir) if settings.cache_dir else Store.default()
    store.begin()
    try:
        yield store
    except DamagedWorkError:
        store.verify_given()  # where one unit is damaged, others often are
        raise
    finally:
        store.end(parse_size(settings.cache_size))
