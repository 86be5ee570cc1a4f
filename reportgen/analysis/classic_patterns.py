"""Classic filter patterns: gradient ascent on pixels, from gray noise.

Chollet, Deep Learning with Python (2017), section 5.4. Filters that the noise leaves silent are
woken as Olah, Mordvintsev and Schubert, "Feature Visualization" (2017), advise: by climbing before
the ReLU, and by letting the gradient pass blocked ReLUs.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from reportgen.analysis.ascents import Ascent, ascent
from reportgen.analysis.patterns import (
    GRAY,
    Pattern,
    Pixels,
    Stage,
    batch_of,
    in_stages,
    random_of,
    ready,
)
from reportgen.analysis.workbench import Workbench

STAGES = (
    Stage("strongest positions", noise=10.0),
    Stage("stronger noise", noise=40.0, more_steps=60),
    Stage("blocked ReLUs opened", noise=40.0, more_steps=60, opened_steps=20),
)
"""`noise` is the largest deviation from gray. The first is called "mean activation" where the
filter answers the noise from the start."""


def patterns(
    bench: Workbench, layer: str, channels: Sequence[int], steps: int, size: int, seed: int
) -> Iterator[tuple[int, Pattern]]:
    """The patterns of a layer's channels, each with its channel, those that wake first in front.

    They are `size` pixels high and wide, or of the network's own input size where the layer cannot
    be computed at that size. Raises SettingsError when the preprocessing passes no gradients.
    """
    network, shape = ready(bench, layer, size)
    ascents = {
        opened: ascent(network, bench.prepare, layer, opened=opened, places=bench.places)
        for opened in (False, True)
    }

    def climb(stage: Stage, chosen: Sequence[int]) -> list[Pattern]:
        start = np.stack([noise(seed, layer, k, shape, stage.noise) for k in chosen])
        return _climb(ascents, stage, start, chosen, steps)

    yield from in_stages(STAGES, channels, batch_of(bench, network, layer), climb)


def _climb(
    ascents: Mapping[bool, Ascent],
    stage: Stage,
    pixels: Pixels,
    channels: Sequence[int],
    steps: int,
) -> list[Pattern]:
    """The patterns of one batch."""
    chosen = np.array(channels, np.int32)
    total = steps + stage.more_steps
    before = None
    if opened := min(stage.opened_steps, total):
        pixels, before, _ = ascents[True](pixels, chosen, opened)
    pixels, first, last = ascents[False](pixels, chosen, total - opened)
    before = first if before is None else before
    return [
        Pattern(pixels[i], float(before[i]), float(last[i]), _obtained(stage, float(before[i])))
        for i in range(len(channels))
    ]


def _obtained(stage: Stage, start: float) -> str:
    return "mean activation" if stage is STAGES[0] and start != 0 else stage.obtained


def noise(seed: int, layer: str, channel: int, shape: tuple[int, ...], deviation: float) -> Pixels:
    """Gray noise for one filter: uniform in 128 ± `deviation`, the same whatever else is drawn."""
    random = random_of(seed, layer, channel)
    return random.uniform(GRAY - deviation, GRAY + deviation, shape).astype(np.float32)


def shown(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """A pattern (H, W, 1 or 3) as RGB (H, W, 3): standard deviation 0.1 around 0.5 of the range.

    Chollet's `deprocess_image`.
    """
    centred = np.nan_to_num(pixels.astype(np.float64))
    centred -= centred.mean()
    levels = np.clip(0.5 + 0.1 * centred / (centred.std() + 1e-5), 0.0, 1.0) * 255
    return np.broadcast_to(np.rint(levels).astype(np.uint8), (*pixels.shape[:2], 3))
