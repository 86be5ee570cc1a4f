"""Walk back from an output to the last softmax, sigmoid or layer with weights on every path.

What lies between is the tail: steps that move, join, average or scale. `Replay` runs the tail on
what stands before the activations, or on logarithms of probabilities.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from reportgen.inputs.graph.steps import Step
from reportgen.inputs.graph.tracing import Trace

PASSING = frozenset(
    {"Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout"}
    | {"AlphaDropout", "ActivityRegularization", "Identity", "Copy", "Cast", "StopGradient", "Clip"}
)
"""Types of steps that hand values on, or change only their precision or their extremes."""

MOVING = frozenset(
    {"Reshape", "Flatten", "Permute", "Transpose", "Moveaxis", "Swapaxes", "Squeeze", "ExpandDims"}
    | {"GetItem", "Concatenate", "Stack", "Take", "Flip", "Cropping2D", "Split", "Ravel", "Hstack"}
    | {"UpSampling2D", "Resizing", "MaxPooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D"}
    | {"Maximum", "Minimum", "Max", "Min"}
)
"""Types of steps that move, join or pick values and compute nothing.

Some do so only at times (an enlargement by interpolation): what they give is compared with the
output.
"""

_LAYING_OUT = {"Reshape", "Flatten", "Permute", "Transpose", "Squeeze", "ExpandDims", "Concatenate"}
_AVERAGING = {"Mean", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "Sum"}
_SCALING = {"Multiply", "Divide", "TrueDivide", "Rescaling"}
_ADDING = {"Average", "Add"}
_MIXING = {*_AVERAGING, *_SCALING, *_ADDING, "Subtract", "Negative", "Log", "AveragePooling2D"}


@dataclass(frozen=True)
class Activation:
    """What a layer ends with: its kind, and the function's name.

    `kind` is "softmax", "log_softmax", "sigmoid", "linear", "distribution" (rows that sum to one
    but are no softmax), "share" (0 to 1 but no sigmoid) or "other".
    """

    kind: str
    name: str


EXACT = "float64" if keras.backend.backend() == "tensorflow" else "float32"
"""What logarithms are computed in, as far as the backend has it."""

LINEAR = Activation("linear", "linear")


def activation_of(step: Step, axis: int = -1) -> Activation:
    """What the step ends with, found by trying its function on a few numbers.

    `axis` is that of the classes.
    """
    function = step.fused_activation
    if function is None:
        if not step.is_activation:
            return LINEAR
        function = getattr(step.layer, "activation", None) or (
            lambda values: step.layer(values, **dict(step.kwargs))
        )
        name = getattr(function, "__name__", "")
        name = type(step.layer).__name__ if name in ("", "<lambda>") else name
    else:
        name = getattr(function, "__name__", type(function).__name__)
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).strip("_")
    return Activation(_kind(function, step.outputs[0].shape, axis), words)


def _kind(function: Callable[[Any], Any], shape: Sequence[int | None], axis: int) -> str:
    """Which known function this one is, on numbers of that shape with shortened axes."""
    place = axis % len(shape)
    sizes = [min(n or 2, 1000 if at == place else 2) for at, n in enumerate(shape)]
    sizes[0] = 3
    values = np.random.default_rng(0).normal(0.0, 3.0, sizes).astype(np.float32)
    try:
        found = keras.ops.convert_to_numpy(function(keras.ops.convert_to_tensor(values)))
        found = np.asarray(found, np.float64)
    except Exception:  # a function with weights, or one that wants another shape
        return "other"
    if found.shape != values.shape:
        return "other"
    known: dict[str, Any] = {
        "linear": values,
        "sigmoid": 1 / (1 + np.exp(-values.astype(np.float64))),
        "log_softmax": _log_softmax(values, place),
        "softmax": np.exp(_log_softmax(values, place)),
    }
    for kind, wanted in known.items():
        if np.allclose(found, wanted, atol=2e-3) and (sizes[place] > 1 or "soft" not in kind):
            return kind
    if sizes[place] == 1 and np.all(found == 1):
        return "softmax"
    if sizes[place] > 1 and found.min() >= 0 and np.allclose(found.sum(place), 1, atol=2e-3):
        return "distribution"
    return "share" if found.min() >= 0 and found.max() <= 1 else "other"


def _log_softmax(values: Any, axis: int) -> Any:
    exact = values.astype(np.float64)
    exact -= exact.max(axis, keepdims=True)
    return exact - np.log(np.exp(exact).sum(axis, keepdims=True))


@dataclass(frozen=True)
class Leaf:
    """Where a path ends: a step, and what it ends with."""

    step: Step
    activation: Activation


@dataclass(frozen=True)
class Walk:
    """What leads to an output: leaves, and the steps from these to the output, in order."""

    leaves: tuple[Leaf, ...]
    tail: tuple[Step, ...]

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of the leaves' activations."""
        return frozenset(leaf.activation.kind for leaf in self.leaves)

    @property
    def plain(self) -> bool:
        """Whether the output is that of its one leaf, handed on as it is."""
        return len(self.leaves) == 1 and all(_hands_on(step) for step in self.tail)

    @property
    def computing(self) -> list[str]:
        """Types of the steps behind the leaves that do more than hand on and move."""
        names = [type(s.layer).__name__ for s in self.tail if not _is_linear_activation(s)]
        return list(dict.fromkeys(name for name in names if name not in PASSING | _LAYING_OUT))


