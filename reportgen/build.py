"""The whole trip: open the inputs, plan the work, run it, hand the results to the writers."""

import contextlib
import hashlib
import os
import platform
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from reportgen import __version__
from reportgen.analysis.photos import Photos
from reportgen.analysis.summary import Summary
from reportgen.analysis.trial import PreprocessingTrial, choose_by_trial, sample
from reportgen.analysis.workbench import Workbench
from reportgen.config import Settings
from reportgen.device import versions
from reportgen.errors import ImageError, ReportgenError, SettingsError
from reportgen.evaluating import Evaluated, evaluate, explained_mistakes, known_classes
from reportgen.execution.runner import Failure, Plan, Runner
from reportgen.execution.runner import Outcome as UnitOutcome
from reportgen.execution.store import Store, Stored
from reportgen.execution.units import Unit
from reportgen.inputs.class_folders import classes_of_groups, labels_of_folders
from reportgen.inputs.images import ImageFile, find_images
from reportgen.inputs.model_files import identify
from reportgen.inputs.names import printable
from reportgen.inputs.preprocessing import function_of
from reportgen.model_copy import save_copy
from reportgen.opening import ModelJob
from reportgen.planning import Planned, plan
from reportgen.progress import Progress
from reportgen.report.assembly import Assembly
from reportgen.report.browser import find_browser, print_with_browser
from reportgen.report.charts import write_charts
from reportgen.report.data_file import DATA_FILE, write_data
from reportgen.report.exemplar_records import found_exemplars
from reportgen.report.manifest import write_manifest
from reportgen.report.names import slugs
from reportgen.report.notebook import NOTEBOOK, Sources, write_notebook
from reportgen.report.notebook_execution import check_notebook_tools
from reportgen.report.origin import is_current, origin_of
from reportgen.report.own_notes import OwnNotes
from reportgen.report.pdf_result import PDF_NAME
from reportgen.report.placed_notes import notes_of, unplaced_warning
from reportgen.report.publish import check_output, staged
from reportgen.report.single_file import SINGLE_NAME, write_single
from reportgen.report.site import write_site
from reportgen.report.templates import check_templates
from reportgen.report.trust_assembly import assemble_trust
from reportgen.results import Environment, Model, Report, Skipped
from reportgen.sizes import parse_size

DEFAULT_OUTPUT = Path("report")


@dataclass(frozen=True)
class Outcome:
    """A finished build: the folder of the report, what it holds, and whether it was written."""

    folder: Path
    first: str
    images: int
    galleries: int
    skipped: int
    unchanged: bool

    @property
    def page(self) -> Path:
        """What to open first: the site, else the PDF, else the notebook."""
        pages = {"site": "index.html", "single": SINGLE_NAME, "pdf": PDF_NAME, "notebook": NOTEBOOK}
        return self.folder / pages[self.first]

    @cached_property
    def report(self) -> Report:
        """What the report states, read from its report.json."""
        text = (self.folder / DATA_FILE).read_text(encoding="utf-8")
        return Report.model_validate_json(text)


def build(
    model: str, images: Sequence[str], settings: Settings, *, progress: Progress, command: str
) -> Outcome:
    """Make the report of a model and images in `settings.out`.

    `model` is a file or the name of a network of keras.applications, `images` are files, folders
    and globs; `command` is what the report shows as its origin. Raises ReportgenError, its message
    one sentence for the user; the old report is then as it was.
    """
    output = settings.out or DEFAULT_OUTPUT
    check_output(output, force=settings.force)
    if "pdf" in settings.format and settings.pdf_engine == "browser":
        find_browser(settings.browser)  # before anything is computed
    if "notebook" in settings.format:
        check_notebook_tools()
    if settings.templates is not None:
        check_templates(settings.templates)
    with _store(settings) as store:
        trip = _Trip(model, settings, progress, store)
        trip.find(images)
        facts = trip.facts()
        trip.decode(facts)
        facts = trip.name_classes(trip.settle_preprocessing(facts))
        shown, searched = ([digest for _, digest in part] for part in (trip.photos, trip.dataset))
        planned = plan(facts, trip.job.options, shown, settings, searched)
        trip.skipped += planned.skipped
        outcomes = {key: one for part in planned.plans for key, one in trip.run(part).items()}
        planned, evaluated = trip.evaluate(facts, planned, outcomes)
        origin = trip.origin(facts, planned, outcomes, command)
        counts = trip.counts(planned, outcomes)
        if is_current(output, origin):
            return Outcome(output, settings.format[0], *counts, unchanged=True)
        with staged(output) as folder, trip.timed("Pages"), progress.stage("Pages"):
            report = trip.assemble(folder, facts, planned, outcomes, evaluated, command)
            if unplaced := unplaced_warning(notes_of(report)):
                progress.warn(unplaced)
            write_data(report, folder)
            if "site" in settings.format:
                write_site(report, folder, templates=settings.templates)
            if "single" in settings.format:
                for warning in _write_single(report, folder, settings):
                    progress.warn(warning)
            if "pdf" in settings.format:
                for warning in _write_pdf(report, folder, settings):
                    progress.warn(warning)
            if "notebook" in settings.format:
                trip.write_notebook(report, folder)
            write_manifest(folder, origin)
    return Outcome(output, settings.format[0], *counts, unchanged=False)


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
        return print_with_browser(report, folder, paper=paper, browser=settings.browser).warnings
    from reportgen.report.pdf import write_pdf

    return write_pdf(report, folder, paper=paper).warnings


