"""Where the cells of each layer lie on the input: receptive-field centres along the flat graph.

Start, jump and size of the receptive fields follow layer by layer from kernel, stride, padding and
dilation (Araujo et al., "Computing Receptive Fields of Convolutional Neural Networks", Distill,
2019, equations 2 to 4). Where paths meet, a cell sees what any of them sees.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from reportgen.feeding import ResizeMode
from reportgen.inputs.geometry.axes import layout_of
from reportgen.inputs.geometry.cells import CellAxis, CellGrid, even_grid
from reportgen.inputs.geometry.places import Places
from reportgen.inputs.graph.steps import Step
from reportgen.inputs.graph.tracing import Trace
from reportgen.inputs.photos.fit import placement

POINTWISE = {
    "Activation", "ActivityRegularization", "Add", "AlphaDropout", "Average", "BatchNormalization",
    "Concatenate", "Dense", "Dropout", "ELU", "GaussianDropout", "GaussianNoise", "Identity",
    "LayerScale", "LeakyReLU", "Maximum", "Minimum", "Multiply", "Normalization", "PReLU", "ReLU",
    "Rescaling", "Softmax", "SpatialDropout2D", "StochasticDepth", "Subtract",
    "Absolute", "Cast", "Clip", "Divide", "Exp", "Gelu", "HardSigmoid", "HardSwish", "HardSilu",
    "Log", "Negative", "Power", "Relu", "Relu6", "Sigmoid", "Silu", "Sqrt", "Square", "Swish",
    "Tanh", "TrueDivide", "Reshape", "Permute", "Transpose", "Swapaxes", "Moveaxis", "GetItem",
    "SpatialDropout3D", "ExpandDims", "Squeeze",
}  # fmt: skip
"""Layers and operations of Keras that compute each position from the same one of their inputs."""

EVERYWHERE = {"MultiHeadAttention", "GroupQueryAttention", "Attention", "AdditiveAttention"}
"""Those that compute each position from all of them."""

NORMALISING = {"GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization"}
"""Layers that scale each position by numbers that all positions share."""

POOLED = {"Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "GlobalAveragePooling3D",
          "GlobalMaxPooling3D", "Max", "Mean", "Sum"}  # fmt: skip
"""Layers and operations that leave no positions."""


Sizes = tuple[int, int]


class Length(NamedTuple):
    """How far a path reaches along one axis: the edges of the first cell's receptive field."""

    low: float
    high: float
    jump: float


@dataclass(frozen=True)
class _Reach:
    """What is known of the cells of a tensor; `lengths` are of rows and columns."""

    lengths: tuple[Length, Length]
    beyond: bool = False
    exact: bool = True


class CellGrids:
    """The grids of a network's layers, in pixels of its input."""

    def __init__(self, trace: Trace, places: Places) -> None:
        """`places` says where rows and columns stand in each tensor."""
        self._places = places
        self._outputs = {step.path: step.outputs[0] for step in trace.steps if step.outputs}
        sizes = [self.positions(symbol) for symbol in trace.inputs]
        self.pixels = next((size for size in sizes if size != (1, 1)), (1, 1))
        """Height and width of the image."""
        pixel = Length(0.0, 1.0, 1.0)
        self._reaches: dict[int, _Reach | None] = {
            id(symbol): _Reach((pixel, pixel)) for symbol in trace.inputs
        }
        for step in trace.steps:
            if any(id(x) in self._reaches for x in step.inputs):
                found = self._through(step)
                self._reaches.update((id(output), found) for output in step.outputs)

    def of(self, path: str, cells: tuple[int, int]) -> CellGrid:
        """The grid of a layer's maps of rows × columns `cells`.

        Cells of unknown origin divide the image evenly.
        """
        output = self._outputs.get(path)
        reach = self._reaches.get(id(output))
        if reach is None or self.positions(output) != cells:
            return even_grid(cells, self.pixels, exact=False)
        rows, columns = (
            CellAxis((length.low + length.high) / 2, length.jump, length.high - length.low)
            for length in reach.lengths
        )
        return CellGrid(rows, columns, reach.beyond, reach.exact)

    def paths(self, step: Step) -> tuple[list[Any], bool]:
        """The inputs of a step whose positions its outputs keep, and whether others are left out.

        What was pooled over the whole image and is spread over the positions again is left out.
        """
        inputs = [x for x in step.inputs if id(x) in self._reaches]
        if not inputs:
            return step.inputs, False
        sizes = [self.positions(x) for x in inputs]
        placed = [self._reaches[id(x)] is not None for x in inputs]
        widest = max((rows * columns for rows, columns in sizes), default=1)
        kept = [
            x
            for x, (rows, columns), known in zip(inputs, sizes, placed, strict=True)
            if (known or not any(placed)) and (rows * columns > 1 or widest == 1)
        ]
        return kept, len(kept) < len(inputs) and any(placed)

    def positions(self, tensor: Any) -> tuple[int, int]:
        """Rows and columns of a tensor; (1, 1) where it is no stack of maps."""
        layout = layout_of(self._places.of(tensor))
        return (layout.height, layout.width) if layout else (1, 1)

    def _through(self, step: Step) -> _Reach | None:
        kept, gated = self.paths(step)
        if not step.outputs or layout_of(self._places.of(step.outputs[0])) is None:
            return None
        after = self.positions(step.outputs[0])
        known = [(x, self._reaches.get(id(x))) for x in kept]
        moved = (self._from(step, x, reach, after) for x, reach in known if reach)
        found = [reach for reach in moved if reach]
        if not found:
            return None
        joined = _joined(found, gated)
        sure = joined.exact and step.path not in self._places.disagreeing
        return replace(joined, exact=sure)

    def _from(self, step: Step, tensor: Any, reach: _Reach, after: Sizes) -> _Reach | None:
        """The reach of a step's outputs from that of one input."""
        before = self.positions(tensor)
        if kind_of(step.layer) == "GetItem" and before != after != (1, 1):
            return self._cut(step, reach, (before, after))
        if not self._places.turned(tensor) or kind_of(step.layer) not in RULES:
            return _moved(step, reach, before, after)
        # The layer's first axis of places is the picture's second.
        found = _moved(step, _swapped(reach), before[::-1], after[::-1])
        return _swapped(found) if found else None

    def _cut(self, step: Step, reach: _Reach, change: "Change") -> _Reach:
        """Behind a slice of rows or columns."""
        lengths = list(reach.lengths)
        exact = reach.exact
        for place, length in enumerate(reach.lengths):
            left = self._places.cut(step, place)
            if left is None or len(left) != change[1][place] or left.step < 1:
                lengths[place] = _scaled(length, change[0][place] / change[1][place], 0.0)
                exact = False
            else:
                moved = left.start * length.jump
                lengths[place] = Length(
                    length.low + moved, length.high + moved, length.jump * left.step
                )
        return replace(reach, lengths=(lengths[0], lengths[1]), exact=exact)


