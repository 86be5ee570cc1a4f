"""Receptive fields: which pixels of the network's input a unit of a layer can see, exactly.

From the unit back to the input, along the flat graph, every step says which positions of its
inputs its outputs are computed from: by kernel, stride, padding and dilation, with nothing beyond
the border. Rows and columns are followed apart, each as the set of positions that can matter.
(Araujo et al., "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019, gives
the closed form for the middle of the map.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from reportgen.inputs.axes import layout_of
from reportgen.inputs.places import Places
from reportgen.inputs.tracing import Step, Trace
from reportgen.pictures.box import Box

Positions = npt.NDArray[np.bool_]
"""Which of the positions along one axis count."""

_POINTWISE = {
    "Activation", "ActivityRegularization", "Add", "AlphaDropout", "Average", "BatchNormalization",
    "Concatenate", "Dense", "Dropout", "ELU", "GaussianDropout", "GaussianNoise", "Identity",
    "LayerScale", "LeakyReLU", "Maximum", "Minimum", "Multiply", "Normalization", "PReLU", "ReLU",
    "Rescaling", "Softmax", "SpatialDropout2D", "StochasticDepth", "Subtract",
    "Absolute", "Cast", "Clip", "Divide", "Exp", "Gelu", "HardSigmoid", "HardSwish", "HardSilu",
    "Log", "Negative", "Power", "Relu", "Relu6", "Sigmoid", "Silu", "Sqrt", "Square", "Swish",
    "Tanh", "TrueDivide", "Reshape", "Permute", "Transpose", "Swapaxes", "Moveaxis", "GetItem",
    "SpatialDropout3D", "RMSNormalization",
}  # fmt: skip
"""Layers and operations of Keras that compute each position from the same one of their inputs."""

EVERYWHERE = {"MultiHeadAttention", "GroupQueryAttention", "Attention", "AdditiveAttention"}
"""Those that compute each position from all of them."""


@dataclass(frozen=True)
class ReceptiveField:
    """The smallest box of input pixels around all that a unit can see; empty in a padded border.

    `exact` is False where a layer on the way is not known; it is then taken to see everything.
    """

    box: Box
    exact: bool


class ReceptiveFields:
    """The receptive fields of a network's units, in pixels of its input."""

    def __init__(self, trace: Trace, places: Places) -> None:
        """`places` says where rows and columns stand in each tensor."""
        self._trace = trace
        self._places = places
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
        return ReceptiveField(box, first and second)

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
                        found, sure = _back(step, wanted, length, axis)
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
                _Link(id(x), size, lengths == {size} and _same(step, size, axis))
                for x in step.inputs
                for size in [self._size(x, axis)]
            ]
        return self._links[step.path, axis]

    def _size(self, tensor: Any, axis: int) -> int:
        """Positions of a tensor along an axis; 1 where it is no stack of maps."""
        layout = layout_of(self._places.of(tensor))
        if layout is None:
            return 1
        return layout.width if axis else layout.height


class _Link(NamedTuple):
    """An input of a step: its identity, its positions, and whether they pass as they are."""

    tensor: int
    positions: int
    same: bool


def _same(step: Step, size: int, axis: int) -> bool:
    """Whether each position depends on the same one alone, where there are as many: most steps."""
    kind = type(step.layer).__name__
    if size > 1 and kind in _WINDOWS and _WINDOWS[kind] is _window:
        return _taps(step.layer, axis)[:2] == (1, 1)
    return size > 1 and (kind in _POINTWISE or _normalises_channels(step))


def _back(step: Step, wanted: Positions, size: int, axis: int) -> tuple[Positions, bool]:
    """The positions, of `size` along an axis, that the `wanted` outputs depend on; if exact."""
    layer, kind = step.layer, type(step.layer).__name__
    everything = np.ones(size, bool)
    if not wanted.any():
        return np.zeros(size, bool), True
    if size == 1 or kind.startswith("Global") or len(wanted) == 1:
        # What has one position only, such as a layer that pools over the whole map.
        whole = size == 1 or kind.startswith("Global") or kind in ("Flatten", "Dense")
        if whole or kind not in _WINDOWS:
            return everything, whole
    if kind in _WINDOWS:
        return _WINDOWS[kind](layer, wanted, size, axis), True
    return everything, kind in EVERYWHERE


