"""A workbench as it is sent to another process: what to open and to read, nothing that is open."""

import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reportgen.analysis.workbench import Opened, Workbench
from reportgen.execution.runner import Outcome
from reportgen.feeding import Feeding
from reportgen.inputs.photos.clips import Clip
from reportgen.records.model import ImageInput
from reportgen.user_files import HashedFile


@dataclass(frozen=True)
class Parcel:
    """What a worker needs for some photos; the attributes are those of `Workbench`."""

    packed_open: bytes
    image_input: ImageInput | None
    preprocess: str
    feeding: Feeding
    batch_size: int | None
    photos: Mapping[str, Path] = field(hash=False, compare=False)
    seen: Mapping[Path, HashedFile] = field(hash=False, compare=False)
    clips: Mapping[str, Clip] = field(hash=False, compare=False)
    needed: Mapping[str, Outcome] = field(hash=False, compare=False)

    @classmethod
    def of(cls, bench: Workbench, digests: Iterable[str], *, needs: bool) -> "Parcel":
        """What of a bench the photos with these digests need; `needs` adds outcomes before."""
        photos = {digest: bench.photos[digest] for digest in digests if digest in bench.photos}
        return cls(
            bench.packed_open,
            bench.image_input,
            bench.preprocess,
            bench.feeding,
            bench.batch_size,
            photos,
            {path: bench.seen[path] for path in photos.values() if path in bench.seen},
            {digest: bench.clips[digest] for digest in photos if digest in bench.clips},
            bench.needed if needs else {},
        )

    def unpack(self) -> Workbench:
        """The bench of this process, which opens the model once."""
        bench = _bench_of(self)
        bench.photos, bench.seen, bench.clips = self.photos, self.seen, self.clips
        bench.needed = self.needed
        return bench


_OPENED: dict[bytes, Opened] = {}
_BENCHES: dict[Parcel, Workbench] = {}
"""The models and the last bench of a worker process, which computes one chunk at a time."""


def _bench_of(parcel: Parcel) -> Workbench:
    if parcel not in _BENCHES:
        _BENCHES.clear()
        _BENCHES[parcel] = Workbench(
            open=lambda: _opened(parcel.packed_open),
            photos=parcel.photos,
            image_input=parcel.image_input,
            preprocess=parcel.preprocess,
            feeding=parcel.feeding,
            batch_size=parcel.batch_size,
        )
    return _BENCHES[parcel]


def _opened(packed_open: bytes) -> Opened:
    if packed_open not in _OPENED:
        _OPENED.clear()
        open_model: Any = pickle.loads(packed_open)  # noqa: S301 - sent by the build itself
        _OPENED[packed_open] = open_model()
    return _OPENED[packed_open]
