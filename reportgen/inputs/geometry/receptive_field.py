"""Receptive fields: which pixels of the network's input a unit of a layer can see, exactly.

From the unit back to the input, along the flat graph, every step says which positions of its
inputs its outputs are computed from: by kernel, stride, padding and dilation, with nothing beyond
the border. Rows and columns are followed apart, each as the set of positions that can matter.
The closed form for the middle of the map is in `reportgen.inputs.geometry.cell_grids`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from reportgen.inputs.geometry.cell_grids import (
    EVERYWHERE,
    CellGrids,
    ahead,
    in_front,
    keeps_positions,
    kind_of,
    pair,
    sides_of,
    taps,
)
from reportgen.inputs.geometry.cells import CellGrid
from reportgen.inputs.geometry.places import Places
from reportgen.inputs.graph.steps import Step
from reportgen.inputs.graph.tracing import Trace
from reportgen.pictures.box import Box

Positions = npt.NDArray[np.bool_]
"""Which of the positions along one axis count."""


@dataclass(frozen=True)
class ReceptiveField:
    """The smallest box of input pixels around all that a unit can see; empty in a padded border.

    `exact` is False where a layer on the way is not known; it is then taken to see everything.
    `beyond` is True where the unit also depends on the whole image, by way of a pooled or
    normalised value; the box is then what it sees along the convolutional path alone.
    """

    box: Box
    exact: bool
    beyond: bool = False


class ReceptiveFields:
    """The receptive fields of a network's units, in pixels of its input."""

    def __init__(self, trace: Trace, places: Places) -> None:
        """`places` says where rows and columns stand in each tensor."""
        self._trace = trace
        self._places = places
        self._grids = CellGrids(trace, places)
        self._known: dict[tuple[str, int, int], tuple[int, int, bool]] = {}
        self._links: dict[tuple[str, int], list[_Link]] = {}
        self._last: tuple[str, list[Step]] = ("", [])

    def of(self, path: str, row: int, column: int) -> ReceptiveField:
        """The receptive field of the unit at (row, column) of the layer's maps.

        Raises ValueError when the layer has no such position.
        """
        top, bottom, first = self._along(path, row, 0)
        left, right, second = self._along(path, column, 1)
        box = Box(top, left, bottom - top + 1, right - left + 1)
        if not box.height * box.width:
            box = Box(0, 0, 0, 0)
        output = self._way(path)[0].outputs[0]
        grid = self._grids.of(path, self._grids.positions(output))
        part = (box.height, box.width) != self._grids.pixels
        return ReceptiveField(box, first and second, grid.beyond and part)

    def grid(self, path: str, cells: tuple[int, int]) -> CellGrid:
        """Where the cells of a layer's maps (rows, columns) lie on the input."""
        return self._grids.of(path, cells)

    def _along(self, path: str, position: int, axis: int) -> tuple[int, int, bool]:
        """First and last pixel along one axis, and whether they are exact."""
        key = (path, position, axis)
        if key not in self._known:
            self._known[key] = self._walk(path, position, axis)
        return self._known[key]

    def _walk(self, path: str, position: int, axis: int) -> tuple[int, int, bool]:
        way = self._way(path)
        last = way[0].outputs[0]
        size = self._size(last, axis)
        if not 0 <= position < size:
            raise ValueError(f"{path} has {size} positions, not {position}")
        seen: dict[int, Positions] = {id(last): np.arange(size) == position}
        exact = True
        for step in way:
            for output in [id(x) for x in step.outputs if id(x) in seen]:
                wanted = seen.pop(output)
                for tensor, length, same in self._inputs(step, axis):
                    found, sure = wanted, True
                    if step.path in self._places.disagreeing:
                        found, sure = np.ones(length, bool), False
                    elif not same:
                        found, sure = self._through(step, wanted, length, axis)
                    exact = exact and sure
                    before = seen.get(tensor)
                    seen[tensor] = found if before is None else before | found
        pixels = [np.flatnonzero(seen[id(x)]) for x in self._trace.inputs if id(x) in seen]
        if not pixels:  # nothing known leads to the input
            return 0, self._size(self._trace.inputs[0], axis) - 1, False
        hit = np.concatenate(pixels)
        if not hit.size:
            return 0, -1, exact
        return int(hit.min()), int(hit.max()), exact

    def _through(
        self, step: Step, wanted: Positions, size: int, axis: int
    ) -> tuple[Positions, bool]:
        """The positions of a step's input that the `wanted` outputs depend on; if exact."""
        left = self._places.cut(step, axis)
        if left is not None and len(left) == len(wanted):
            return _marked(np.array(left)[wanted], size), True
        return _back(step, wanted, size, self._axis(step, axis))

    def _axis(self, step: Step, axis: int) -> int:
        """The layer's axis for rows (0) or columns (1): the other where they changed places."""
        turned = bool(step.inputs) and self._places.turned(step.inputs[0])
        return 1 - axis if turned else axis

    def _way(self, path: str) -> list[Step]:
        """The steps from a layer back to the input, remembered for the layer asked for last."""
        if self._last[0] != path:
            steps = self._trace.needed([path])
            last = next(at for at, step in enumerate(steps) if step.path == path)
            self._last = path, steps[last::-1]
        return self._last[1]

    def _inputs(self, step: Step, axis: int) -> "list[_Link]":
        if (step.path, axis) not in self._links:
            lengths = {self._size(x, axis) for x in step.outputs}
            self._links[step.path, axis] = [
                _Link(id(x), size, lengths == {size} and _same(step, size, self._axis(step, axis)))
                for x in self._grids.paths(step)[0]
                for size in [self._size(x, axis)]
            ]
        return self._links[step.path, axis]

    def _size(self, tensor: Any, axis: int) -> int:
        """Positions of a tensor along an axis; 1 where it is no stack of maps."""
        return self._grids.positions(tensor)[axis]


