"""Filter galleries: for each filter the pattern that maximises its mean activation.

Chollet, Deep Learning with Python (2017), section 5.4: gradient ascent from gray noise. Filters
that the noise leaves silent are woken as Olah, Mordvintsev and Schubert, "Feature Visualization"
(2017), advise: by climbing before the ReLU, and by letting the gradient pass blocked ReLUs.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.gradients import Ascent, ascent
from reportgen.analysis.workbench import Workbench
from reportgen.errors import SettingsError
from reportgen.execution.units import Result, Unit
from reportgen.pictures.encode import rgb_png

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

Pixels = npt.NDArray[np.float32]

GRAY = 128.0
"""Level around which the noise lies that an ascent starts from."""

BATCH = 4
GPU_BATCH = 16
"""Patterns that ascend together. Batches are filled up to it, so that a pattern does not depend on
how many others are asked for; four fill the cores of a CPU."""


@dataclass(frozen=True)
class Stage:
    """One way to obtain a pattern; the filters that it does not wake go on to the next.

    `noise` is the largest deviation from gray at the start, `more_steps` are added to the steps
    asked for, and in the first `opened_steps` the gradient passes blocked ReLUs.
    """

    method: str
    noise: float
    more_steps: int = 0
    opened_steps: int = 0


STAGES = (
    Stage("strongest positions", noise=10.0),
    Stage("stronger noise", noise=40.0, more_steps=60),
    Stage("blocked ReLUs opened", noise=40.0, more_steps=60, opened_steps=20),
)
"""The first is called "mean activation" where the filter answers the noise from the start."""


@dataclass(frozen=True)
class Pattern:
    """What an ascent led to: the image (H, W, C) in 0..255, and the filter's mean activations."""

    pixels: Pixels
    start: float
    end: float
    method: str

    @property
    def status(self) -> str:
        """Whether it rose: "ok", "not risen", "silent" or "failed"."""
        if not (np.isfinite(self.start) and np.isfinite(self.end)):
            return "failed"
        if self.end > self.start:
            return "ok"
        return "silent" if self.start == self.end == 0 else "not risen"


class Filters:
    """The pattern of each filter of the convolution layers."""

    name = "filters"
    version = 2
    title = "Filter galleries"

    def unit(self, model: str, layer: str, channel: int, options: Mapping[str, Any]) -> Unit:
        """The unit of one filter.

        `options`: steps, size (side in pixels), seed, preprocess, and what else the network depends
        on.
        """
        chosen = {**options, "layer": layer, "channel": channel}
        return Unit(self.name, self.version, "filter", (model,), chosen, group=layer)

    def compute(self, units: Sequence[Unit], bench: Workbench) -> Iterator[tuple[Unit, Result]]:
        """Yield the patterns of filters of one layer."""
        options = units[0].options
        by_channel = {unit.options["channel"]: unit for unit in units}
        found = patterns(
            bench, options["layer"], list(by_channel), options["steps"], options["size"],
            options["seed"],
        )  # fmt: skip
        for channel, pattern in found:
            data = {
                "score_start": _number(pattern.start),
                "score_end": _number(pattern.end),
                "method": pattern.method,
                "status": pattern.status,
            }
            yield by_channel[channel], Result(data, {"pattern.png": rgb_png(shown(pattern.pixels))})


