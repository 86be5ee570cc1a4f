"""What one build carries from part to part: its inputs, and the work that is run on them."""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reportgen.analysis.engine import undetermined
from reportgen.analysis.options import UnsettledOptions
from reportgen.analysis.photos import PhotoData, PhotoOptions, Photos, network_size
from reportgen.analysis.request import Request
from reportgen.analysis.summary import Summary, SummaryData
from reportgen.analysis.workbench import Workbench
from reportgen.build_steps.evaluating import (
    Evaluated,
    evaluate,
    explained_mistakes,
    known_classes,
    same_answer,
)
from reportgen.build_steps.find_preprocessing import find_preprocessing, sampled
from reportgen.build_steps.found_files import hashed, named_apart, nothing_found, passed_over
from reportgen.build_steps.model_job import ModelJob
from reportgen.build_steps.planning import Planned, plan_scan, request_of
from reportgen.build_steps.regressing import Regressed, regress, value_output
from reportgen.build_steps.scanning import Scanned, pages_of, summed_up
from reportgen.build_steps.true_classes import Found, classed
from reportgen.config import Settings
from reportgen.errors import ImageError, ReportgenError, SettingsError
from reportgen.execution.runner import Failure, Plan, Runner
from reportgen.execution.runner import Outcome as UnitOutcome
from reportgen.execution.store import Store, Stored
from reportgen.execution.units import Unit
from reportgen.hardware.processors import compute_class, mixed_classes
from reportgen.inputs.classes.class_folders import find_split
from reportgen.inputs.classes.class_names import Classes
from reportgen.inputs.classes.true_values import read_true_values
from reportgen.inputs.data_sets.find import find_data_set
from reportgen.inputs.data_sets.found_set import FoundSet
from reportgen.inputs.digests import DigestIndex
from reportgen.inputs.model_files import identify
from reportgen.inputs.model_files.live_model import NO_SESSION, SessionCode
from reportgen.inputs.photos.clips import find_clips, keyed
from reportgen.inputs.photos.images import ImageFile, empty_folders, find_images
from reportgen.inputs.preprocessing import MODE_FORMULAS, function_of
from reportgen.printable import printable
from reportgen.progress import Progress
from reportgen.records.model import Model
from reportgen.records.report import Skipped
from reportgen.report.notes.source import OwnNotes
from reportgen.user_files import Seen

DEFAULT_OUTPUT = Path("report")