def _normalises_channels(step: Step) -> bool:
    """Whether it is a LayerNormalization over the channels alone."""
    if type(step.layer).__name__ != "LayerNormalization":
        return False
    rank = len(step.outputs[0].shape) - step.frames
    over = step.layer.axis
    return [one % rank for one in (over if isinstance(over, list | tuple) else [over])] == [
        rank - 1
    ]


def _pair(value: Any, axis: int) -> int:
    """A setting along an axis; of those for frames, rows and columns the last two count."""
    return int(value if isinstance(value, int) else value[len(value) - 2 + axis])


def _before(layer: Any, outputs: int, size: int, reach: int, stride: int) -> int:
    """How far the window of the first output begins before the first position."""
    if str(layer.padding).lower() != "same":
        return 0
    return max((outputs - 1) * stride + reach - size, 0) // 2


def _taps(layer: Any, axis: int) -> tuple[int, int, int]:
    """Kernel, stride and dilation of a convolution or pooling along an axis."""
    kernel = _pair(getattr(layer, "kernel_size", None) or layer.pool_size, axis)
    return kernel, _pair(layer.strides, axis), _pair(getattr(layer, "dilation_rate", 1), axis)


def _window(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:
    """Convolution and pooling."""
    kernel, stride, dilation = _taps(layer, axis)
    before = _before(layer, len(wanted), size, (kernel - 1) * dilation + 1, stride)
    starts = np.flatnonzero(wanted) * stride - before
    return _marked(starts[:, None] + np.arange(kernel) * dilation, size)


def _patches(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:
    """`keras.ops.image.extract_patches`, without dilation or padding."""
    reach = _pair(layer.size, axis)
    if layer.padding != "valid" or _pair(layer.dilation_rate or 1, axis) != 1:
        return np.ones(size, bool)
    starts = np.flatnonzero(wanted) * _pair(layer.strides or layer.size, axis)
    return _marked(starts[:, None] + np.arange(reach), size)


def _transposed(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:
    """Transposed convolution: the positions whose window, spread by the stride, hits an output."""
    kernel, stride, dilation = _taps(layer, axis)
    before = _before(layer, size, len(wanted), (kernel - 1) * dilation + 1, stride)
    reached = np.arange(size)[:, None] * stride - before + np.arange(kernel) * dilation
    inside = (reached >= 0) & (reached < len(wanted))
    hit: Positions = (inside & wanted[np.clip(reached, 0, len(wanted) - 1)]).any(axis=1)
    return hit


def _enlarged(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:  # noqa: ARG001
    """UpSampling2D and Resizing without antialiasing: nearest, or bilinear by half pixels."""
    outputs = np.flatnonzero(wanted)
    centres = (outputs + 0.5) * (size / len(wanted)) - 0.5
    if layer.interpolation == "nearest":
        return _marked(np.floor((outputs + 0.5) * (size / len(wanted))).astype(int), size)
    if layer.interpolation != "bilinear" or getattr(layer, "antialias", False):
        return np.ones(size, bool)
    clamped = np.clip(centres, 0, size - 1)
    return _marked(np.concatenate([np.floor(clamped), np.ceil(clamped)]).astype(int), size)


def _padded(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:
    return _marked(np.flatnonzero(wanted) - _in_front(layer.padding, axis), size)


def _cropped(layer: Any, wanted: Positions, size: int, axis: int) -> Positions:
    return _marked(np.flatnonzero(wanted) + _in_front(layer.cropping, axis), size)


def _in_front(sides: Any, axis: int) -> int:
    """What is added or cut before the first row or column; the last two pairs are of those."""
    return int(sides[len(sides) - 2 + axis][0])


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
    "Conv2DTranspose": _transposed,
    "UpSampling2D": _enlarged,
    "Resizing": _enlarged,
    "ZeroPadding2D": _padded,
    "ZeroPadding3D": _padded,
    "Cropping2D": _cropped,
    "Cropping3D": _cropped,
    "ExtractPatches": _patches,
}