def _swapped(reach: _Reach) -> _Reach:
    """With rows for columns."""
    return replace(reach, lengths=reach.lengths[::-1])


def kind_of(layer: Any) -> str:
    """The name of the class that says where a layer's positions come from.

    A class that is derived from one of Keras's and computes as that one does has its name. One that
    computes by code of its own has no name of `RULES`: its settings may be others.
    """
    for ancestor in type(layer).__mro__:
        if ancestor.__module__.partition(".")[0] in ("keras", "reportgen"):
            return ancestor.__name__
        if "call" in vars(ancestor):
            return "" if ancestor.__name__ in RULES else ancestor.__name__
    return type(layer).__name__


def keeps_positions(kind: str) -> bool:
    """Whether layers of this kind compute each position from the same one of their inputs.

    Keras's random layers hand on what they are fed when the model predicts.
    """
    return kind in POINTWISE or kind in NORMALISING or kind.startswith("Random")


def mixes(step: Step) -> bool:
    """Whether a layer takes something from all positions: attention, some normalisations."""
    kind = kind_of(step.layer)
    if kind not in NORMALISING - {"GroupNormalization"}:
        return kind in EVERYWHERE or kind == "GroupNormalization"
    rank = len(step.outputs[0].shape) - step.frames
    over = getattr(step.layer, "axis", -1)
    axes = list(over) if isinstance(over, list | tuple) else [over]
    return [axis % rank for axis in axes] != [rank - 1]


def _joined(found: Sequence[_Reach], gated: bool) -> _Reach:
    lengths = []
    exact = all(reach.exact for reach in found)
    for axis in (0, 1):
        parts = [reach.lengths[axis] for reach in found]
        exact = exact and all(abs(part.jump - parts[0].jump) < 1e-6 for part in parts)
        lengths.append(Length(min(p.low for p in parts), max(p.high for p in parts), parts[0].jump))
    beyond = gated or any(reach.beyond for reach in found)
    return _Reach((lengths[0], lengths[1]), beyond, exact)


def _moved(
    step: Step, reach: _Reach, before: tuple[int, int], after: tuple[int, int]
) -> _Reach | None:
    """The reach of a step's outputs (rows, columns `after`) from that of an input (`before`)."""
    layer = step.layer
    kind = kind_of(layer)
    if kind in POOLED and after == (1, 1):
        return None
    if kind in RULES:
        rule = RULES[kind]
        rows, columns = (rule(layer, reach.lengths[axis], (before, after), axis) for axis in (0, 1))
        return _Reach((rows, columns), reach.beyond, reach.exact)
    if before == after:
        known = keeps_positions(kind) or kind in POOLED | EVERYWHERE
        return _Reach(reach.lengths, reach.beyond or mixes(step), reach.exact and known)
    if after == (1, 1):
        return None
    rows, columns = (
        _scaled(reach.lengths[axis], before[axis] / after[axis], 0.0) for axis in (0, 1)
    )
    return _Reach((rows, columns), reach.beyond, exact=False)


def pair(value: Any, axis: int) -> int:
    """A setting along an axis; of those for frames, rows and columns the last two count."""
    return int(value if isinstance(value, int) else value[len(value) - 2 + axis])


