"""What analyses share while they compute: the network, and photos ready to be fed to it."""

import os
import pickle
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from reportgen.analysis.recent import Recent
from reportgen.execution.runner import Outcome
from reportgen.execution.units import Unit
from reportgen.feeding import Feeding, ResizeMode
from reportgen.hardware.processors import compute_class
from reportgen.inputs.photos.clips import Clip
from reportgen.inputs.photos.decode import Decoded, decode
from reportgen.inputs.photos.fit import fit
from reportgen.records.model import ImageInput
from reportgen.user_files import HashedFile

T = TypeVar("T")

_AHEAD = 8
"""Photos that are decoded while the model is opened."""

_KEPT_BYTES = 16_000_000
"""Of decoded photos that are kept for the next analysis: a dozen of them, most often."""

_MOST_THREADS = 8

if TYPE_CHECKING:
    from reportgen.inputs.network import Network


@dataclass(frozen=True)
class Opened:
    """An opened model: its network, what was done to open it, and where it computes."""

    network: "Network"
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    device: str
    free_memory: int | None = None
    """Bytes that the device had free; None for a CPU."""
    places: tuple[str, ...] = ()
    """TensorFlow's names of the GPUs that compute together."""
    cut: tuple[str, ...] = ()
    """Layers at the end of the network that could not be opened."""


@dataclass
class Workbench:
    """Opens the network when the first analysis asks for it, and TensorFlow with it.

    `photos` maps the digest of an image's bytes to its file.
    """

    open: Callable[[], Opened]
    photos: Mapping[str, Path]
    image_input: ImageInput | None
    preprocess: str
    feeding: Feeding
    batch_size: int | None
    seen: Mapping[Path, HashedFile] = field(default_factory=dict)
    """The photos' files as they were when they were hashed."""
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_threads()))
    notes: list[str] = field(default_factory=list)
    """What happened on the way that a reader of the timings should know."""
    clips: Mapping[str, Clip] = field(default_factory=dict)
    """Which of the photos are clips, by their digests."""
    needed: Mapping[str, Outcome] = field(default_factory=dict)
    """Outcomes, by their keys, of the work that the present analysis builds on."""
    _compiled: dict[str, Any] = field(default_factory=dict)
    _recent: "Recent[Decoded]" = field(default_factory=lambda: Recent(_KEPT_BYTES))

    @cached_property
    def opened(self) -> Opened:
        """The opened model; photos are decoded while TensorFlow is imported."""
        for digest in list(self.photos)[:_AHEAD]:
            self.threads.submit(self.decoded, digest)
        return self.open()

    @property
    def is_open(self) -> bool:
        """Whether an analysis has asked for the network."""
        return "opened" in vars(self)

    @property
    def network(self) -> "Network":
        """The flat network."""
        return self.opened.network

    @property
    def free_memory(self) -> int | None:
        """Bytes that the device had free when it was chosen; None for a CPU."""
        return self.opened.free_memory

    @property
    def places(self) -> tuple[str, ...]:
        """The GPUs that a batch is divided among; none on a CPU."""
        return self.opened.places

    @cached_property
    def packed_open(self) -> bytes:
        """`open`, pickled once: its bytes tell whether two benches open the same model."""
        return pickle.dumps(self.open)

    @cached_property
    def prepare(self) -> Callable[[Any], Any]:
        """Pixels (N, H, W, C) in 0..255 to what the network's `run` takes."""
        return self.network.preprocess(self.preprocess)

    def pixels(self, digest: str) -> npt.NDArray[np.float32]:
        """A photo, or the frame that stands for a clip, at the network's input size: (H, W, C).

        Values lie in 0..255. Raises ImageError.
        """
        return self._fitted(self.decoded(digest))

    def fed(self, digest: str) -> npt.NDArray[np.float32]:
        """What the network is given of a photo: `pixels`, or of a clip its frames (T, H, W, C)."""
        if digest not in self.clips:
            return self.pixels(digest)
        feeding = self.feeding.settled(None)
        return np.stack([
            self._fitted(decode(path, feeding, frame=frame))
            for path, frame in self.clips[digest].chosen(self.frames)
        ])  # fmt: skip

    def _fitted(self, decoded: Decoded) -> npt.NDArray[np.float32]:
        if self.image_input is None:
            raise ValueError("the model takes no image")
        target = self.image_input
        channels: Literal[1, 3] = 1 if target.channels == 1 else 3
        return fit(
            decoded.fed,
            target.height,
            target.width,
            channels,
            self.feeding.resize,
            self.feeding.interpolation,
        )

    @property
    def frames(self) -> int:
        """How many frames the network takes; 1 where it takes no clips."""
        return self.image_input.frames if self.image_input else 1

    @property
    def resize(self) -> ResizeMode:
        """How photos are brought to the network's proportions."""
        return self.feeding.resize

    def decoded(self, digest: str) -> Decoded:
        """A photo as it was taken; those read last are kept, so that few are read twice."""
        # Photos read ahead were read before the model told how deep the values are that it takes.
        feeding = self.feeding.settled(None)
        return self._recent(f"{digest} {feeding.depth}", lambda: self.read(digest, feeding))

    def read(self, digest: str, feeding: Feeding) -> Decoded:
        """Decode a photo's file. Raises ImageError, and InputChangedError as `check`."""
        try:
            if digest not in self.clips:
                return decode(self.photos[digest], feeding)
            path, frame = self.clips[digest].shown(self.frames)
            return decode(path, feeding, frame=frame)
        finally:
            self.check(digest)

    def check(self, digest: str) -> None:
        """Raise InputChangedError where a photo's file is no longer that of the digest."""
        if seen := self.seen.get(self.photos[digest]):
            seen.check()

    def compiled(self, key: str, make: Callable[[], T]) -> T:
        """A function of the network made once: TensorFlow takes seconds to trace and compile it."""
        if key not in self._compiled:
            self._compiled[key] = make()
        made: T = self._compiled[key]
        return made

    def forget(self) -> None:
        """Give back the memory of what was kept for the next analysis: there is none."""
        self._recent.forget()
        self._compiled.clear()

    def note_halved(self, size: int) -> None:
        """Say that the device's memory did not suffice for a batch."""
        note = f"The device's memory did not suffice: images went in batches of {size}."
        self.notes = [earlier for earlier in self.notes if "batches of" not in earlier] + [note]


def made_on(unit: Unit[Any], bench: Workbench) -> str:
    """The kind of processor that computes a unit of the network; empty for what needs none."""
    if unit.model is None or not bench.is_open:
        return ""
    return compute_class(bench.opened.device if bench.free_memory is not None else "")


def _threads() -> int:
    return max(2, min(os.cpu_count() or 2, _MOST_THREADS))


def number(value: Any) -> float | None:
    """A number for report.json: four significant digits, None where it is not finite."""
    return float(f"{float(value):.4g}") if np.isfinite(value) else None


def numbers(values: npt.ArrayLike) -> list[float | None]:
    """Numbers (N,) for report.json, see `number`: an image has tens of thousands of them."""
    given = np.asarray(values, np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        places = 3 - np.floor(np.log10(np.abs(given)))
        # Powers of ten are exact up to the 22nd, so what they divide is rounded once.
        exact = np.isfinite(places) & (np.abs(places) <= 22)
        scale = 10.0 ** np.abs(np.where(exact, places, 0.0))
        rounded = np.where(
            places > 0, np.rint(given * scale) / scale, np.rint(given / scale) * scale
        )
    return [
        float(quick) if known else number(value)
        for quick, known, value in zip(rounded, exact, given, strict=True)
    ]
