"""What all ways to find filter patterns share: what they lead to, stages, batches, seeds, sizes."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import map_bytes
from reportgen.analysis.engine import engine
from reportgen.analysis.workbench import Workbench
from reportgen.errors import SettingsError

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

Pixels = npt.NDArray[np.float32]

Shape = tuple[int, int, int]
"""Height, width and channels of an image."""

GRAY = 128.0
"""Middle of the pixel levels, where an ascent starts."""

BATCH = 4
LARGE_BATCH = 16
"""Patterns that ascend together. Batches are filled up to it, so that a pattern does not depend on
how many others are asked for; four fill the cores of a CPU, a GPU takes the larger one."""

SMALL_MAPS = 200_000
"""Mean bytes of the maps on the way to a layer below which starting the operations takes longer
than the operations: a CPU takes the larger batch then too."""


PatternStatus = Literal["ok", "not risen", "silent", "failed"]


@dataclass(frozen=True)
class Stage:
    """One way to obtain a pattern; the filters that it does not wake go on to the next.

    `noise` says how strong the noise is that it starts from, `more_steps` are added to the steps
    asked for, and in the first `opened_steps`, at most half of all, the gradient passes blocked
    ReLUs.
    """

    obtained: str
    noise: float
    more_steps: int = 0
    opened_steps: int = 0


@dataclass(frozen=True)
class Pattern:
    """What an ascent led to: the image (H, W, C) in 0..255, and the filter's mean activations."""

    pixels: Pixels
    start: float
    end: float
    obtained: str
    steps: int
    """Steps made until the limit, or until the response levelled off."""
    first: Pixels
    """The image that the ascent started from, (H, W, C) in 0..255."""
    negative: bool = False
    """Whether it lowers the filter; the scores are then means before the activation function."""

    @property
    def gain(self) -> float:
        """How far it went in its direction."""
        return self.start - self.end if self.negative else self.end - self.start

    @property
    def status(self) -> PatternStatus:
        """Whether it went its way: "ok", "not risen", "silent" or "failed"."""
        if not (np.isfinite(self.start) and np.isfinite(self.end)):
            return "failed"
        if self.gain > 0:
            return "ok"
        return "silent" if self.start == self.end == 0 else "not risen"


Found = Sequence[Pattern]
"""The patterns of one channel: one for each facet."""

Climb = Callable[[Stage, Sequence[int]], Sequence[Found]]


def in_stages(
    stages: Sequence[Stage], channels: Sequence[int], together: int, climb: Climb
) -> Iterator[tuple[int, Found]]:
    """The patterns of channels, each with its channel, those that wake first in front.

    `climb` finds the patterns of exactly `together` channels, some of which may be the same.
    """
    best: dict[int, Found] = {}
    waiting = list(channels)
    for stage in stages:
        for part in (waiting[i : i + together] for i in range(0, len(waiting), together)):
            filled = [*part, *part[-1:] * (together - len(part))]
            for channel, found in zip(part, climb(stage, filled), strict=False):
                if channel not in best or _ends(found) > _ends(best[channel]):
                    best[channel] = found
                if _woken(best[channel]):
                    yield channel, best[channel]
        waiting = [channel for channel in waiting if not _woken(best[channel])]
    for channel in waiting:
        yield channel, best[channel]


def _woken(found: Found) -> bool:
    return any(pattern.status == "ok" for pattern in found)


def _ends(found: Found) -> float:
    return max(pattern.end for pattern in found)


def batch_of(bench: Workbench, network: "Network", layer: str, *, few: bool) -> int:
    """How many patterns of a layer of this network ascend together.

    With `few` a CPU keeps to small batches, since filling a large one costs more than it saves.
    """
    if bench.batch_size is not None:
        return bench.batch_size
    if bench.free_memory is not None:
        return LARGE_BATCH * max(1, len(bench.places))
    return LARGE_BATCH if not few and has_small_maps(network, layer) else BATCH


def has_small_maps(network: "Network", layer: str) -> bool:
    """Whether starting the operations on the way to a layer takes longer than the operations."""
    paths = [step.path for step in network.trace.steps]
    way = [path for path in paths[: paths.index(layer) + 1] if network.map_size(path)]
    return map_bytes(network, way) < SMALL_MAPS * len(way)


def random_of(seed: int, layer: str, *more: int) -> np.random.Generator:
    """Chance that belongs to the seed, the layer and, given more, to a channel: no other draws."""
    path = np.frombuffer(hashlib.sha256(layer.encode()).digest(), np.uint32)
    return np.random.default_rng([seed, *more, *path.tolist()])


def ready(bench: Workbench, layer: str, size: int) -> tuple["Network", Shape]:
    """The network that patterns of a layer ascend, and the shape (H, W, C) of their images.

    Raises SettingsError when the preprocessing passes no gradients.
    """
    network = sized(bench.network, layer, size)
    shape = shape_of(network)
    check_gradients(bench, shape)
    return network, shape


def sized(network: "Network", layer: str, size: int) -> "Network":
    """The network for square images of this size, as it is where the layer does not fit them."""
    resized = network.at_size(size, size)
    return resized if resized.has(layer) and resized.map_size(layer) else network


def shape_of(network: "Network") -> Shape:
    """Height, width and channels of the image that the network takes."""
    target = network.image_input
    if target is None:
        raise ValueError("the model takes no image")
    return target.height, target.width, target.channels


def check_gradients(bench: Workbench, shape: Shape) -> None:
    """A user's preprocessing written for NumPy would cut patterns off from the network."""
    gray = np.full((1, *shape), GRAY, np.float32)
    if not engine().passes_gradients(bench.prepare, gray):
        raise SettingsError(
            f"--preprocess {bench.preprocess}: no gradient passes this function, so there are no "
            "filter patterns; write it with plain arithmetic or keras.ops."
        )