def ahead(layer: Any, outputs: int, size: int, reach: int, stride: int) -> int:
    """How far the window of the first output begins before the first position."""
    if str(layer.padding).lower() != "same":
        return 0
    return max((outputs - 1) * stride + reach - size, 0) // 2


def in_front(sides: Any, axis: int) -> int:
    """What is added or cut before the first row or column; the last two pairs are of those."""
    return int(sides[len(sides) - 2 + axis][0])


def taps(layer: Any, axis: int) -> tuple[int, int, int]:
    """Kernel, stride and dilation of a convolution, pooling or cutting of patches along an axis."""
    size = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None) or layer.size
    dilation = getattr(layer, "dilation_rate", None) or 1
    return pair(size, axis), pair(layer.strides or size, axis), pair(dilation, axis)


Change = tuple[Sizes, Sizes]
"""Rows and columns before a layer and behind it."""

Rule = Callable[[Any, Length, Change, int], Length]


def _window(layer: Any, length: Length, sizes: Change, axis: int) -> Length:
    before, after = sizes
    kernel, stride, dilation = taps(layer, axis)
    width = (kernel - 1) * dilation
    low = length.low - ahead(layer, after[axis], before[axis], width + 1, stride) * length.jump
    return Length(low, low + length.high - length.low + width * length.jump, length.jump * stride)


def _transposed(layer: Any, length: Length, sizes: Change, axis: int) -> Length:
    before, after = sizes
    kernel, stride, dilation = taps(layer, axis)
    width = (kernel - 1) * dilation
    padded = ahead(layer, before[axis], after[axis], width + 1, stride)
    spread = width / stride * length.jump
    centre = (length.low + length.high) / 2 + (padded / stride) * length.jump - spread / 2
    half = (length.high - length.low + spread) / 2
    return Length(centre - half, centre + half, length.jump / stride)


def _enlarged(layer: Any, span: Length, sizes: Change, axis: int) -> Length:
    before, after = sizes
    mode: ResizeMode = "stretch"
    if getattr(layer, "crop_to_aspect_ratio", False):
        mode = "crop"
    elif getattr(layer, "pad_to_aspect_ratio", False):
        mode = "pad"
    place = placement(before[1], before[0], after[1], after[0], mode)
    source, target = place.source, place.target
    first = (source.top, source.left)[axis]
    length = (source.height, source.width)[axis]
    outer = (target.top, target.left)[axis]
    extent = (target.height, target.width)[axis]
    scaled = _scaled(span, length / extent, first - outer * length / extent)
    grown = span.jump / 2 if layer.interpolation != "nearest" else 0.0
    return Length(scaled.low - grown, scaled.high + grown, scaled.jump)


def _scaled(length: Length, step: float, offset: float) -> Length:
    """Outputs that lie `step` inputs apart, from `offset` inputs on; half-pixel centres."""
    moved = (offset + step / 2 - 0.5) * length.jump
    return Length(length.low + moved, length.high + moved, length.jump * step)


def _padded(layer: Any, length: Length, _sizes: Change, axis: int) -> Length:
    moved = -in_front(layer.padding, axis) * length.jump
    return Length(length.low + moved, length.high + moved, length.jump)


def sides_of(layer: Any, sizes: Sizes, axis: int) -> tuple[int, int]:
    """What `keras.ops.pad` adds before and behind the rows or columns (`sizes`: before, after).

    Channels stand behind rows and columns, or before them.
    """
    widths = list(layer.pad_width) * (4 if len(layer.pad_width) == 1 else 1)
    for place in (axis - 3, axis - 2):
        first, last = (int(width) for width in widths[place])
        if first + last == sizes[1] - sizes[0]:
            return first, last
    return 0, sizes[1] - sizes[0]


def _padded_around(layer: Any, length: Length, sizes: Change, axis: int) -> Length:
    before, after = sizes
    moved = -sides_of(layer, (before[axis], after[axis]), axis)[0] * length.jump
    return Length(length.low + moved, length.high + moved, length.jump)


def _cropped(layer: Any, length: Length, _sizes: Change, axis: int) -> Length:
    moved = in_front(layer.cropping, axis) * length.jump
    return Length(length.low + moved, length.high + moved, length.jump)


def _centred(_layer: Any, length: Length, sizes: Change, axis: int) -> Length:
    before, after = sizes
    if min(before[0] - after[0], before[1] - after[1]) < 0:  # too small: it is resized instead
        return _scaled(length, before[axis] / after[axis], 0.0)
    moved = ((before[axis] - after[axis]) // 2) * length.jump
    return Length(length.low + moved, length.high + moved, length.jump)


RULES: dict[str, Rule] = {
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
    "Conv3DTranspose": _transposed,
    "UpSampling2D": _enlarged,
    "Resizing": _enlarged,
    "Resize": _enlarged,
    "Pad": _padded_around,
    "ZeroPadding2D": _padded,
    "ZeroPadding3D": _padded,
    "Cropping2D": _cropped,
    "Cropping3D": _cropped,
    "ExtractPatches": _window,
    "CenterCrop": _centred,
    "RandomCrop": _centred,
}