def patterns(
    bench: Workbench, layer: str, channels: Sequence[int], steps: int, size: int, seed: int
) -> Iterator[tuple[int, Pattern]]:
    """The patterns of a layer's channels, each with its channel, those that wake first in front.

    They are `size` pixels high and wide, or of the network's own input size where the layer cannot
    be computed at that size. Raises SettingsError when the preprocessing passes no gradients.
    """
    network = _sized(bench.network, layer, size)
    target = network.image_input
    if target is None:
        raise ValueError("the model takes no image")
    shape = (target.height, target.width, target.channels)
    _check_gradients(bench, shape)
    ascents = {
        opened: ascent(network, bench.prepare, layer, opened=opened, places=bench.places)
        for opened in (False, True)
    }
    best: dict[int, Pattern] = {}
    waiting = list(channels)
    usual = BATCH if bench.free_memory is None else GPU_BATCH * max(1, len(bench.places))
    batch = bench.batch_size or usual
    for stage in STAGES:
        for part in (waiting[i : i + batch] for i in range(0, len(waiting), batch)):
            start = np.stack([noise(seed, layer, k, shape, stage.noise) for k in part])
            missing = batch - len(part)
            found = _climb(ascents, stage, start, part, steps, missing)
            for channel, pattern in zip(part, found, strict=True):
                if channel not in best or pattern.end > best[channel].end:
                    best[channel] = pattern
                if best[channel].status == "ok":
                    yield channel, best[channel]
        waiting = [channel for channel in waiting if best[channel].status != "ok"]
    for channel in waiting:
        yield channel, best[channel]


def _climb(
    ascents: Mapping[bool, Ascent],
    stage: Stage,
    start: Pixels,
    channels: Sequence[int],
    steps: int,
    missing: int,
) -> list[Pattern]:
    """The patterns of one batch, which is filled up by repeating its last one `missing` times."""
    pixels = np.concatenate([start, np.repeat(start[-1:], missing, axis=0)])
    chosen = np.array([*channels, *[channels[-1]] * missing], np.int32)
    total = steps + stage.more_steps
    before = None
    if opened := min(stage.opened_steps, total):
        pixels, before, _ = ascents[True](pixels, chosen, opened)
    pixels, first, last = ascents[False](pixels, chosen, total - opened)
    before = first if before is None else before
    return [
        Pattern(pixels[i], float(before[i]), float(last[i]), _method(stage, float(before[i])))
        for i in range(len(channels))
    ]


def _method(stage: Stage, start: float) -> str:
    return "mean activation" if stage is STAGES[0] and start != 0 else stage.method


def noise(seed: int, layer: str, channel: int, shape: tuple[int, ...], deviation: float) -> Pixels:
    """Gray noise for one filter: uniform in 128 ± `deviation`, the same whatever else is drawn."""
    path = np.frombuffer(hashlib.sha256(layer.encode()).digest(), np.uint32)
    random = np.random.default_rng([seed, channel, *path.tolist()])
    return random.uniform(GRAY - deviation, GRAY + deviation, shape).astype(np.float32)


def shown(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """A pattern (H, W, 1 or 3) as RGB (H, W, 3): standard deviation 0.1 around 0.5 of the range.

    Chollet's `deprocess_image`.
    """
    centred = np.nan_to_num(pixels.astype(np.float64))
    centred -= centred.mean()
    levels = np.clip(0.5 + 0.1 * centred / (centred.std() + 1e-5), 0.0, 1.0) * 255
    return np.broadcast_to(np.rint(levels).astype(np.uint8), (*pixels.shape[:2], 3))


def _sized(network: "Network", layer: str, size: int) -> "Network":
    """The network for square images of this size, as it is where the layer does not fit them."""
    resized = network.at_size(size, size)
    return resized if resized.has(layer) and resized.map_size(layer) else network


def _check_gradients(bench: Workbench, shape: tuple[int, int, int]) -> None:
    """A user's preprocessing written for NumPy would cut patterns off from the network."""
    import tensorflow as tf

    gray = tf.fill([1, *shape], GRAY)
    try:
        with tf.GradientTape() as tape:
            tape.watch(gray)
            fed = bench.prepare(gray)
        if tape.gradient(fed, gray) is not None:
            return
    except (TypeError, ValueError, AttributeError, NotImplementedError):
        pass
    raise SettingsError(
        f"--preprocess {bench.preprocess}: no gradient passes this function, so there are no "
        "filter patterns; write it with plain arithmetic or TensorFlow's functions."
    )


def _number(value: float) -> float:
    """A score for report.json, as exact as float32 is; 0 where it is not finite."""
    return float(f"{value:.9g}") if np.isfinite(value) else 0.0