def inspect(model: str, settings: Settings, *, progress: Progress) -> Model:
    """What can be said of a model without any image."""
    with _store(settings) as store:
        return _Trip(model, settings, progress, store).facts()


@contextlib.contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    """The store to use: the user's, the one given, or one that is gone when the build ends."""
    if settings.no_cache:
        with tempfile.TemporaryDirectory(prefix="reportgen-") as folder:
            yield Store(Path(folder))
        return
    store = Store(settings.cache_dir) if settings.cache_dir else Store.default()
    store.sweep()
    yield store
    if store.grown:
        store.shrink(parse_size(settings.cache_size))


class _Trip:
    """What one build carries from part to part."""

    def __init__(self, model: str, settings: Settings, progress: Progress, store: Store) -> None:
        self.settings = settings
        self.progress = progress
        self.notes = OwnNotes(settings.notes)
        stamp = os.environ.get("SOURCE_DATE_EPOCH")
        self.created = _timestamp(stamp)
        self.reproducible = stamp is not None
        self.runner = Runner(store, progress)
        self.job = ModelJob(identify(model, weights=settings.weights), settings, progress)
        self.bench = Workbench(
            open=self.job.open,
            photos={},
            image_input=None,
            preprocess="none",
            resize=settings.resize,
            batch_size=settings.batch_size,
        )
        self.photos: list[tuple[ImageFile, str]] = []
        self.dataset: list[tuple[ImageFile, str]] = []
        self.decoded: dict[str, tuple[Unit, Stored]] = {}
        self.skipped: list[Skipped] = []
        self.warnings: list[str] = []
        self.timings: dict[str, float] = {}

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Note how long the block takes."""
        start = time.monotonic()
        yield
        self.timings[part] = round(time.monotonic() - start, 3)

    def run(self, plan: Plan) -> dict[str, UnitOutcome]:
        """Run a plan; an empty one is not mentioned."""
        if not plan.units:
            return {}
        with self.timed(plan.analysis.title):
            return self.runner.run(plan, self.bench)

    def find(self, arguments: Sequence[str]) -> None:
        """Find the image files that the arguments name, and read their bytes' digests."""
        self.photos = self._found(arguments, "image")
        if self.settings.dataset is not None and "exemplars" in self.settings.chosen_sections:
            self.dataset = self._found([str(self.settings.dataset)], "image of the dataset")
        everything = (*self.dataset, *self.photos)
        self.bench.photos = {digest: image.path for image, digest in everything}

    def _found(self, arguments: Sequence[str], what: str) -> list[tuple[ImageFile, str]]:
        """The image files with their digests; notes what is left out."""
        files = []
        found, skipped = find_images(arguments)
        self.skipped += [Skipped(what=what, name=s.name, reason=s.reason) for s in skipped]
        for image in found:
            try:
                digest = hashlib.sha256(image.path.read_bytes()).hexdigest()
            except OSError as error:
                reason = f"it cannot be read: {error.strerror}"
                self.skipped.append(Skipped(what=what, name=image.name, reason=reason))
            else:
                files.append((image, digest))
        return files

    def facts(self) -> Model:
        """The model's facts, from the store or from the model itself; tells what was assumed."""
        summary = Summary()
        unit = summary.unit(self.job.file.sha256, self.job.options)
        outcome = self.run(Plan(summary, [unit]))[unit.key]
        if isinstance(outcome, Failure):
            raise outcome.error
        facts = self.job.complete(outcome.data)
        self.device = str(outcome.data["device"])
        self.skipped += [Skipped.model_validate(one) for one in outcome.data["skipped"]]
        self.warnings += outcome.data["warnings"]
        for warning in self.warnings:
            self.progress.warn(warning)
        self.bench.image_input = facts.image_input
        return facts

    def settle_preprocessing(self, facts: Model) -> Model:
        """Decide the preprocessing; images in class folders may tell which is right."""
        wanted = facts.preprocessing
        classes = classes_of_groups([file.group for file, _ in self.photos], facts.labels)
        if self.settings.preprocess == "auto" and classes and facts.image_input:
            known = {digest: classes[f.group] for f, digest in self.photos if f.group in classes}
            trial = PreprocessingTrial()
            options = {**self.job.options, "resize": self.settings.resize}
            unit = trial.unit(facts.sha256, sample(known), options)
            outcome = self.run(Plan(trial, [unit]))[unit.key]
            if isinstance(outcome, Stored):
                wanted = choose_by_trial(wanted, outcome.data["correct"], outcome.data["images"])
        if facts.image_input and wanted.source == "assumed":
            self.warnings.append(
                "The images are fed as x / 255, which is assumed: nothing in the model says how "
                "it was trained; --preprocess chooses another way."
            )
            self.progress.warn(self.warnings[-1])
        if facts.image_input:
            function_of(wanted.mode, facts.image_input.channels)  # refuses what cannot be used
        self.bench.preprocess = wanted.mode
        return facts.model_copy(update={"preprocessing": wanted})

    def name_classes(self, facts: Model) -> Model:
        """Give classes without labels the names of the folders that the images lie in."""
        folders = classes_of_groups([file.group for file, _ in self.photos], facts.labels)
        return facts.model_copy(update={"labels": labels_of_folders(facts.labels, folders or {})})

    def decode(self, facts: Model) -> None:
        """Decode the photos; raises ImageError when none is left."""
        analysis, target = Photos(), facts.image_input
        size = (target.height, target.width, target.channels) if target else None
        units = {
            digest: analysis.unit(digest, size, self.settings.resize) for _, digest in self.photos
        }
        outcomes = self.run(Plan(analysis, list(units.values())))
        readable = []
        for image, digest in self.photos:
            outcome = outcomes[units[digest].key]
            if isinstance(outcome, Failure):
                reason = getattr(outcome.error, "reason", outcome.reason)
                self.skipped.append(Skipped(what="image", name=image.name, reason=reason))
            else:
                self.decoded[digest] = (units[digest], outcome)
                readable.append((image, digest))
        self.photos = readable
        if not readable:
            first = next((s for s in self.skipped if s.what == "image"), None)
            why = f"; {first.name}: {first.reason}" if first else ""
            raise ImageError(f"No image is left to show{why}.")

    def evaluate(
        self, facts: Model, planned: Planned, outcomes: dict[str, UnitOutcome]
    ) -> tuple[Planned, Evaluated | None]:
        """Count the images of known class; adds the Grad-CAMs that the mistakes lack."""
        folders, unmade = known_classes(facts, self.photos, self.settings)
        self.skipped += [unmade] if unmade else []
        if not folders:
            return planned, None
        found = evaluate(facts, self.photos, folders, planned.activations, outcomes, self.settings)
        if found is None:
            return planned, None
        extra = explained_mistakes(found.tally.surest(), self.photos, planned.gradcam, outcomes)
        outcomes.update(self.run(extra))
        return replace(planned, explained=extra), found

    def assemble(
        self,
        folder: Path,
        facts: Model,
        planned: Planned,
        outcomes: dict[str, UnitOutcome],
        evaluated: Evaluated | None,
        command: str,
    ) -> Report:
        """Collect all results into a Report, its pictures in `folder`."""
        assembly = Assembly(folder, facts)
        grids = {unit.inputs[1]: outcomes[unit.key] for unit in planned.activations.units}
        cams: dict[str, list[UnitOutcome]] = {}
        for unit in (*planned.gradcam.units, *planned.explained.units):
            cams.setdefault(unit.inputs[1], []).append(outcomes[unit.key])
        names = slugs([image.name for image, _ in self.photos])
        images = [
            assembly.image(
                image,
                names[image.name],
                self.decoded[digest],
                grids.get(digest),
                cams.get(digest, []),
                self.settings.top,
            )
            for image, digest in self.photos
        ]
        filters, galleries = assembly.filters(
            planned.filters.units, outcomes, self.settings.columns
        )
        searched = self.dataset or self.photos
        folder_name = printable(self.settings.dataset.name) if self.settings.dataset else ""
        exemplars = [
            one
            for unit in planned.exemplars.units
            if (one := found_exemplars(
                assembly, unit, outcomes[unit.key], searched, folder_name))
        ]  # fmt: skip
        wanted = "health" in self.settings.chosen_sections
        health = assembly.health.health() if wanted else None
        kernels = assembly.kernels(planned.kernels.units, outcomes)
        names_by_digest = {digest: image.name for image, digest in reversed(self.photos)}
        trust = assemble_trust(
            folder,
            names_by_digest,
            planned.trust.units,
            planned.sanity.units,
            outcomes,
            assembly.skipped,
        )
        dreams = assembly.dreams(names_by_digest, planned.dreams.units, outcomes)
        skipped = self.skipped + assembly.skipped
        if "health" in self.settings.sections and health is None:
            reason = "it needs the section activations and more than one image"
            skipped.append(Skipped(what="section", name="health", reason=reason))
        self._check_strict(skipped)
        notes = self.notes.illustrated(folder)
        for warning in notes.warnings:
            self.progress.warn(warning)
        settings = self.settings
        made = {
            "activations": any(one.activations for one in images),
            "filters": bool(galleries),
            "gradcam": any(one.gradcam for one in images),
            "evaluation": evaluated is not None,
            "health": health is not None,
            "exemplars": bool(exemplars),
            "kernels": bool(kernels),
            "trust": trust is not None,
            "dreams": bool(dreams),
        }
        return Report(
            generator=f"reportgen {__version__}",
            created=self.created.isoformat().replace("+00:00", "Z"),
            title=settings.title or facts.name,
            author=settings.author,
            notes=notes.text,
            note_pictures=list(notes.pictures),
            environment=Environment(
                python=platform.python_version(), device=self.device, **versions()
            ),
            command=command,
            settings=settings.for_report,
            sections=[name for name in settings.chosen_sections if made[name]],
            model=facts,
            images=images,
            filters=filters,
            galleries=galleries,
            kernels=kernels,
            trust=trust,
            dreams=dreams,
            sparsity_chart=write_charts(images, folder),
            evaluation=evaluated.record(facts, folder) if evaluated else None,
            health=health,
            exemplars=exemplars[0] if exemplars else None,
            skipped=skipped,
            warnings=[*self.warnings, *notes.warnings],
            timings={} if self.reproducible else self.timings,
            timing_notes=[] if self.reproducible else self.bench.notes,
        )

    def origin(
        self,
        facts: Model,
        planned: Planned,
        outcomes: Mapping[str, UnitOutcome],
        command: str,
    ) -> str:
        """The digest of all that the report's files depend on but the time of the build."""
        reasons = {k: one.reason for k, one in outcomes.items() if isinstance(one, Failure)}
        return origin_of(
            facts.model_dump(mode="json"),
            self.settings.for_report,
            [str(self.settings.pdf_engine), str(self.settings.browser), self.settings.organisation],
            [[image.name, image.group, self.decoded[digest][0].key]
             for image, digest in self.photos],
            [[image.name, digest] for image, digest in self.dataset],
            [unit.key for unit in planned.units],
            reasons,
            [[one.what, one.name, one.reason] for one in self.skipped],
            [self.notes.text, self.notes.digests()],
            [self.warnings, self.device, platform.python_version(), command],
            self.created.isoformat() if self.reproducible else "",
            folders=[self.settings.templates] if self.settings.templates else [],
        )  # fmt: skip

    def counts(self, planned: Planned, outcomes: Mapping[str, UnitOutcome]) -> tuple[int, int, int]:
        """How many images and filter galleries the report has, and how many parts it lacks."""
        failed = [unit for unit in planned.units if isinstance(outcomes[unit.key], Failure)]
        lost = {unit.group or unit.key for unit in failed}
        drawn = {u.group for u in planned.filters.units if not isinstance(outcomes[u.key], Failure)}
        return len(self.photos), len(drawn), len(self.skipped) + len(lost)

    def write_notebook(self, report: Report, folder: Path) -> None:
        """Write the working notebook, with a copy of the model that it opens."""
        name = slugs([Path(report.model.file).stem])[Path(report.model.file).stem]
        model = folder / "model" / f"{name}.keras"
        inputs, own = self.settings.input_files, self.settings.custom_objects
        with self.progress.stage("Notebook"):
            save_copy(self.bench.network.model, model, report.created)
            write_notebook(report, folder, Sources(model, self.bench.photos, inputs, own))

    def _check_strict(self, skipped: Sequence[Skipped]) -> None:
        """With --strict, an image or a part that is missing is an error."""
        lost = [one for one in skipped if one.what not in ("layer", "input", "section")]
        if self.settings.strict and lost:
            raise ReportgenError(
                f"--strict: {lost[0].what} {lost[0].name} is left out: {lost[0].reason}."
            )


def _timestamp(stamp: str | None) -> datetime:
    """The time of the build: SOURCE_DATE_EPOCH where it is set (reproducible-builds.org)."""
    if stamp is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise SettingsError(f"SOURCE_DATE_EPOCH is not a number of seconds: {stamp}") from error
