"""The search for filter patterns, by any method: coarse to fine, stage by stage, batch by batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from reportgen.analysis.ascent.ascents import Ascent, Way
from reportgen.analysis.ascent.patterns import (
    Found,
    Pattern,
    Pixels,
    Shape,
    Stage,
    batch_of,
    has_small_maps,
    in_stages,
    random_of,
    ready,
)
from reportgen.analysis.workbench import Workbench

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

SMALLEST = 24
"""Least side of a coarse image, in pixels."""

DEEP, DEEPEST = 13, 64
"""From so many convolutions on the way to a layer, more steps are made in proportion to them, up to
those of the second number. VGG16 has 13."""


@dataclass(frozen=True)
class Schedule:
    """How many steps a method makes, and of which kind."""

    stages: Sequence[Stage]
    steps_each: float
    """Steps made for each step asked for."""
    coarse: float
    """Share of the steps that climb images of half the size."""
    deeper: bool
    """Whether the channels of deep layers get more steps."""
    few: bool
    """Whether patterns of a few channels of a layer are found as a rule, not of many."""


class Method(Protocol):
    """A way to find filter patterns: what images are made of, and how they climb."""

    schedule: Schedule

    def way(self, shape: Shape, /) -> Way:
        """What an ascent changes to make images of this shape."""

    def start(self, random: np.random.Generator, shape: Shape, deviation: float, /) -> Pixels:
        """The parameters of one image that an ascent starts from."""

    def views(self, random: np.random.Generator, count: int, shape: Shape, /) -> Pixels:
        """How each step sees the images, (count, V)."""

    def plain(self) -> Pixels:
        """How finished images are seen, (V,)."""

    def shrunk(self, parameters: Pixels, shape: Shape, /) -> Pixels:
        """Parameters (N, ...) of the same images at this smaller shape."""

    def grown(self, coarse: Pixels, start: Pixels, /) -> Pixels:
        """The parameters `start` of larger images, their coarse part being `coarse`."""


@dataclass(frozen=True)
class Wish:
    """What patterns are wanted of a layer's channels, `size` pixels high and wide.

    With `negative` each pattern lowers its channel. With `facets` above one, each channel has as
    many patterns, driven apart.
    """

    layer: str
    steps: int
    size: int
    seed: int
    negative: bool = False
    facets: int = 1


def patterns(
    bench: Workbench, method: Method, wish: Wish, channels: Sequence[int]
) -> Iterator[tuple[int, Found]]:
    """Each channel with its patterns, one for each facet; those that wake first in front.

    Images have the network's own input size where the layer cannot be computed at the size wished
    for. Raises SettingsError when the preprocessing passes no gradients.
    """
    search = _Search(bench, method, wish)
    stages = method.schedule.stages[:1] if wish.negative else method.schedule.stages
    yield from in_stages(stages, channels, search.channels_together, search.climb)


class _Part(NamedTuple):
    """Some steps of an ascent that are made in the same way."""

    level: "_Level"
    opened: bool
    steps: int


class _Level:
    """The network at one size of its images, and what climbs there."""

    def __init__(
        self, bench: Workbench, method: Method, wish: Wish, network: "Network", shape: Shape
    ) -> None:
        self.shape = shape
        self._ascents = {
            opened: Ascent(
                network,
                bench.prepare,
                wish.layer,
                method.way(shape),
                opened=opened,
                negative=wish.negative,
                facets=wish.facets,
                places=bench.places,
            )
            for opened in (False, True)
        }

    def ascent(self, opened: bool) -> Ascent:
        """What climbs, with or without blocked ReLUs opened."""
        return self._ascents[opened]


class _Search:
    """One wish on its way."""

    def __init__(self, bench: Workbench, method: Method, wish: Wish) -> None:
        self._method, self._wish = method, wish
        self._network, shape = ready(bench, wish.layer, wish.size)
        self._fine = _Level(bench, method, wish, self._network, shape)
        half = self._half(shape)
        self._coarse = half and _Level(bench, method, wish, *half)
        together = batch_of(bench, self._network, wish.layer, few=method.schedule.few)
        self.channels_together = max(1, together // wish.facets)

    def _half(self, shape: Shape) -> tuple["Network", Shape] | None:
        """The network for images of half the size, where that saves time and the layer allows it.

        With small maps, starting the operations takes the time, at any size.
        """
        layer, (height, width, channels) = self._wish.layer, shape
        if not self._method.schedule.coarse or min(height, width) // 2 < SMALLEST:
            return None
        if has_small_maps(self._network, layer):
            return None
        network = self._network.at_size(height // 2, width // 2)
        fits = network.has(layer) and network.map_size(layer)
        return (network, (height // 2, width // 2, channels)) if fits else None

    def climb(self, stage: Stage, channels: Sequence[int]) -> list[Found]:
        """The patterns of each channel of one batch."""
        wish, method, fine = self._wish, self._method, self._fine
        facets = range(wish.facets)
        each = np.repeat(np.array(channels, np.int32), wish.facets)
        start = np.stack([self._start(stage, k, facet) for k in channels for facet in facets])
        before, first = fine.ascent(opened=False).measure(start, each, method.plain())
        random = random_of(wish.seed, wish.layer)
        steps = np.zeros(len(each), np.int32)
        climbed, shape = start, fine.shape
        for level, opened, count in self._parts(stage):
            if level.shape != shape:
                climbed = (
                    method.shrunk(climbed, level.shape)
                    if level is self._coarse
                    else method.grown(climbed, start)
                )
                shape = level.shape
            views = method.views(random, count, shape)
            climbed, made = level.ascent(opened).climb(climbed, each, views)
            steps += made
        after, pixels = fine.ascent(opened=False).measure(climbed, each, method.plain())
        found = [
            Pattern(
                pixels[i], float(before[i]), float(after[i]),
                self._obtained(stage, float(before[i])), int(steps[i]), first[i], wish.negative,
            )
            for i in range(len(each))
        ]  # fmt: skip
        return [found[i : i + wish.facets] for i in range(0, len(found), wish.facets)]

    def _start(self, stage: Stage, channel: int, facet: int) -> Pixels:
        more = (channel, facet) if self._wish.facets > 1 else (channel,)
        random = random_of(self._wish.seed, self._wish.layer, *more)
        return self._method.start(random, self._fine.shape, stage.noise)

    def _parts(self, stage: Stage) -> Iterator[_Part]:
        """The steps of a stage: on coarse images first, through opened ReLUs first."""
        asked = self._wish.steps + stage.more_steps
        total = round(self._method.schedule.steps_each * asked * self._patience)
        coarse = round(self._method.schedule.coarse * total) if self._coarse else 0
        # With few steps, half of them still see the network as it is.
        opened = min(stage.opened_steps, total // 2)
        for level, count in ((self._coarse, coarse), (self._fine, total - coarse)):
            if level is None:
                continue
            through = min(opened, count)
            opened -= through
            for part in (_Part(level, True, through), _Part(level, False, count - through)):
                if part.steps:
                    yield part

    @cached_property
    def _patience(self) -> float:
        """How many times the usual steps are made: more for deep layers."""
        if not self._method.schedule.deeper:
            return 1.0
        steps = self._network.trace.needed([self._wish.layer])
        deep = sum("Conv" in type(step.layer).__name__ for step in steps)
        return min(max(deep, DEEP), DEEPEST) / DEEP

    def _obtained(self, stage: Stage, start: float) -> str:
        if self._wish.negative:
            return "opposite of the mean activation"
        first = stage is self._method.schedule.stages[0]
        return "mean activation" if first and start != 0 else stage.obtained
