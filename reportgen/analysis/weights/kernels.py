"""Kernels: the weights of each convolution as pictures, their norms, doubles, and dead filters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from reportgen.analysis.options import FedOptions
from reportgen.analysis.request import Request, no_section
from reportgen.analysis.weights.input_colours import input_colours
from reportgen.analysis.workbench import Workbench, numbers
from reportgen.execution.runner import Plan
from reportgen.execution.units import Result, Unit
from reportgen.pictures.encode import rgba_png
from reportgen.pictures.kernel_tiles import draw_kernel
from reportgen.records.report import Skipped

NEAR = 0.95
"""Cosine similarity of two filters' weights from which on they count as near-duplicates."""

DEAD = 1e-6
"""Share of the layer's largest norm up to which a filter's norm counts as zero."""

FEWEST_WEIGHTS = 8
"""With fewer weights each, filters are alike by chance."""

MOST_PAIRS = 100
_ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Pairs:
    """Near-duplicates: how many pairs, and the closest as (filter, filter, similarity)."""

    total: int
    closest: list[tuple[int, int, float]]


@dataclass(frozen=True, kw_only=True)
class KernelOptions(FedOptions):
    """The layer (its path), and how many kernels stand in a row."""

    layer: str
    columns: int | None


@dataclass(frozen=True)
class KernelData:
    """The numbers of one layer; fields as in `reportgen.records.filters.Kernel`."""

    size: list[int]
    inputs: int
    filters: int
    kind: Literal["colour", "single", "slices"]
    shown: int
    slices: int
    width: int
    height: int
    norms: list[float | None]
    dead: list[int]
    colours: list[list[float | None]] | None
    compared: bool
    near_duplicates: int
    nearest: list[tuple[int, int, float]]


class Kernels:
    """The weights of each convolution layer."""

    name = "kernels"
    version = 3
    title = "Kernels"

    def plan(self, request: Request) -> tuple[Plan[KernelOptions], list[Skipped]]:
        """A unit for each convolution."""
        if not request.wants("kernels"):
            return Plan(self, []), []
        layers = [layer.path for layer in request.layers if layer.convolution]
        columns = request.settings.columns
        units = [
            self.unit(
                request.model.sha256,
                KernelOptions(feed=request.feed, layer=layer, columns=columns),
            )
            for layer in layers
        ]
        without = "" if layers else "there is no two-dimensional convolution layer"
        return Plan(self, units), no_section("kernels", without)

    def unit(self, model: str, options: KernelOptions) -> Unit[KernelOptions]:
        """The unit of one layer."""
        return Unit(self.name, self.version, options.layer, model, (), options)

    def compute(
        self, units: Sequence[Unit[KernelOptions]], bench: Workbench
    ) -> Iterator[tuple[Unit[KernelOptions], Result[KernelData]]]:
        """Yield the pictures and numbers of each layer's weights."""
        for unit in units:
            layer = unit.options.layer
            kernel = bench.network.kernel(layer)
            colours = input_colours(bench, layer) if kernel.shape[2] == 3 else None
            yield unit, describe(kernel, unit.options.columns, colours)


def describe(
    kernel: npt.NDArray[np.floating],
    columns: int | None,
    colours: npt.NDArray[np.float64] | None = None,
) -> Result[KernelData]:
    """Picture and numbers of weights (height, width, channels of the input, filters).

    `colours` as of `draw_kernel`; the numbers are those of the weights themselves.
    """
    drawn = draw_kernel(kernel, columns, colours)
    flat = kernel.reshape(-1, kernel.shape[3]).T.astype(np.float64)
    norms = np.linalg.norm(flat, axis=1)
    dead = dead_filters(norms)
    alive = np.setdiff1d(np.flatnonzero(np.isfinite(norms)), dead)
    compared = flat.shape[1] >= FEWEST_WEIGHTS
    pairs = near_duplicates(flat, alive) if compared else Pairs(0, [])
    data = KernelData(
        size=list(kernel.shape[:2]),
        inputs=kernel.shape[2],
        filters=kernel.shape[3],
        kind=drawn.kind,
        shown=drawn.filters,
        slices=drawn.slices,
        width=drawn.picture.shape[1],
        height=drawn.picture.shape[0],
        norms=numbers(norms),
        dead=dead.tolist(),
        colours=None if colours is None else [numbers(row) for row in colours],
        compared=compared,
        near_duplicates=pairs.total,
        nearest=[(a, b, float(f"{value:.4g}")) for a, b, value in pairs.closest],
    )
    return Result(data, {"kernel.png": rgba_png(drawn.picture)})


def dead_filters(norms: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Which of the filters have weights that are zero, or as good as that beside the largest."""
    finite = norms[np.isfinite(norms)]
    return np.flatnonzero(norms <= DEAD * finite.max(initial=0.0))


def near_duplicates(flat: npt.NDArray[np.float64], alive: npt.NDArray[np.intp]) -> Pairs:
    """Pairs of filters whose weights (filters, weights) have a cosine similarity above `NEAR`.

    Only the filters `alive` are compared. Rows are taken in parts, so that the memory needed does
    not grow with the square of the number of filters.
    """
    unit = flat[alive] / np.linalg.norm(flat[alive], axis=1, keepdims=True)
    total, found = 0, list[tuple[int, int, float]]()
    for start in range(0, len(unit), _ROWS_AT_ONCE):
        part = unit[start : start + _ROWS_AT_ONCE]
        likeness = part @ unit.T
        later = np.arange(len(unit))[None] > start + np.arange(len(part))[:, None]
        rows, others = np.nonzero((likeness > NEAR) & later)
        total += len(rows)
        found += [
            (int(alive[start + a]), int(alive[b]), float(likeness[a, b]))
            for a, b in zip(rows.tolist(), others.tolist(), strict=True)
        ]
        found = sorted(found, key=lambda pair: (-pair[2], pair[0], pair[1]))[:MOST_PAIRS]
    return Pairs(total, found)
