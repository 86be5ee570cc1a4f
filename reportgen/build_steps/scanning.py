"""From the groups of a scanned data set to the statistics of all its images."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from reportgen.analysis.accuracy.evaluation import Tally, likelihood_of
from reportgen.analysis.feature_maps.health import HealthTally
from reportgen.analysis.feature_maps.layer_similarity import LayerMeans
from reportgen.analysis.top_images.scan_pass import ScanOptions
from reportgen.analysis.top_images.scanned import ScannedGroup
from reportgen.build_steps.evaluating import NO_CLASS, Evaluated
from reportgen.build_steps.found_files import Photos
from reportgen.config import Settings
from reportgen.execution.runner import Failure, Outcome, Plan
from reportgen.inputs.classes.class_names import Classes
from reportgen.inputs.photos.images import ImageFile
from reportgen.records.model import Model
from reportgen.records.report import Skipped
from reportgen.wording import count

MOST_MISTAKES = 1000
"""Mistakes of a data set that the report lists, the most confident ones; all are counted."""


@dataclass(frozen=True)
class Scanned:
    """What a scan says of a data set.

    Attributes:
        plan: the units that it was made of.
        images: files that were read.
        evaluated: the numbers over the images of known class; None without any.
        health: what the channels are over all images.
        means: of the channels, on a sample of the images.
        values: of the output whose true values are known, by the digest of each image.
        leaders: digests of the images that activate channels the most, those first that are first
            of most channels.
        unread: digests of the images that cannot be read.
        skipped: what could not be read or computed.

    """

    plan: Plan[ScanOptions]
    images: int
    evaluated: Evaluated | Skipped | None
    health: HealthTally
    means: LayerMeans
    values: Mapping[str, Sequence[float]]
    leaders: Sequence[str]
    unread: Collection[str]
    skipped: Sequence[Skipped]


def summed_up(
    plan: Plan[ScanOptions],
    outcomes: Mapping[str, Outcome],
    data_set: Photos,
    model: Model,
    classes: Classes,
    settings: Settings,
) -> Scanned:
    """Add up the groups of a scan one after the other: one is in memory at a time."""
    summing = _Summing(data_set, model, classes, settings)
    for unit in plan.units:
        outcome = outcomes[unit.key]
        if isinstance(outcome, Failure):
            summing.lose(unit.photos, outcome)
        else:
            summing.add(ScannedGroup.read(outcome))
    return summing.result(plan)


@dataclass
class _Leaders:
    """For each channel, the value of its top image so far and the number of the image."""

    values: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    images: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def add(self, group: ScannedGroup, numbers: Mapping[str, int]) -> None:
        found = list(group.top(list(group.searched)).values())
        if not found or not found[0].values.shape[1]:
            return
        known = np.array([*(numbers[digest] for digest in group.all_digests), -1], np.int64)
        values = np.concatenate([top.values[:, 0] for top in found])
        images = known[np.concatenate([top.images[:, 0] for top in found])]
        if not len(self.values):
            self.values, self.images = values, images
            return
        earlier = (values == self.values) & (images < self.images)
        better = (values > self.values) | earlier
        self.values = np.where(better, values, self.values)
        self.images = np.where(better, images, self.images)

    def order(self) -> list[int]:
        """Numbers of the images, those first that are first of most channels."""
        active = np.isfinite(self.values) & (self.values != 0)
        counts = Counter(self.images[active].tolist())
        return sorted(counts, key=lambda image: (-counts[image], image))


class _Summing:
    """What all groups say together, so far."""

    def __init__(
        self, data_set: Photos, model: Model, classes: Classes, settings: Settings
    ) -> None:
        self._files: dict[str, list[ImageFile]] = {}
        for file, digest in data_set:
            self._files.setdefault(digest, []).append(file)
        self._numbers = {digest: at for at, digest in enumerate(self._files)}
        self._classes = classes
        self._kind, self._reason = likelihood_of(model)
        self._tally = Tally(
            len(model.labels),
            settings.top,
            self._kind,
            order_assumed=classes.assumed,
            most_mistakes=MOST_MISTAKES,
        )
        self._health = HealthTally()
        self._means = LayerMeans(model.layers)
        self._values: dict[str, Sequence[float]] = {}
        self._leaders = _Leaders()
        self._unread: set[str] = set()
        self._skipped: list[Skipped] = []
        self._images = self._not_finite = 0

    def lose(self, digests: Iterable[str], failure: Failure) -> None:
        """Note a group that could not be computed."""
        lost = sum(len(self._files[digest]) for digest in digests)
        name = count(lost, "image")
        self._skipped.append(Skipped(what="image of the dataset", name=name, reason=failure.reason))

    def add(self, group: ScannedGroup) -> None:
        """Add a group."""
        self._unread |= group.unread.keys()
        for digest, reason in group.unread.items():
            for file in self._files[digest]:
                self._skipped.append(
                    Skipped(what="image of the dataset", name=file.name, reason=reason)
                )
        copies = np.array([len(self._files[digest]) for digest in group.digests], np.intp)
        self._images += int(copies.sum())
        self._health.add_group(group, copies)
        if group.measured and group.digests:
            self._means.add_group(group.digests[: len(group.means)], group.means, group.measured)
        if group.values is not None:
            self._values.update(zip(group.digests, group.values.tolist(), strict=True))
        self._leaders.add(group, self._numbers)
        self._evaluate(group)

    def _evaluate(self, group: ScannedGroup) -> None:
        if group.scores is None or not self._classes.indices:
            return
        shares = group.probabilities
        if shares is None:
            shares = np.empty((len(group.scores), 0), np.float32)
        lost = np.isnan(group.scores) | np.isposinf(group.scores)
        sound = ~np.logical_or.reduce(lost, axis=1)
        sound &= np.logical_and.reduce(np.isfinite(shares), axis=1)
        found = [
            (file.name, file.true_class, at)
            for at, digest in enumerate(group.digests)
            for file in self._files[digest]
            if file.true_class is not None
        ]
        self._not_finite += sum(not sound[at] for *_, at in found)
        known = [place for place in found if sound[place[-1]]]
        if known:
            names, true, rows = (list(column) for column in zip(*known, strict=True))
            self._tally.add_all(names, true, group.scores[rows], shares[rows])

    def result(self, plan: Plan[ScanOptions]) -> Scanned:
        """What was found."""
        digests = list(self._files)
        return Scanned(
            plan,
            self._images,
            self._evaluated(),
            self._health,
            self._means,
            self._values,
            [digests[image] for image in self._leaders.order()],
            self._unread,
            sorted(self._skipped, key=lambda skip: skip.name),
        )

    def _evaluated(self) -> Evaluated | Skipped | None:
        if not self._tally.images:
            lost = Skipped(what="section", name="evaluation", reason=NO_CLASS)
            return lost if self._not_finite else None
        unknown = self._images - self._tally.images - self._not_finite
        indices = self._classes.indices
        return Evaluated(self._tally, indices, unknown, self._not_finite, self._reason)


def pages_of(scanned: Scanned, data_set: Photos, shown: Photos, most: int) -> Photos:
    """The images of a data set that get pages: the most confident mistakes and the top images.

    They are taken in turn, at most so many, none that is shown already. Where no image is shown,
    and there is neither a mistake nor a top image, the first images that can be read get pages.
    """
    found = scanned.evaluated
    confident = found.tally.most_confident_mistakes() if isinstance(found, Evaluated) else []
    mistaken, leading = {mistake.image for mistake in confident}, set(scanned.leaders)
    by_name = {photo[0].name: photo for photo in data_set if photo[0].name in mistaken}
    # Of images with the same bytes the first one stands for all.
    by_digest = {photo[1]: photo for photo in reversed(data_set) if photo[1] in leading}
    mistakes = [by_name[mistake.image] for mistake in confident]
    leaders = [by_digest[digest] for digest in scanned.leaders]
    taken: dict[str, tuple[ImageFile, str]] = {}
    known = {digest for _, digest in shown}
    for at in range(max(len(mistakes), len(leaders))):
        for image, digest in (*mistakes[at : at + 1], *leaders[at : at + 1]):
            if digest not in known and len(taken) < most:
                taken.setdefault(digest, (image, digest))
    if not taken and not shown:
        return [photo for photo in data_set if photo[1] not in scanned.unread][:most]
    return list(taken.values())
