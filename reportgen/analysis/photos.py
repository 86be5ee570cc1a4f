"""Photos as the pages show them, and as the network was given them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from reportgen.analysis.workbench import Workbench
from reportgen.execution.units import Options, Result, Unit
from reportgen.feeding import Feeding
from reportgen.inputs.photos.fit import fit
from reportgen.pictures.display import display
from reportgen.pictures.encode import gray_png, jpeg_within, rgb_png
from reportgen.records.model import ImageInput

LONGEST = 1024
"""Pixels of the longer side of a photo on a page."""

MOST_BYTES = 80_000
"""Of such a photo: with it and the network input, a page still opens at once."""

_LOSSLESS_UP_TO = 256 * 256
"""Photos of so few pixels are kept without loss: they are small either way."""


@dataclass(frozen=True)
class PhotoOptions(Options):
    """How photos are fed, and the size that the network takes: height, width, channels."""

    size: tuple[int, int, Literal[1, 3]] | None
    """None where it takes no image."""
    feeding: Feeding

    def plain(self) -> dict[str, Any]:
        """Make `json`."""
        return {"size": self.size, "feeding": asdict(self.feeding)}


@dataclass(frozen=True)
class PhotoData:
    """A photo as the page shows it; `width` and `height` are those of its file."""

    width: int
    height: int
    note: str
    """How it was read, where that needs saying; often empty."""
    dark: int | None
    """As of `Decoded`."""
    photo: str
    photo_width: int
    photo_height: int


def network_size(target: ImageInput) -> tuple[int, int, Literal[1, 3]]:
    """Height, width and channels of what the network takes."""
    return target.height, target.width, 1 if target.channels == 1 else 3


class Photos:
    """Decodes each photo; one that cannot be read fails with its reason."""

    name = "photos"
    version = 3
    title = "Loading images"

    def unit(self, photo: str, options: PhotoOptions) -> Unit[PhotoOptions]:
        """The unit of one photo."""
        return Unit(self.name, self.version, "photo", None, (photo,), options, group=photo)

    def compute(
        self, units: Sequence[Unit[PhotoOptions]], bench: Workbench
    ) -> Iterator[tuple[Unit[PhotoOptions], Result[PhotoData]]]:
        """Yield a picture for the page and one of the network input."""
        for unit in units:
            yield unit, self._one(unit, bench)

    def _one(self, unit: Unit[PhotoOptions], bench: Workbench) -> Result[PhotoData]:
        feeding = unit.options.feeding
        decoded = bench.read(unit.photo, feeding)
        shown = display(decoded.shown, LONGEST)
        small = shown.shape[0] * shown.shape[1] <= _LOSSLESS_UP_TO
        photo = "photo.png" if small else "photo.jpg"
        files = {photo: rgb_png(shown) if small else jpeg_within(shown, MOST_BYTES)}
        data = PhotoData(
            width=decoded.rgb.shape[1],
            height=decoded.rgb.shape[0],
            note=decoded.note or "",
            dark=decoded.dark,
            photo=photo,
            photo_width=shown.shape[1],
            photo_height=shown.shape[0],
        )
        if size := unit.options.size:
            height, width, channels = size
            given = fit(decoded.fed, height, width, channels, feeding.resize, feeding.interpolation)
            if decoded.deep is not None:  # shown relative to its largest value
                given = np.nan_to_num(given) * (255 / max(float(np.nanmax(decoded.deep)), 1e-9))
            pixels = np.clip(np.rint(given), 0, 255).astype(np.uint8)
            encoded = gray_png(pixels[:, :, 0]) if channels == 1 else rgb_png(pixels)
            files["network.png"] = encoded
        return Result(data, files)
