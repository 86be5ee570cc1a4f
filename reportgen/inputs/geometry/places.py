"""Where rows, columns and channels stand in the output of every layer: read from the graph.

The picture's axes are followed through the network step by step. A layer of the user's own, whose
code cannot be read, is tried out on random values to see where it puts its tokens.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reportgen.inputs.geometry.axes import (
    Axes,
    Axis,
    Kind,
    axes_of,
    axis,
    layout_of,
    regroup,
    unknown,
)
from reportgen.inputs.graph.probing import is_own, patches_of, shifted
from reportgen.inputs.graph.steps import Step
from reportgen.inputs.graph.tracing import Trace

Known = Mapping[int, Axes]

_LAYOUTS: dict[str, list[Kind]] = {
    "HWC": ["N", "H", "W", "C"],
    "CHW": ["N", "C", "H", "W"],
    "HW": ["N", "H", "W"],
    "THWC": ["N", "T", "H", "W", "C"],
}
"""Kinds of the axes of an image input, by its layout."""

_RESHAPING = {"Reshape", "Flatten", "Ravel", "ExpandDims", "Squeeze"}
_MIXING = {"Matmul", "Einsum", "Dot", "Tensordot"}
_TOKENS_IN_FRONT = 8
"""Most class and register tokens that a sequence is taken to begin with."""


class Places:
    """The axes of every tensor of a trace.

    `disagreeing` layers contradict what feeds them; `turning` ones mirror, rotate or shift the
    picture, which axes do not tell.
    """

    def __init__(self, trace: Trace, image: int | None, image_layout: str | None) -> None:
        """`image` is the position of the input that takes the picture, `image_layout` its layout.

        The layout is as in `reportgen.results.ImageInput`.
        """
        self.disagreeing: list[str] = []
        self.turning: list[str] = []
        self._known: dict[int, Axes] = {}
        self._grid: tuple[int, int] | None = None
        for at, symbol in enumerate(trace.inputs):
            shape = tuple(symbol.shape)
            wanted = _LAYOUTS.get(image_layout or "") if at == image else None
            kinds = wanted if wanted and len(wanted) == len(shape) else _usual(None, len(shape))
            self._known[id(symbol)] = axes_of(kinds, shape)
        for step in trace.steps:
            self._follow(step)

    def of(self, tensor: Any) -> Axes:
        """The axes of a symbolic tensor of the trace."""
        known = self._known.get(id(tensor))
        return unknown(tuple(tensor.shape)) if known is None else known

    def turned(self, tensor: Any) -> bool:
        """Whether columns stand in front of rows, as behind a transposition of the picture."""
        kinds = [next(iter(dim.kinds)) for dim in self.of(tensor) if len(dim.kinds) == 1]
        return "H" in kinds and "W" in kinds and kinds.index("W") < kinds.index("H")

    def cut(self, step: Step, row_or_column: int) -> range | None:
        """The rows (0) or columns (1) that a slice such as `x[:, 60:-25]` leaves; else None."""
        if type(step.layer).__name__ != "GetItem" or not step.inputs:
            return None
        axes = self.of(step.inputs[0])
        at = next((i for i, dim in enumerate(axes) if dim.kinds == {"HW"[row_or_column]}), None)
        keys = keys_of(step.args[1], len(axes))
        part = None if keys is None or at is None else keys[at]
        return range(axes[at].size)[part] if at is not None and isinstance(part, slice) else None

    def note(self, tensor: Any, axes: Axes) -> None:
        """Say what the axes of a tensor are."""
        self._known[id(tensor)] = axes

    def _follow(self, step: Step) -> None:
        """Note the axes of the step's outputs."""
        frames = step.frames
        feeding = [self._known[id(x)] for x in step.inputs if id(x) in self._known]
        inner = [(fed[0], *fed[1 + frames :]) for fed in feeding]
        if inner and _turns(step, inner[0]):
            self.turning.append(step.path)
        for output in step.outputs:
            shape = tuple(output.shape)
            seen = (shape[0], *shape[1 + frames :])
            found = self._after(step, inner, seen)
            if frames:
                times = tuple(axis("T", int(size or 1)) for size in shape[1 : 1 + frames])
                found = (found[0], *times, *found[1:])
            self._known[id(output)] = found
            if (layout := layout_of(found)) and layout.tokens is None:
                self._grid = (layout.height, layout.width)

    def _after(self, step: Step, feeding: Sequence[Axes], shape: tuple[int | None, ...]) -> Axes:
        """The axes of an output of this shape, of a step fed with tensors of these axes."""
        found = _rearranged(step, feeding, self._known, shape) if feeding else None
        if found is not None:
            return found
        if getattr(step.layer, "data_format", None) and feeding and len(feeding[0]) >= 4:
            return self._formatted(step, feeding, shape)
        source = _source(feeding, shape)
        if source is None:
            return self._elsewhere(step, feeding, shape)
        mixing = type(step.layer).__name__ in _MIXING
        if mixing and tuple(dim.size for dim in source[1:]) != shape[1:]:
            return unknown(shape)
        return self._kept(step, source, shape)

    def _formatted(
        self, step: Step, feeding: Sequence[Axes], shape: tuple[int | None, ...]
    ) -> Axes:
        """The output of a layer that says where channels stand.

        A layer with weights must be right; one without, such as pooling, is judged by what feeds
        it.
        """
        source, kinds = feeding[0], _usual(step.layer.data_format, len(feeding[0]))
        given = [next(iter(dim.kinds)) if len(dim.kinds) == 1 else "?" for dim in source]
        same = sorted(given) == sorted(kinds)
        # Rows and columns may have changed places: the layer does not tell them apart.
        agrees = same and given.index("C") == kinds.index("C")
        disagrees = layout_of(source) is not None and not agrees
        if disagrees and same and not _has_weights(step.layer):
            self.disagreeing.append(step.path)
        if len(shape) != len(source):
            return _fresh(None, shape, None)
        if agrees or step.path in self.disagreeing:
            return _resized(source, shape)
        return axes_of(kinds, shape)

    def _elsewhere(
        self, step: Step, feeding: Sequence[Axes], shape: tuple[int | None, ...]
    ) -> Axes:
        """The output of a step that nothing of the same rank feeds."""
        if len(shape) == 3:
            for fed in feeding:
                if (layout := layout_of(fed)) and layout.tokens is None and is_own(step.layer):
                    found = patches_of(step, layout.height, layout.width, int(shape[1] or 0))
                    return _tokens(*found, shape) if found else unknown(shape)
            if not feeding and self._grid and is_recorded(step):
                height, width = self._grid
                more = int(shape[1] or 0) - height * width
                if height * width > 1 and 0 <= more <= _TOKENS_IN_FRONT:
                    return _tokens(height, width, more, 0, shape)
            return (*unknown(shape)[:-1], axis("C", int(shape[-1] or 1)))
        tokens = next((x.tokens for fed in feeding if (x := layout_of(fed)) and x.tokens), None)
        if tokens is not None and len(shape) > 2:
            return unknown(shape)
        return _fresh(getattr(step.layer, "data_format", None), shape, None)

    def _kept(self, step: Step, source: Axes, shape: tuple[int | None, ...]) -> Axes:
        """The output of a step that leaves each axis what it is, as far as sizes allow that."""
        found = list(_resized(source, shape))
        for at, (dim, size) in enumerate(zip(source, shape, strict=True)):
            more = int(size or 1) - dim.size
            if at and dim.is_tokens and more:
                put = shifted(step, at, more) if is_own(step.layer) else None
                found[at] = (
                    Axis(dim.atoms, dim.before + put[0], dim.after + put[1])
                    if put
                    else axis("?", int(size or 1))
                )
        mixes = _has_weights(step.layer) and (len(shape) == 3 or _is_dense(step.layer))
        if mixes and "Norm" not in type(step.layer).__name__ and not found[-1].kinds >= {"C"}:
            found[-1] = axis("C", int(shape[-1] or 1))
        return tuple(found)


