"""Exemplars: the user's own images that activate a channel, or a single unit, the most.

One pass over the images with a running top-K: memory does not grow with their number.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import computed, map_bytes
from reportgen.analysis.workbench import Workbench, number
from reportgen.errors import ImageError
from reportgen.execution.units import Result, Unit
from reportgen.pictures.encode import jpeg
from reportgen.pictures.strips import GRID_TILE, TILE, Shown, strip

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class TopK:
    """The K highest values of each channel so far, with the image and place of each.

    `values`, `images` and `places` are (channels, K), highest first; of equal values the earlier
    image stands first. Places without a value yet hold minus infinity.
    """

    def __init__(self, channels: int, k: int) -> None:
        self.values: Floats = np.full((channels, k), -np.inf, np.float32)
        self.images: Integers = np.full((channels, k), -1, np.int64)
        self.places: Integers = np.zeros((channels, k), np.int64)

    def add(self, values: Floats, images: Integers, places: Integers) -> None:
        """Add images: `values` and `places` (N, channels), `images` (N,) in ascending order.

        NaN counts as nothing.
        """
        new = np.where(np.isnan(values), -np.inf, values).T
        spread = np.broadcast_to(images, new.shape)
        everything = np.concatenate([self.values, new], axis=1)
        order = np.argsort(-everything, axis=1, kind="stable")[:, : self.values.shape[1]]
        for name, more in (("images", spread), ("places", places.T)):
            joined = np.concatenate([getattr(self, name), more], axis=1)
            setattr(self, name, np.take_along_axis(joined, order, axis=1))
        self.values = np.take_along_axis(everything, order, axis=1)

    def of(self, channel: int) -> Iterator[tuple[float, int, int]]:
        """Value, image and place of a channel's exemplars; a value of zero is none."""
        for value, image, place in zip(
            self.values[channel], self.images[channel], self.places[channel], strict=True
        ):
            if np.isfinite(value) and value != 0:
                yield float(value), int(image), int(place)


class Exemplars:
    """The images that activate channels and units the most, and pictures of them."""

    name = "exemplars"
    version = 1
    title = "Exemplars"

    def unit(self, model: str, digests: Sequence[str], options: Mapping[str, Any]) -> Unit:
        """The one unit of all images.

        `options`: k, channels (those to draw, by layer path), units ([path, row, column, channel]),
        preprocess, resize, and what else the network depends on.
        """
        return Unit(self.name, self.version, "images", (model, *digests), options)

    def compute(self, units: Sequence[Unit], bench: Workbench) -> Iterator[tuple[Unit, Result]]:
        """Yield what was found, and a strip of pictures for each channel and unit."""
        for unit in units:
            yield unit, _Search(bench, unit).result()


class _Search:
    """One search through all images."""

    def __init__(self, bench: Workbench, unit: Unit) -> None:
        self.bench = bench
        self.digests = unit.inputs[1:]
        self.channels: Mapping[str, list[int]] = unit.options["channels"]
        self.units: list[tuple[str, int, int, int]] = [tuple(one) for one in unit.options["units"]]
        self.k: int = unit.options["k"]
        self.unread: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}

    def result(self) -> Result:
        layers, units = self._scan()
        channels = [
            self._found(path, channel, None, layers[path].of(channel))
            for path, wanted in self.channels.items()
            for channel in wanted
        ]
        single = [
            self._found(path, channel, (row, column), units.of(at))
            for at, (path, row, column, channel) in enumerate(self.units)
        ]
        data = {
            "images": len(self.digests) - len(self.unread),
            "unread": self.unread,
            "channels": channels,
            "units": single,
        }
        return Result(data, self.files)

    def _scan(self) -> tuple[dict[str, TopK], TopK]:
        """One pass over all images; those that cannot be read are noted."""
        network = self.bench.network
        counts = {path: network.map_channels(path) or 1 for path in self.channels}
        layers = {path: TopK(count, self.k) for path, count in counts.items()}
        units = TopK(len(self.units), self.k)
        forward = _forward(self.bench, list(self.channels), self.units)
        paths = {*self.channels, *(path for path, *_ in self.units)}
        numbers = {digest: at for at, digest in enumerate(self.digests)}

        def unreadable(digest: str, error: ImageError) -> None:
            reason = getattr(error, "reason", "")
            self.unread.append({"image": numbers[digest], "reason": reason})

        need = map_bytes(network, sorted(paths))
        for part, found in computed(self.bench, self.digests, need, forward, unreadable):
            highest, places, single = found
            images = np.array([numbers[digest] for digest in part], np.int64)
            for path, values, where in zip(self.channels, highest, places, strict=True):
                layers[path].add(values[: len(part)], images, where[: len(part)])
            zero = np.zeros((len(part), len(self.units)), np.int64)
            units.add(single[: len(part)], images, zero)
        return layers, units

    def _found(
        self,
        path: str,
        channel: int,
        place: tuple[int, int] | None,
        found: Iterator[tuple[float, int, int]],
    ) -> dict[str, Any]:
        """What report.json says of a channel or unit; draws its strip."""
        height, width = self.bench.network.map_size(path) or (1, 1)
        entries, shown = [], []
        for value, image, at in found:
            row, column = divmod(at, width) if place is None else place
            field = self.bench.network.receptive_fields.of(path, row, column)
            box = field.box
            entries.append(
                {
                    "image": image,
                    "row": row,
                    "column": column,
                    "value": number(value),
                    "box": [box.top, box.left, box.height, box.width],
                    "exact": field.exact,
                }
            )
            pixels = self.bench.pixels(self.digests[image])
            cell = None if place is None else (height, width, row, column)
            shown.append(Shown(pixels, box, cell))
        picture = None
        if shown:
            where = "" if place is None else f"-{place[0]}-{place[1]}"
            picture = f"{len(self.files):05d}-{channel}{where}.jpg"
            self.files[picture] = jpeg(strip(shown))
        return {
            "layer": path,
            "channel": channel,
            "unit": None if place is None else list(place),
            "picture": picture,
            "tile": TILE if place is None else GRID_TILE,
            "exemplars": entries,
        }


def _forward(
    bench: Workbench, paths: Sequence[str], units: Sequence[tuple[str, int, int, int]]
) -> Callable[[Floats], tuple[list[Floats], list[Integers], Floats]]:
    """From pixels (N, H, W, C) to the channels' maxima and their places, and the units' values."""
    network = bench.network
    import tensorflow as tf

    everything = list(dict.fromkeys([*paths, *(path for path, *_ in units)]))

    @tf.function(reduce_retracing=True, autograph=False)
    def graph(values: Any) -> Any:
        behind, _ = network.run(values, everything)
        maps = {path: network.maps(one, path) for path, one in zip(everything, behind, strict=True)}
        flat = [
            tf.reshape(maps[path], [tf.shape(maps[path])[0], -1, maps[path].shape[3]])
            for path in paths
        ]
        single = [maps[path][:, row, column, channel] for path, row, column, channel in units]
        return (
            [tf.reduce_max(one, 1) for one in flat],
            [tf.argmax(one, 1) for one in flat],
            tf.stack(single, 1) if single else tf.zeros([tf.shape(values)[0], 0]),
        )

    def forward(pixels: Floats) -> tuple[list[Floats], list[Integers], Floats]:
        highest, places, single = graph(tf.constant(bench.prepare(pixels), tf.float32))
        return [one.numpy() for one in highest], [one.numpy() for one in places], single.numpy()

    return forward
