"""Dreams: photos changed by gradient ascent until a layer, or one channel of it, responds more.

Mordvintsev, Olah and Tyka, "Inceptionism: Going Deeper into Neural Networks", 2015, and their code
DeepDream: octaves, shifts by chance, steps of even size. Chollet, Deep Learning with Python (2017),
section 8.2: what a smaller octave lost of the photo is put back.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from reportgen.analysis.ascent.ascents import Dreaming, dreaming
from reportgen.analysis.choosing import layer_called, no_such_layer
from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request, no_section
from reportgen.analysis.workbench import Workbench, number
from reportgen.errors import SettingsError
from reportgen.evenly_spaced import spread
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.pictures.display import display
from reportgen.pictures.encode import jpeg
from reportgen.records.model import Model
from reportgen.records.report import Skipped

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

Pixels = npt.NDArray[np.float32]

MOST_IMAGES = 4
"""Photos that dream: the first, the last, and between them evenly chosen."""

LONGEST = 320
"""Pixels of the longer side of a dream where the layer can be computed at other sizes."""

OCTAVES, OCTAVE_SCALE = 3, 1.4
SMALLEST = 64
"""Pixels of the shorter side below which there is no further octave."""

STEP = 1.5
"""Pixel levels that a step changes on average."""

JITTER = 16
"""Pixels that the photo is shifted by at most, either way, before a step."""


@dataclass(frozen=True, kw_only=True)
class DreamOptions(FedOptions):
    """The layer (its path), or the one channel of it, that a photo is changed to raise."""

    layer: str
    channel: int | None
    steps: int
    seed: int


@dataclass(frozen=True)
class DreamData:
    """What a photo became; fields as in `reportgen.records.filters.Dream`."""

    status: Literal["ok", "not risen", "failed"]
    response_start: float | None
    response_end: float | None
    octaves: list[tuple[int, int]]
    width: int
    height: int


class Dreams:
    """What a layer makes of photos."""

    name = "dreams"
    version = 1
    title = "Dreams"

    def plan(self, request: Request) -> tuple[Plan[DreamOptions], list[Skipped]]:
        """A unit for each layer or channel to dream with, and for each of a few photos.

        Raises SettingsError for a layer or a channel that is not there.
        """
        settings, model = request.settings, request.model
        if not request.wants("dreams"):
            return Plan(self, []), []
        reason = "" if settings.dream else "no layer is named to dream with; --dream names one"
        if reason := reason or request.no_image:
            return Plan(self, []), no_section("dreams", reason)
        units = []
        for name, channel in settings.dreams:
            layer = layer_called(model.layers, name)
            _check(model, layer, channel)
            options = DreamOptions(
                feed=request.feed,
                layer=layer,
                channel=channel,
                steps=settings.dream_steps,
                seed=settings.seed,
            )
            photos = spread(request.photos, MOST_IMAGES)
            units += [self.unit(model.sha256, photo, options) for photo in photos]
        return Plan(self, units), []

    def unit(self, model: str, photo: str, options: DreamOptions) -> Unit[DreamOptions]:
        """The unit of one photo."""
        group = f"{options.layer} {options.channel}"
        return Unit(self.name, self.version, "image", model, (photo,), options, group=group)

    def compute(
        self, units: Sequence[Unit[DreamOptions]], bench: Workbench
    ) -> Iterator[tuple[Unit[DreamOptions], Result[DreamData]]]:
        """Yield the dream of each photo."""
        layer, channel = units[0].options.layer, units[0].options.channel
        climbs: dict[tuple[int, int], Dreaming] = {}

        def climb(pixels: Pixels, steps: int, random: np.random.Generator) -> Any:
            height, width = pixels.shape[:2]
            if (height, width) not in climbs:
                network = _at(bench.network, (height, width))
                climbs[height, width] = dreaming(network, bench.prepare, layer, channel)
            return ascend(climbs[height, width], pixels, steps, random)

        def fits(size: tuple[int, int]) -> bool:
            return _fits(bench.network, layer, size)

        for unit in units:
            photo = _photo(bench, unit.photo, layer)
            sizes = octaves((photo.shape[0], photo.shape[1]), fits)
            random = np.random.default_rng([unit.options.seed, int(unit.photo[:8], 16)])
            changed, start, end = dream(photo, sizes, unit.options.steps, climb, random)
            data = DreamData(
                status=_status(start, end),
                response_start=number(start),
                response_end=number(end),
                octaves=sizes,
                width=photo.shape[1],
                height=photo.shape[0],
            )
            files = {"original.jpg": jpeg(_rgb(photo)), "picture.jpg": jpeg(_rgb(changed))}
            yield unit, Result(data, files)


def _check(model: Model, path: str, channel: int | None) -> None:
    layer = next((layer for layer in model.layers if layer.path == path), None)
    if layer is None:
        raise SettingsError(f"--dream {path}: {no_such_layer(model.layers, path)}")
    if not (layer.spatial and layer.channels):
        raise SettingsError(f"--dream {path}: the layer has no maps.")
    if channel is not None and channel >= layer.channels:
        raise SettingsError(
            f"--dream {path}:{channel}: the layer has {layer.channels} channels, counted from 0 to "
            f"{layer.channels - 1}."
        )


Climb = Callable[[Pixels, int, np.random.Generator], tuple[Pixels, float, float]]


def dream(
    photo: Pixels,
    sizes: Sequence[tuple[int, int]],
    steps: int,
    climb: Climb,
    random: np.random.Generator,
) -> tuple[Pixels, float, float]:
    """A photo (H, W, C) in 0..255 changed octave by octave, the smallest of the sizes first.

    `climb` takes pixels and a number of steps, and returns what they became and the response
    before and after. Returns the dream, and the responses to the photo and to it, both at the last
    size, which is the photo's own.
    """
    pixels = _resized(photo, sizes[0])
    _, start, _ = climb(photo, 0, random)
    end = start
    for at, size in enumerate(sizes):
        if at:
            lost = _resized(photo, size) - _resized(_resized(photo, sizes[at - 1]), size)
            pixels = np.clip(_resized(pixels, size) + lost, 0.0, 255.0)
        share = steps * (at + 1) // len(sizes) - steps * at // len(sizes)
        pixels, _, end = climb(pixels, share, random)
    return pixels, start, end


def ascend(
    climbing: Dreaming, pixels: Pixels, steps: int, random: np.random.Generator
) -> tuple[Pixels, float, float]:
    """Steps along the gradient, each shifted by chance and `STEP` levels large on average.

    Returns the pixels, and the response before the first and after the last step.
    """
    start, _ = climbing(pixels)
    for _ in range(steps):
        shift = tuple(int(offset) for offset in random.integers(-JITTER, JITTER + 1, 2))
        _, slope = climbing(np.roll(pixels, shift, (0, 1)))
        slope = np.roll(slope, (-shift[0], -shift[1]), (0, 1))
        size = float(np.abs(slope).mean())
        if not np.isfinite(size) or size == 0:
            break
        pixels = np.clip(pixels + STEP * slope / size, 0.0, 255.0).astype(np.float32)
    return pixels, start, climbing(pixels)[0] if steps else start


def octaves(
    shape: tuple[int, int], fits: Callable[[tuple[int, int]], bool]
) -> list[tuple[int, int]]:
    """Heights and widths to climb at, the smallest first; the last is the photo's own."""
    sizes = [shape]
    for at in range(1, OCTAVES):
        height, width = (round(side / OCTAVE_SCALE**at) for side in shape)
        if min(height, width) < SMALLEST or not fits((height, width)):
            break
        sizes.insert(0, (height, width))
    return sizes