def is_recorded(step: Step) -> bool:
    """Whether the step comes from running a model's code, where what feeds it may be unknown."""
    return not step.inputs


def _rearranged(
    step: Step, feeding: Sequence[Axes], known: Known, shape: tuple[int | None, ...]
) -> Axes | None:
    """The axes behind a step that moves values and computes nothing; None for other steps."""
    kind = type(step.layer).__name__
    if kind in _RESHAPING:
        found = regroup(feeding[0], shape)
        return found if found and _is_telling(found, feeding[0]) else _fresh(
            None, shape, feeding[0]
        )  # fmt: skip
    if (order := _permutation(step, len(feeding[0]))) is not None:
        return tuple(feeding[0][at] for at in order)
    if kind == "GetItem":
        return _picked(feeding[0], step.args[1], shape)
    return _joined(step, known, shape) if kind == "Concatenate" else None


def _has_weights(layer: Any) -> bool:
    return bool(getattr(layer, "weights", None))


def _is_dense(layer: Any) -> bool:
    return type(layer).__name__ in ("Dense", "EinsumDense")


def _usual(data_format: str | None, rank: int) -> list[Kind]:
    """The kinds of a tensor's axes where nothing else is known."""
    if rank in (4, 5):
        places: list[Kind] = ["T", "H", "W"] if rank == 5 else ["H", "W"]
        first = data_format == "channels_first"
        return ["N", "C", *places] if first else ["N", *places, "C"]
    between: list[Kind] = ["?"] * (rank - 2)
    kinds: list[Kind] = ["N", *between, "C"]
    return kinds[:rank]


