"""Which channels made a decision: each channel's part in the score of a class.

A channel's contribution is the sum over places of its map times the gradient of the class score.
Olah et al., "The Building Blocks of Interpretability", Distill, 2018, "channel attribution"; the
product is gradient times input (Shrikumar et al., "Learning Important Features Through Propagating
Activation Differences", 2017).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.analysis.cams.chosen import Targets, chosen_cams
from reportgen.analysis.cams.placing import map_overlay
from reportgen.analysis.cams.score_batches import in_score_batches
from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request
from reportgen.analysis.workbench import Workbench
from reportgen.evenly_spaced import spread
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.pictures.display import display
from reportgen.records.report import Skipped

STRONGEST, OPPOSING = 6, 3
"""How many channels that raise and lower a score are shown."""
COMPARED = 2
"""Classes whose scores are explained and compared: the top ones."""

MOST_IMAGES = 24
LONGEST = 192
"""Pixels of the longer side of a picture."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DecisionOptions(FedOptions):
    """The layer (its path) whose channels are asked, and the scores to explain.

    `targets` is None for the top two classes.
    """

    layer: str
    targets: Targets
    colormap: str


DecisionUnit = Unit[DecisionOptions]


@dataclass(frozen=True)
class DecisionShares:
    """The parts of one score, or of the difference of two; fields as of `Decision`'s record.

    `strongest` and `opposing` have channels with their contributions.
    """

    index: int
    against: int | None
    total: float
    raising: float
    lowering: float
    channels: int
    strongest: list[tuple[int, float]]
    opposing: list[tuple[int, float]]


@dataclass(frozen=True)
class DecisionData:
    """The scores of one image."""

    decisions: list[DecisionShares]


@dataclass(frozen=True)
class Shares:
    """Contributions (channels,) of one score, or of the difference of two."""

    index: int
    against: int | None
    contributions: Floats

    @property
    def strongest(self) -> list[int]:
        """The channels that raise the score most, strongest first."""
        order = np.argsort(-self.contributions, kind="stable")[:STRONGEST]
        return [int(channel) for channel in order if self.contributions[channel] > 0]

    @property
    def opposing(self) -> list[int]:
        """The channels that lower it most, strongest first."""
        order = np.argsort(self.contributions, kind="stable")[:OPPOSING]
        return [int(channel) for channel in order if self.contributions[channel] < 0]


class Decisions:
    """The channels that raise and lower the scores of each image."""

    name = "decisions"
    version = 1
    title = "Decisions"

    def plan(self, request: Request) -> tuple[Plan[DecisionOptions], list[Skipped]]:
        """A unit for each of the images, at most 24, spread over all of them."""
        chosen, skipped = chosen_cams("decisions", request)
        if chosen is None:
            return Plan(self, []), skipped
        options = DecisionOptions(
            feed=request.feed,
            layer=chosen.layer,
            targets=chosen.targets,
            colormap=request.settings.colormap,
        )
        photos = spread(request.photos, MOST_IMAGES)
        units = [self.unit(request.model.sha256, photo, options) for photo in photos]
        return Plan(self, units), skipped

    def unit(self, model: str, photo: str, options: DecisionOptions) -> DecisionUnit:
        """The unit of one image."""
        return Unit(self.name, self.version, "image", model, (photo,), options)

    def compute(
        self, units: Sequence[DecisionUnit], bench: Workbench
    ) -> Iterator[tuple[DecisionUnit, Result[DecisionData]]]:
        """Yield the shares of each image, with a picture of each channel that is named."""
        options = units[0].options

        def draw(
            digest: str,
            maps: npt.NDArray[np.float32],
            classes: npt.NDArray[np.int32],
            gradients: npt.NDArray[np.float32],
        ) -> Callable[[], Result[DecisionData]]:
            drawn = bench.threads.submit(_result, bench, digest, maps, classes, gradients, options)
            return drawn.result

        yield from in_score_batches(bench, units, options.layer, options.targets, COMPARED, draw)


def decisive_channels(seen: Iterable[DecisionData]) -> list[int]:
    """The channels that are named in decisions, those with the largest parts in all scores first.

    A score counts by the shares of its channels, so that scores of any size count alike.
    """
    parts: defaultdict[int, float] = defaultdict(float)
    for data in seen:
        for shares in data.decisions:
            whole = shares.raising - shares.lowering or 1.0
            for channel, value in (*shares.strongest, *shares.opposing):
                parts[channel] += abs(value) / whole
    return sorted(parts, key=lambda channel: (-parts[channel], channel))


def contributions(maps: npt.NDArray[np.floating], slopes: npt.NDArray[np.floating]) -> Floats:
    """Σ over places of map times gradient, both (height, width, channels): (channels,)."""
    joint: Floats = (maps.astype(np.float64) * slopes).sum(axis=(0, 1))
    return joint


def shares_of(indices: Sequence[int], each: Sequence[Floats]) -> Iterator[Shares]:
    """The shares of each score, and of the difference of the first two."""
    for index, found in zip(indices, each, strict=True):
        yield Shares(int(index), None, found)
    if len(each) > 1:
        yield Shares(int(indices[0]), int(indices[1]), each[0] - each[1])


def _result(
    bench: Workbench,
    digest: str,
    maps: npt.NDArray[np.float32],
    indices: npt.NDArray[np.int32],
    slopes: npt.NDArray[np.float32],
    options: DecisionOptions,
) -> Result[DecisionData]:
    each = [contributions(maps, slope) for slope in slopes]
    if not all(np.isfinite(found).all() for found in each):
        raise FloatingPointError("the gradient or the activations are not finite numbers")
    photo = display(bench.decoded(digest).shown, LONGEST)
    files: dict[str, bytes] = {}
    about = []
    for shares in shares_of(list(indices), each):
        named = [*shares.strongest, *shares.opposing]
        for channel in named:
            name = f"channel-{channel}.jpg"
            if name not in files:
                files[name] = _drawn(bench, photo, maps[:, :, channel], options)
        values = shares.contributions
        about.append(
            DecisionShares(
                index=shares.index,
                against=shares.against,
                total=float(values.sum()),
                raising=float(values[values > 0].sum()),
                lowering=float(values[values < 0].sum()),
                channels=len(values),
                strongest=[(channel, float(values[channel])) for channel in shares.strongest],
                opposing=[(channel, float(values[channel])) for channel in shares.opposing],
            )
        )
    return Result(DecisionData(about), files)


def _drawn(
    bench: Workbench,
    photo: npt.NDArray[np.uint8],
    values: npt.NDArray[np.float32],
    options: DecisionOptions,
) -> bytes:
    """The size of a channel's map over the photo."""
    strength = np.abs(values.astype(np.float64))
    shares = strength / (strength.max() or 1.0)
    return map_overlay(bench, photo, shares, options.layer, options.colormap)