def _hands_on(step: Step) -> bool:
    return type(step.layer).__name__ in PASSING - {"Clip"} or _is_linear_activation(step)


def _is_linear_activation(step: Step) -> bool:
    function = getattr(step.layer, "activation", None)
    return isinstance(step.layer, keras.layers.Activation) and (
        function is keras.activations.linear
    )


def walk_back(trace: Trace, index: int, axis: int = -1) -> Walk | None:
    """The walk from the model's output `index`; None where it comes from no layer."""
    maker = {id(tensor): step for step in trace.steps for tensor in step.outputs}
    first = maker.get(id(trace.outputs[index]))
    if first is None:
        return None
    waiting, leaves, tail = [first], {}, {}
    while waiting:
        step = waiting.pop()
        if id(step) in leaves or id(step) in tail:
            continue
        feeding = [maker[id(x)] for x in step.inputs if id(x) in maker]
        if _is_tail(step) and len(feeding) == len(step.inputs) > 0:
            tail[id(step)] = step
            waiting += feeding
        else:
            place = axis if len(step.outputs[0].shape) == 4 else -1
            leaves[id(step)] = Leaf(step, activation_of(step, place))
    order = {id(step): at for at, step in enumerate(trace.steps)}
    return Walk(
        tuple(leaves[key] for key in sorted(leaves, key=order.__getitem__)),
        tuple(tail[key] for key in sorted(tail, key=order.__getitem__)),
    )


def _is_tail(step: Step) -> bool:
    name = type(step.layer).__name__
    return name in PASSING | MOVING | _MIXING or _is_linear_activation(step)


class NoReplayError(Exception):
    """The tail holds a step that has no counterpart for logits or logarithms."""


Pair = tuple[Any, ...]
"""Logits alone, or the logarithms of probabilities and of what they lack to one."""