def _fresh(data_format: str | None, shape: Sequence[int | None], source: Axes | None) -> Axes:
    """Axes of a tensor that is made of values without a place, such as a dense layer's."""
    if source is not None and any(dim.is_tokens for dim in source[1:]):
        return unknown(shape)
    return axes_of(_usual(data_format, len(shape)), shape)


def _is_telling(found: Axes, source: Axes) -> bool:
    """Whether a reshape's axes say where things stand: not those of values without a place."""
    placed = any(dim.kinds & {"H", "W", "T"} for dim in source)
    return len(found) < 3 or placed or any(dim.kinds & {"H", "W"} for dim in found)


def _source(feeding: Sequence[Axes], shape: Sequence[int | None]) -> Axes | None:
    """What the output's axes are taken from: of inputs of its rank, the one that says the most."""
    same = [fed for fed in feeding if len(fed) == len(shape)]

    def rank(fed: Axes) -> tuple[bool, bool]:
        sizes = [axis.size for axis in fed[1:]]
        return layout_of(fed) is not None and sizes == list(shape[1:]), layout_of(fed) is not None

    return max(same, key=rank, default=None)


def _resized(source: Axes, shape: Sequence[int | None]) -> Axes:
    """Axes of the same kinds and other sizes."""
    found = [source[0]]
    for dim, size in zip(source[1:], shape[1:], strict=True):
        new = int(size or 1)
        if new == dim.size:
            found.append(dim)
        elif "C" in dim.kinds or not dim.kinds:
            found.append(axis("C", new))
        elif len(dim.kinds) == 1 and not dim.before + dim.after:
            found.append(axis(next(iter(dim.kinds)), new))
        else:
            found.append(axis("?", new))
    return tuple(found)


def _tokens(height: int, width: int, before: int, after: int, shape: Sequence[int | None]) -> Axes:
    rows, columns = axis("H", height).atoms, axis("W", width).atoms
    places = Axis((*rows, *columns), before, after)
    return (axis("N", 1), places, axis("C", int(shape[-1] or 1)))


def _permutation(step: Step, rank: int) -> list[int] | None:
    """The order of axes that a transposition gives; None for other steps."""
    layer, kind = step.layer, type(step.layer).__name__
    order = list(range(rank))
    if kind == "Permute":
        return [0, *layer.dims]
    if kind == "Transpose":
        axes = layer.axes if layer.axes is not None else order[::-1]
        return [at % rank for at in axes]
    if kind == "Swapaxes":
        first, second = layer.axis1 % rank, layer.axis2 % rank
        order[first], order[second] = order[second], order[first]
        return order
    if kind == "Moveaxis" and isinstance(layer.source, int):
        order.insert(layer.destination % rank, order.pop(layer.source % rank))
        return order
    return None