class _Link(NamedTuple):
    """An input of a step: its identity, its positions, and whether they pass as they are."""

    tensor: int
    positions: int
    same: bool


def _same(step: Step, size: int, axis: int) -> bool:
    """Whether each position depends on the same one alone, where there are as many: most steps."""
    kind = kind_of(step.layer)
    if size > 1 and kind in _WINDOWS and _WINDOWS[kind] is _window:
        return taps(step.layer, axis)[:2] == (1, 1)
    return size > 1 and keeps_positions(kind)


def _back(step: Step, wanted: Positions, size: int, axis: int) -> tuple[Positions, bool]:
    """The positions, of `size` along an axis, that the `wanted` outputs depend on; if exact."""
    layer, kind = step.layer, kind_of(step.layer)
    everything = np.ones(size, bool)
    if not wanted.any():
        return np.zeros(size, bool), True
    if size == 1 or kind.startswith("Global") or len(wanted) == 1:
        # What has one position only, such as a layer that pools over the whole map.
        whole = size == 1 or kind.startswith("Global") or kind in ("Flatten", "Dense")
        if whole or kind not in _WINDOWS:
            return everything, whole
    if kind in _WINDOWS and not _has_other_rules(layer):
        return _WINDOWS[kind](layer, wanted, size, axis), True
    return everything, kind in EVERYWHERE


def _window(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:
    """Convolution and pooling."""
    kernel, stride, dilation = taps(layer, axis)
    before = ahead(layer, len(wanted), size, (kernel - 1) * dilation + 1, stride)
    starts = np.flatnonzero(wanted) * stride - before
    return _marked(starts[:, None] + np.arange(kernel) * dilation, size)


def _has_other_rules(layer: Any) -> bool:
    """Whether a layer resizes or cuts patches in a way that is not followed here."""
    options = ("antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio")
    if any(getattr(layer, option, False) for option in options):
        return True
    if getattr(layer, "interpolation", "nearest") not in {"nearest", *_RADII}:
        return True
    cuts = kind_of(layer) == "ExtractPatches"
    return cuts and (layer.padding != "valid" or pair(layer.dilation_rate or 1, 0) != 1)


def _patches(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:
    """`keras.ops.image.extract_patches`, without dilation or padding."""
    starts = np.flatnonzero(wanted) * pair(layer.strides or layer.size, axis)
    return _marked(starts[:, None] + np.arange(pair(layer.size, axis)), size)


def _transposed(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:
    """Transposed convolution: the positions whose window, spread by the stride, hits an output."""
    kernel, stride, dilation = taps(layer, axis)
    before = ahead(layer, size, len(wanted), (kernel - 1) * dilation + 1, stride)
    reached = np.arange(size)[:, None] * stride - before + np.arange(kernel) * dilation
    inside = (reached >= 0) & (reached < len(wanted))
    hit: Positions = (inside & wanted[np.clip(reached, 0, len(wanted) - 1)]).any(axis=1)
    return hit


_RADII = {"bilinear": 1, "bicubic": 2}
"""Positions on each side that an interpolation takes a value from."""


def _enlarged(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:  # noqa: ARG001
    """UpSampling2D and Resizing without antialiasing, by half pixels."""
    outputs = np.flatnonzero(wanted)
    centres = (outputs + 0.5) * (size / len(wanted)) - 0.5
    if layer.interpolation == "nearest":
        return _marked(np.floor(centres + 0.5).astype(int), size)
    radius = _RADII[layer.interpolation]
    reached = np.floor(centres)[:, None] + np.arange(1 - radius, radius + 1)
    # At a position itself, its neighbours have no weight; beyond the border the border counts.
    near = np.abs(reached - centres[:, None]) < np.where(centres % 1, radius, 1)[:, None]
    return _marked(np.clip(reached[near], 0, size - 1).astype(int), size)


def _padded(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:
    return _marked(np.flatnonzero(wanted) - in_front(layer.padding, axis), size)


def _padded_around(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:
    """`keras.ops.pad`, which fills with a constant or with positions of the picture."""
    sides = sides_of(layer, (size, len(wanted)), axis)
    constant = layer.mode == "constant"
    inside = np.arange(size)
    source = (
        np.pad(inside, sides, constant_values=-1)
        if constant
        else np.pad(inside, sides, mode=layer.mode)
    )
    return _marked(source[wanted], size)


def _cropped(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:
    return _marked(np.flatnonzero(wanted) + in_front(layer.cropping, axis), size)


def _marked(positions: npt.NDArray[np.int_], size: int) -> Positions:
    found = np.zeros(size, bool)
    found[positions[(positions >= 0) & (positions < size)]] = True
    return found


_WINDOWS: dict[str, Callable[[Any, Positions, int, int], Positions]] = {
    "Conv2D": _window,
    "Conv3D": _window,
    "DepthwiseConv2D": _window,
    "SeparableConv2D": _window,
    "MaxPooling2D": _window,
    "MaxPooling3D": _window,
    "AveragePooling2D": _window,
    "AveragePooling3D": _window,
    "MaxPool": _window,
    "AveragePool": _window,
    "Conv2DTranspose": _transposed,
    "UpSampling2D": _enlarged,
    "Resizing": _enlarged,
    "Resize": _enlarged,
    "Pad": _padded_around,
    "ZeroPadding2D": _padded,
    "ZeroPadding3D": _padded,
    "Cropping2D": _cropped,
    "Cropping3D": _cropped,
    "ExtractPatches": _patches,
}