@dataclass(frozen=True)
class Replay:
    """Runs a walk's tail on other values than the model does.

    On logits only steps that move values are allowed. On logarithms of probabilities averages and
    sums become log-sum-exp, factors become summands.
    """

    walk: Walk
    logarithms: bool
    axis: int = -1
    """The axis of classes in a stack of maps."""

    def __call__(self, before: Sequence[Any], output: Any) -> Any:
        """The values that stand for the symbolic `output`; `before` those of the leaves.

        Logits are returned as they are; of logarithms the pair.
        """
        known: dict[int, Pair] = {}
        for leaf, values in zip(self.walk.leaves, before, strict=True):
            known[id(leaf.step.outputs[0])] = self._start(leaf, values)
        for step in self.walk.tail:
            pairs = [known[id(symbol)] for symbol in step.inputs]
            for symbol, pair in zip(step.outputs, self._steps(step, pairs), strict=True):
                known[id(symbol)] = pair
        found = known[id(output)]
        return found if self.logarithms else found[0]

    def _start(self, leaf: Leaf, values: Any) -> Pair:
        if not self.logarithms:
            return (keras.ops.cast(values, "float32"),)
        exact = keras.ops.cast(values, EXACT)
        if leaf.activation.kind == "sigmoid":
            return keras.ops.log_sigmoid(exact), keras.ops.log_sigmoid(-exact)
        if leaf.activation.kind != "softmax":
            raise NoReplayError(leaf.activation.kind)
        shares = keras.ops.log_softmax(exact, axis=self.axis if len(exact.shape) == 4 else -1)
        return shares, _log_rest(shares)

    def _steps(self, step: Step, pairs: Sequence[Pair]) -> list[Pair]:
        name = type(step.layer).__name__
        if name in PASSING or name == "Log" or _is_linear_activation(step):
            return [pairs[0]]
        if name in MOVING:
            return self._moved(step, pairs)
        if not self.logarithms or len(step.outputs) != 1:
            raise NoReplayError(name)
        return [self._mixed(step, name, pairs)]

    def _moved(self, step: Step, pairs: Sequence[Pair]) -> list[Pair]:
        tracks = []
        for track in range(len(pairs[0])):
            values = {id(x): pair[track] for x, pair in zip(step.inputs, pairs, strict=True)}
            args, kwargs = keras.tree.map_structure(
                lambda leaf, values=values: values.get(id(leaf), leaf),
                (step.args, dict(step.kwargs)),
            )
            tracks.append(keras.tree.flatten(step.layer(*args, **kwargs)))
        return list(zip(*tracks, strict=True))

    def _mixed(self, step: Step, name: str, pairs: Sequence[Pair]) -> Pair:
        """Averages, sums and factors of probabilities, in logarithms."""
        if name in _ADDING and len(pairs) > 1:
            less = np.log(len(pairs)) if name == "Average" else 0.0
            stacked = [keras.ops.stack(track) for track in zip(*pairs, strict=True)]
            return tuple(keras.ops.logsumexp(terms, axis=0) - less for terms in stacked)
        if name in _AVERAGING:
            return self._pooled(step, name, pairs[0])
        constants = [x for x in step.args if not isinstance(x, keras.KerasTensor)]
        first = bool(constants) and step.args[0] is constants[0]
        if name == "Subtract" and len(pairs) == 1 and first and np.all(constants[0] == 1):
            return pairs[0][1], pairs[0][0]
        if name in _SCALING - {"Rescaling"} and len(pairs) == 1 and len(constants) == 1:
            factor = np.asarray(constants[0], np.float64)
            if np.all(factor > 0) and (name == "Multiply" or not first):
                shift = np.log(factor) if name == "Multiply" else -np.log(factor)
                # What lacks to one does not scale; it is found again by the sum.
                scaled = pairs[0][0] + shift
                return scaled, _log_rest(scaled)
        raise NoReplayError(name)

    def _pooled(self, step: Step, name: str, pair: Pair) -> Pair:
        rank = len(step.inputs[0].shape)
        axes: Any = getattr(step.layer, "axis", None)
        if name.startswith("Global"):
            axes = tuple(range(1, rank - 1))
        if axes is None or getattr(step.layer, "data_format", "") == "channels_first":
            raise NoReplayError(name)
        axes = tuple(axis % rank for axis in (axes if isinstance(axes, list | tuple) else [axes]))
        if any(step.inputs[0].shape[axis] is None for axis in axes):  # the batch
            raise NoReplayError(name)
        count = np.prod([step.inputs[0].shape[axis] or 1 for axis in axes])
        less = 0.0 if name == "Sum" else np.log(count)
        keep = bool(getattr(step.layer, "keepdims", False))
        return tuple(keras.ops.logsumexp(track, axis=axes, keepdims=keep) - less for track in pair)


def _log_rest(shares: Any) -> Any:
    """log(1 - p) for logarithms of probabilities, -inf kept away."""
    rest = -keras.ops.expm1(keras.ops.minimum(shares, 0.0))
    return keras.ops.log(keras.ops.maximum(rest, 1e-300))