def _turns(step: Step, source: Axes) -> bool:
    """Whether a step mirrors, rotates, shifts or warps rows or columns."""
    layer, kind = step.layer, type(step.layer).__name__
    placed = [at for at, dim in enumerate(source) if dim.is_places and dim.size > 1]
    if kind in _WARPING or not placed:
        return kind in _WARPING and bool(placed)
    if kind == "GetItem":
        keys = keys_of(step.args[1], len(source)) or []
        slices = [keys[at] for at in placed if at < len(keys)]
        return any(isinstance(taken, slice) and (taken.step or 1) < 0 for taken in slices)
    if kind not in ("Flip", "Roll", "Rot90"):
        return False
    if kind == "Rot90" and layer.k % 4 == 0:
        return False
    axes = layer.axes if kind == "Rot90" else layer.axis
    along = [axes] if isinstance(axes, int) else list(axes or range(len(source)))
    return bool({at % len(source) for at in along} & set(placed))


_WARPING = {"AffineTransform", "PerspectiveTransform", "ElasticTransform", "MapCoordinates"}


def _picked(source: Axes, key: Any, shape: Sequence[int | None]) -> Axes:
    """The axes of `x[key]`: an index takes an axis away, a slice may take tokens away."""
    keys = keys_of(key, len(source))
    if keys is None:
        return unknown(shape)
    found = []
    for dim, part in zip(source, keys, strict=True):
        if isinstance(part, int):
            continue
        left = range(dim.size)[part] if "N" not in dim.kinds else range(dim.size)
        if len(left) == dim.size:
            found.append(dim)
        elif dim.is_tokens and left.step == 1:
            first, last = left.start, left.stop
            inside = dim.before >= first and dim.size - dim.after <= last
            more = Axis(dim.atoms, dim.before - first, last - (dim.size - dim.after))
            found.append(more if inside else axis("?", len(left)))
        elif len(dim.kinds) == 1:
            found.append(axis(next(iter(dim.kinds)), len(left)))
        else:
            found.append(axis("?", len(left)))
    right = [dim.size for dim in found[1:]] == [int(size or 1) for size in shape[1:]]
    return tuple(found) if right else unknown(shape)


def keys_of(key: Any, rank: int) -> list[int | slice] | None:
    """What `x[key]` takes along each axis of a tensor of this rank; None for other keys."""
    keys = list(key) if isinstance(key, list | tuple) else [key]  # a list where it was loaded
    if any(not isinstance(part, int | slice) and part is not Ellipsis for part in keys):
        return None
    if Ellipsis in keys:
        at = keys.index(Ellipsis)
        keys[at : at + 1] = [slice(None)] * (rank - len(keys) + 1)
    return keys + [slice(None)] * (rank - len(keys))


def _joined(step: Step, known: Known, shape: Sequence[int | None]) -> Axes | None:
    """The axes behind a concatenation along tokens: what is joined to them is no place."""
    pieces = [x for x in step.inputs if len(x.shape) == len(shape)]
    at = step.layer.axis % len(shape)
    axes = [known.get(id(piece)) for piece in pieces]
    tokens = [k for k, piece_axes in enumerate(axes) if piece_axes and piece_axes[at].is_tokens]
    if step.frames or len(tokens) != 1:
        return None
    source = axes[tokens[0]]
    if source is None:
        return None
    sizes = [int(piece.shape[at] or 1) for piece in pieces]
    before, after = sum(sizes[: tokens[0]]), sum(sizes[tokens[0] + 1 :])
    joined = Axis(source[at].atoms, source[at].before + before, source[at].after + after)
    if joined.size != shape[at]:
        return None
    return (*source[:at], joined, *source[at + 1 :])
