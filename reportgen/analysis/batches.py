"""Photos through the device in batches: while one is computed, its neighbours are read and drawn.

Memory does not grow with the number of photos: what is drawn is handed over before the batch after
the next one is read.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from reportgen.analysis.engine import engine
from reportgen.analysis.workbench import Workbench
from reportgen.errors import ImageError

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

Pixels = npt.NDArray[np.float32]
Found = TypeVar("Found")
T = TypeVar("T")

_FASTEST_BYTES = 64_000_000
"""What a batch on a CPU may take: above it, its caches are too small to gain from more images."""

LONGEST = 8
"""Images that go together at most, by default."""

LEAST_BYTES = 16_000_000
"""What an image takes at least on its way forward and back: four of them fill a CPU."""


def in_batches(
    bench: Workbench,
    digests: Sequence[str],
    bytes_per_image: int,
    compute: Callable[[Pixels], Found],
    draw: Callable[[Found, int, str], Callable[[], T]],
) -> Iterator[tuple[str, T]]:
    """Yield for each photo, by its digest, what is drawn of it.

    `compute` is as of `computed`. `draw` takes what it returned, the position of a photo in the
    batch and its digest; it may start work in `bench.threads`, and returns a function that ends it.
    """
    drawing: list[tuple[str, Callable[[], T]]] = []
    for part, found in computed(bench, digests, bytes_per_image, compute):
        yield from ((digest, finish()) for digest, finish in drawing)
        drawing = [(digest, draw(found, at, digest)) for at, digest in enumerate(part)]
    yield from ((digest, finish()) for digest, finish in drawing)


def computed(
    bench: Workbench,
    digests: Sequence[str],
    bytes_per_image: int,
    compute: Callable[[Pixels], Found],
    unreadable: Callable[[str, ImageError], None] | None = None,
    *,
    longest: int = LONGEST,
) -> Iterator[tuple[list[str], Found]]:
    """Yield what is computed of each batch, with the digests of its photos; the next is read ahead.

    `compute` takes pixels (N, H, W, C) in 0..255, of clips (N, T, H, W, C). All batches have
    the same size, the last is filled up by repeating: the network is compiled once, and a
    photo's numbers do not depend on how many others there are. When the device's memory does
    not suffice, the size is halved, which `bench.notes` tells. A photo that cannot be read
    raises ImageError, or is left out and told to `unreadable`. On a CPU at most `longest` images
    go together.
    """
    size = batch_size(bench, bytes_per_image, longest)
    waiting = list(digests)
    loading = _load(bench, waiting[:size])
    while waiting:
        part, pixels = _read(waiting[:size], loading, unreadable)
        loading = _load(bench, waiting[size : 2 * size])
        if not part:
            waiting = waiting[size:]
            continue
        try:
            found = compute(np.stack(pixels + pixels[-1:] * (size - len(part))))
        except Exception as error:
            if size == 1 or not engine().out_of_memory(error):
                raise
            waiting = part + waiting[size:]
            size //= 2
            bench.note_halved(size)
            loading = _load(bench, waiting[:size])
            continue
        waiting = waiting[size:]
        yield part, found


def batch_size(bench: Workbench, bytes_per_image: int, longest: int = LONGEST) -> int:
    """How many images go together: what was asked for, else what is fast and fits.

    Large networks fill a CPU with a single image; small ones gain from a few together. A GPU takes
    what fits into a quarter of its free memory; several share the batch.
    """
    if bench.batch_size is not None:
        return bench.batch_size
    free = bench.free_memory
    if free is not None:
        fitting = int(min(max(free // 4 // max(bytes_per_image, 1), 1), 4 * longest))
        return fitting * max(1, len(bench.places))
    return int(min(max(_FASTEST_BYTES // max(bytes_per_image, 1), 1), longest))


def map_bytes(network: "Network", layers: Sequence[str]) -> int:
    """Bytes of the maps of these layers for one image, in float32."""
    total = 0
    for path in layers:
        height, width = network.map_size(path) or (1, 1)
        total += 4 * height * width * (network.map_channels(path) or 1)
    return total


def _load(bench: Workbench, digests: Sequence[str]) -> list[Future[Pixels]]:
    return [bench.threads.submit(bench.fed, digest) for digest in digests]


def _read(
    digests: Sequence[str],
    loading: Sequence[Future[Pixels]],
    unreadable: Callable[[str, ImageError], None] | None,
) -> tuple[list[str], list[Pixels]]:
    part: list[str] = []
    pixels: list[Pixels] = []
    for digest, future in zip(digests, loading, strict=True):
        try:
            pixels.append(future.result())
        except ImageError as error:
            if unreadable is None:
                raise
            unreadable(digest, error)
        else:
            part.append(digest)
    return part, pixels
