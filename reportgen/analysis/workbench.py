"""What analyses share while they compute: the network, and photos ready to be fed to it."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from reportgen.inputs.decode import decode
from reportgen.inputs.fit import ResizeMode, fit
from reportgen.results import ImageInput

if TYPE_CHECKING:
    from reportgen.inputs.network import Network


@dataclass(frozen=True)
class Opened:
    """An opened model: its network, what was done to open it, and where it computes."""

    network: "Network"
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    device: str


@dataclass
class Workbench:
    """Opens the network when the first analysis asks for it, and TensorFlow with it.

    `photos` maps the digest of an image's bytes to its file.
    """

    open: Callable[[], Opened]
    photos: Mapping[str, Path]
    image_input: ImageInput | None
    preprocess: str
    resize: ResizeMode
    batch_size: int | None
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))

    @cached_property
    def opened(self) -> Opened:
        """The opened model."""
        return self.open()

    @property
    def network(self) -> "Network":
        """The flat network."""
        return self.opened.network

    @cached_property
    def prepare(self) -> Callable[[Any], Any]:
        """Pixels (N, H, W, C) in 0..255 to what the network's `run` takes."""
        return self.network.preprocess(self.preprocess)

    def pixels(self, digest: str) -> npt.NDArray[np.float32]:
        """A photo at the network's input size: (H, W, C), 0..255. Raises ImageError."""
        if self.image_input is None:
            raise ValueError("the model takes no image")
        target = self.image_input
        decoded = decode(self.photos[digest])
        channels: Literal[1, 3] = 1 if target.channels == 1 else 3
        return fit(decoded.rgb, target.height, target.width, channels, self.resize)

    def batches(
        self, digests: Sequence[str], size: int
    ) -> "list[tuple[Sequence[str], Callable[[], npt.NDArray[np.float32]]]]":
        """Photos in batches of exactly `size`: the digests of a batch, and how to load it.

        The last batch is filled up by repeating, so that all have the same shape: the network is
        compiled once, and an image's numbers do not depend on how many others there are.
        """
        parts = [digests[i : i + size] for i in range(0, len(digests), size)]

        def load(part: Sequence[str]) -> npt.NDArray[np.float32]:
            photos = list(self.threads.map(self.pixels, part))
            return np.stack(photos + photos[-1:] * (size - len(photos)))

        return [(part, lambda part=part: load(part)) for part in parts]  # type: ignore[misc]

    def batch_for(self, bytes_per_image: int, longest: int = 8) -> int:
        """Images in a batch, when one needs so many bytes: what was asked for, else what is fast.

        Large networks fill the machine with a single image; small ones gain from a few together.
        """
        if self.batch_size is not None:
            return self.batch_size
        return int(min(max(64_000_000 // max(bytes_per_image, 1), 1), longest))


def number(value: Any) -> float | None:
    """A number for report.json: four significant digits, None where it is not finite."""
    return float(f"{float(value):.4g}") if np.isfinite(value) else None


def numbers(values: Any) -> list[float | None]:
    """Numbers for report.json, see `number`."""
    return [number(value) for value in values]