def _photo(bench: Workbench, digest: str, layer: str) -> Pixels:
    """The photo in its own proportions where the layer allows that, else as the network takes it.

    Gray where the network takes gray.
    """
    fed = bench.pixels(digest)
    small = display(bench.decoded(digest).shown, LONGEST)
    if fed.shape[2] != 3 or not _fits(bench.network, layer, (small.shape[0], small.shape[1])):
        return fed
    return small.astype(np.float32)


def _at(network: "Network", size: tuple[int, int]) -> "Network":
    target = network.image_input
    own = target is not None and (target.height, target.width) == size
    return network if own else network.at_size(*size)


def _fits(network: "Network", layer: str, size: tuple[int, int]) -> bool:
    other = _at(network, size)
    return other.has(layer) and other.map_size(layer) is not None


def _status(start: float, end: float) -> Literal["ok", "not risen", "failed"]:
    if not (np.isfinite(start) and np.isfinite(end)):
        return "failed"
    return "ok" if end > start else "not risen"


def _resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    import cv2

    if pixels.shape[:2] == size:
        return pixels.copy()
    shrinks = size[0] < pixels.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    resized = cv2.resize(pixels, (size[1], size[0]), interpolation=how)
    return np.asarray(resized, np.float32).reshape(*size, pixels.shape[2])


def _rgb(pixels: Pixels) -> npt.NDArray[np.uint8]:
    levels = np.rint(np.clip(pixels, 0, 255)).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(levels, (*levels.shape[:2], 3)))