class Trip:
    """What one build carries from part to part."""

    def __init__(
        self,
        model: str,
        settings: Settings,
        progress: Progress,
        store: Store,
        session: SessionCode = NO_SESSION,
    ) -> None:
        self.settings = settings
        self.output = settings.out or DEFAULT_OUTPUT
        self.progress = progress
        self.notes = OwnNotes(settings.notes)
        stamp = os.environ.get("SOURCE_DATE_EPOCH")
        self.created = _timestamp(stamp)
        self.reproducible = stamp is not None
        self.runner = Runner(store, progress, undetermined.marks, self._made_on)
        self.made_on: set[str] = set()
        self.own_files = [Path(model)]
        file = identify(model, weights=settings.weights)
        self.job = ModelJob(file, settings, progress, session)
        self.bench = Workbench(
            open=self.job.open,
            photos={},
            image_input=None,
            preprocess="none",
            feeding=settings.feeding,
            batch_size=settings.batch_size,
            check=lambda digest: self._seen[self.bench.photos[digest]].check(),
        )
        self.photos: list[tuple[ImageFile, str]] = []
        self.dataset: list[tuple[ImageFile, str]] = []
        self.classes = Classes()
        self.empty: list[tuple[str, ...]] = []
        self.dataset_empty: list[tuple[str, ...]] = []
        self.dataset_listed = False
        self.index = DigestIndex(None if settings.no_cache else store.side_file("digests.sqlite"))
        self.scanned: Scanned | None = None
        self.decoded: dict[str, tuple[Unit[PhotoOptions], Stored]] = {}
        self.skipped: list[Skipped] = []
        self.warnings: list[str] = []
        self.true_values: dict[str, dict[int, float]] = {}
        self.regressed: Regressed | None = None
        self.timings: dict[str, float] = {}
        self._seen: dict[Path, Seen] = {}

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Note how long the block takes."""
        start = time.monotonic()
        yield
        self.timings[part] = round(time.monotonic() - start, 3)

    def run(self, plan: Plan[Any]) -> dict[str, UnitOutcome]:
        """Run a plan; an empty one is not mentioned."""
        if not plan.units:
            return {}
        undetermined.reset()
        with self.timed(plan.analysis.title):
            outcomes = self.runner.run(plan, self.bench)
        self.made_on |= {one.made_on for one in outcomes.values() if isinstance(one, Stored)}
        if warning := undetermined.warning(plan.analysis.title, outcomes.values()):
            self.warnings.append(warning)
            self.progress.warn(warning)
        return outcomes

    def _made_on(self) -> str:
        """The kind of processor that computes; photos are decoded before a model is opened."""
        opened = self.bench.opened if self.bench.is_open else None
        return compute_class(opened.device if opened and opened.free_memory is not None else "")

    def check_classes(self) -> None:
        """Warn, and with --strict refuse, where processors of several kinds have computed."""
        sentence = mixed_classes(self.made_on - {""})
        if sentence and self.settings.strict:
            raise ReportgenError(f"--strict: {sentence}")
        self._warn(sentence)

    def find(self, arguments: Sequence[str]) -> None:
        """Find the image files that the arguments name, and read their bytes' digests."""
        scanned = self.settings.scans
        ignored = (*self.settings.files_read, *self.own_files, self.output)
        if arguments or not scanned:
            images, passed = find_images(arguments, ignored)
            if not images and not passed:
                raise nothing_found(arguments, self.output)
            given = FoundSet(images, passed, empty_folders(arguments, images))
            self.photos, self.empty = self._found(given, "image", split=not scanned)
        if scanned:
            self._find_data_set(ignored)
        if self.settings.frames:
            self.photos, clips = find_clips(self.photos, arguments)
            self.dataset, more = find_clips(self.dataset, [str(self.settings.dataset)])
            self.bench.clips = {**clips, **more}
        everything = (*self.dataset, *self.photos)
        self.bench.photos = {digest: image.path for image, digest in everything}

    def _find_data_set(self, ignored: Sequence[Path]) -> None:
        """Find the images of the data set that is scanned; raises ImageError for none."""
        place, what = Path(str(self.settings.dataset)), "image of the dataset"
        found = find_data_set(place, ignored)
        if not found.images and not found.passed:
            raise nothing_found([str(place)], self.output)
        if found.listed and self.settings.split:
            raise SettingsError(
                f"--split chooses among folders, and {self.dataset_name} names the class of each "
                "image: leave --split out, and list the images of one split."
            )
        images, self.dataset_empty = self._found(found, what, split=not found.listed)
        if not images:
            lost = [one for one in self.skipped if one.what == what]
            why = f" {lost[0].name}: {lost[0].reason}." if lost else ""
            raise ImageError(f"--dataset {self.dataset_name}: none of its images can be read.{why}")
        self.dataset = named_apart(images, self.photos, self.dataset_name)
        self.dataset_listed = found.listed

    @property
    def dataset_name(self) -> str:
        """Name of the data set that is scanned, for people; empty without one."""
        return printable(self.settings.dataset.name) if self.settings.dataset else ""

    def check(self) -> None:
        """Raise InputChangedError when a model, image or file is no longer as it was hashed."""
        self.job.check()
        for one in self._seen.values():
            one.check()

    def _found(
        self, found: FoundSet, what: str, *, split: bool
    ) -> tuple[list[tuple[ImageFile, str]], list[tuple[str, ...]]]:
        """The image files with their digests, and the places of folders without any.

        Notes what is left out. `split` chooses those of a split where there are several.
        """
        for one in found.passed:
            if one.own:  # on the terminal only: it was not there when the report was first made
                self.progress.note(f"{one.name} is left out: {one.reason}.")
        self.skipped += passed_over(found.passed, what)
        images, empty = found.images, list(found.empty)
        if split:
            images, empty = self._of_split(images, empty)
        photos, seen, skipped = hashed(images, what, self.index)
        self.skipped += skipped
        self._seen |= seen
        return photos, empty

    def _of_split(
        self, found: list[ImageFile], empty: list[tuple[str, ...]]
    ) -> tuple[list[ImageFile], list[tuple[str, ...]]]:
        """The images of the split to use, where a data set was given whole; notes the others."""
        places = [*(image.place for image in found), *empty]
        split = find_split(places, self.settings.split)
        if split is None:
            return found, empty
        inside = split.inside[: len(found)]
        self.progress.note(
            f"The images of {split.name} are used"
            + (f", not those of {', '.join(split.others)}" if split.others else "")
            + "; --split chooses."
        )
        for name, images in split.others.items():
            reason = f"{images:,} images; those of {split.name} are used, --split chooses"
            self.skipped.append(Skipped(what="split", name=name, reason=reason))
        kept = [
            replace(image, place=place, group=place[0] if place else None)
            for image, place in zip(found, inside, strict=True)
            if place is not None
        ]
        return kept, [place for place in split.inside[len(found) :] if place]

    def facts(self) -> Model:
        """The model's facts, from the store or from the model itself; tells what was assumed."""
        summary = Summary()
        unit = summary.unit(self.job.file.sha256, self.job.opening)
        outcome = self.run(Plan(summary, [unit]))[unit.key]
        if isinstance(outcome, Failure):
            raise outcome.error
        found = outcome.read(SummaryData)
        facts = self.job.complete(found)
        self.device = found.device
        self.skipped += found.skipped
        self.warnings += found.warnings
        for warning in self.warnings:
            self.progress.warn(warning)
        self.bench.image_input = facts.image_input
        self.bench.feeding = self.settings.feeding.settled(facts.preprocessing.highest)
        self._settle_clips(facts)
        return facts

    def _settle_clips(self, facts: Model) -> None:
        """Choose the frame that stands for each clip; tell what is fed as frames that are equal."""
        count = facts.image_input.frames if facts.image_input else 1
        if self.settings.frames and count == 1:
            raise SettingsError(
                "--frames: the network takes single images, not clips of a fixed number of frames."
            )
        clips, keys = self.bench.clips, keyed(self.bench.clips, count)
        self.bench.clips = {keys[digest]: clip for digest, clip in clips.items()}
        shown = {keys[digest]: clip.shown(count)[0] for digest, clip in clips.items()}
        self.photos, self.dataset = (
            [(image, keys.get(digest, digest)) for image, digest in part]
            for part in (self.photos, self.dataset)
        )
        everything = (*self.dataset, *self.photos)
        self.bench.photos = {digest: shown.get(digest, image.path) for image, digest in everything}
        if count > 1 and any(digest not in shown for _, digest in self.photos):
            self.warnings.append(
                f"The network takes clips of {count} frames: each single image is fed as {count} "
                "identical frames. --frames takes a folder of frames or a GIF as a clip."
            )
            self.progress.warn(self.warnings[-1])

    def settle_preprocessing(self, facts: Model) -> Model:
        """Decide the preprocessing; images in class folders may tell which is right."""
        wanted = facts.preprocessing
        if self.settings.preprocess == "auto":
            options = UnsettledOptions(opening=self.job.opening, feeding=self.bench.feeding)
            asked = [*self.photos, *self._readable_sample(facts)]
            wanted = find_preprocessing(facts, asked, self.classes, options, self.run)
        if facts.image_input and wanted.source == "assumed":
            why = "nothing in the model says how it was trained"
            if wanted.statistics:
                why = "batch statistics do not settle how the model was trained"
            self._warn(
                f"The images are fed as {MODE_FORMULAS[wanted.mode]}, which is assumed: {why}; "
                "--preprocess chooses another way."
            )
        if facts.image_input:
            function_of(wanted.mode, facts.image_input.channels)  # refuses what cannot be used
        self.bench.preprocess = wanted.mode
        return facts.model_copy(update={"preprocessing": wanted})

    def _readable_sample(self, facts: Model) -> list[tuple[ImageFile, str]]:
        """A few images of the data set that can be read, of all classes, to try something on."""
        chosen = sampled(self.dataset)
        units = self._photo_units(facts, chosen)
        outcomes = self.run(Plan(Photos(), list(units.values())))
        return [
            (file, digest)
            for file, digest in chosen
            if isinstance(outcomes[units[digest].key], Stored)
        ]

    def sort_into_classes(self, facts: Model) -> Model:
        """Settle the class of each image; classes without labels get the names of the folders."""
        shown = Found(self.photos, self.empty)
        scanned = Found(self.dataset, self.dataset_empty, listed=self.dataset_listed)
        found = classed(shown, scanned, facts.labels, self.settings.labels_csv)
        self.photos, self.dataset, self.classes = found.photos, found.data_set, found.classes
        for remark in found.remarks:
            self._warn(remark)
        return facts.model_copy(update={"labels": found.labels})

    def _warn(self, sentence: str) -> None:
        """Warn on the terminal and in the report; an empty sentence is none."""
        if sentence:
            self.warnings.append(sentence)
            self.progress.warn(sentence)

    def decode(self, facts: Model) -> None:
        """Decode the photos; raises ImageError when none is left, and no data set is scanned."""
        units = self._photo_units(facts, self.photos)
        outcomes = self.run(Plan(Photos(), list(units.values())))
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
        shown = [self.decoded[digest][1] for digest in dict.fromkeys(d for _, d in readable)]
        photos = (stored.read(PhotoData) for stored in shown)
        dark = [photo.dark for photo in photos if photo.dark]
        if dark and facts.image_input:
            self._warn(
                f"The network gets {len(dark):,} of {len(readable):,} images nearly black: their "
                f"16-bit values end at {max(dark):,} of 65,535, and the high byte is fed, as "
                "image_dataset_from_directory does; --depth raw feeds the values, as load_img does."
            )
        if not readable and not self.dataset:
            first = next((s for s in self.skipped if s.what == "image"), None)
            why = f" {first.name}: {first.reason}." if first else ""
            raise ImageError(f"None of the images could be read.{why}")

    def _photo_units(
        self, facts: Model, photos: Sequence[tuple[ImageFile, str]]
    ) -> dict[str, Unit[PhotoOptions]]:
        target = facts.image_input
        options = PhotoOptions(network_size(target) if target else None, self.bench.feeding)
        return {digest: Photos().unit(digest, options) for _, digest in photos}

    def request(self, facts: Model) -> Request:
        """What the report asks of the analyses."""
        shown, scanned = ([digest for _, digest in part] for part in (self.photos, self.dataset))
        return request_of(facts, self.job.opening, self.settings, shown, scanned)

    def scan(self, facts: Model) -> None:
        """Scan the data set; the images of it that get pages are shown with the others."""
        if not self.dataset:
            return
        scan, given = plan_scan(self.request(facts)), self.photos
        outcomes = self.run(scan)
        self.scanned = summed_up(scan, outcomes, self.dataset, facts, self.classes, self.settings)
        self.skipped += self.scanned.skipped
        self.photos = pages_of(self.scanned, self.dataset, given, self.settings.dataset_pages)
        self.decode(facts)
        self.photos = [*given, *self.photos]
        if not self.photos:
            raise ImageError(
                "No image is left to show: give one, or ask for some of the data set with "
                "--dataset-pages."
            )

    def evaluate(
        self, facts: Model, planned: Planned, outcomes: dict[str, UnitOutcome]
    ) -> tuple[Planned, Evaluated | None]:
        """Count the images of known class; adds the Grad-CAMs that the mistakes lack."""
        folders, unmade = known_classes(facts, self.classes, self.settings)
        self.skipped += [unmade] if unmade else []
        found = self.scanned.evaluated if self.scanned and folders else None
        if folders and not self.scanned:
            found = evaluate(
                facts, self.photos, self.classes, planned.activations, outcomes, self.settings
            )
        if not isinstance(found, Evaluated):
            self.skipped += [found] if found else []
            if facts.head and facts.head.classes:
                self._warn(same_answer(facts, planned.activations, outcomes))
            return planned, None
        for remark in found.tally.remarks(facts.labels):
            self._warn(remark)
        extra = explained_mistakes(
            found.tally.most_confident_mistakes(), self.photos, planned.gradcam, outcomes
        )
        outcomes.update(self.run(extra))
        return replace(planned, explained=extra), found

    def read_true_values(self, facts: Model) -> None:
        """Read the true values of a regression, where a table of them is given."""
        table, output = self.settings.values_csv, value_output(facts)
        if table is None or "regression" not in self.settings.chosen_sections:
            return
        if output is None:
            raise SettingsError(
                "--values-csv: the model has no output that gives values; --head values says that "
                "it has."
            )
        self.true_values = read_true_values(table, [file for file, _ in self.photos], output.names)

    def regress(self, facts: Model, planned: Planned, outcomes: Mapping[str, UnitOutcome]) -> None:
        """Compare the values that the model gives with the true ones."""
        table, output = self.settings.values_csv, value_output(facts)
        if table is not None and output is not None and self.true_values:
            self.regressed = regress(
                output,
                self.photos,
                self.true_values,
                printable(table.name),
                planned.activations,
                outcomes,
            )

    def counts(self, planned: Planned, outcomes: Mapping[str, UnitOutcome]) -> tuple[int, int, int]:
        """How many images and filter galleries the report has, and how many parts it lacks."""
        failed = [unit for unit in planned.units if isinstance(outcomes[unit.key], Failure)]
        lost = {unit.group or unit.key for unit in failed}
        drawn = {u.group for u in planned.filters.units if not isinstance(outcomes[u.key], Failure)}
        missing = [one for one in self.skipped if one.is_loss]
        return len(self.photos), len(drawn), len(missing) + len(lost)


def _timestamp(stamp: str | None) -> datetime:
    """The time of the build: SOURCE_DATE_EPOCH where it is set (reproducible-builds.org)."""
    if stamp is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise SettingsError(f"SOURCE_DATE_EPOCH is not a number of seconds: {stamp}") from error
