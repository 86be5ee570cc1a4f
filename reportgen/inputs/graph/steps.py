"""One call of one layer: its path, its arguments, and what it computes on real tensors.

What stands in front of the layer's activation function is known too, whether that is a part of the
layer or a layer of its own.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import keras
from keras import KerasTensor

_open_activations: ContextVar[bool] = ContextVar("open_activations", default=False)

_FUSING = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.Dense,
    keras.layers.EinsumDense,
)
"""Layers whose `activation` is the very last thing that they apply."""

_ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
    keras.layers.Softmax,
)
"""Layers that are an activation and nothing else."""

_ACTIVATION_OPERATIONS = {"Softmax", "Sigmoid", "Relu", "Relu6", "LeakyRelu", "Elu", "Silu", "Gelu"}
_ACTIVATION_OPERATIONS |= {"LogSoftmax", "LogSigmoid", "HardSigmoid", "Sparsemax", "Tanh"}
"""`keras.ops` functions that are an activation, by the name of their operation."""


@contextlib.contextmanager
def open_activations() -> Iterator[None]:
    """Let gradients pass every activation function unchanged while values stay as they are.

    The straight-through estimator (Bengio, Léonard, Courville 2013): a blocked ReLU no longer stops
    the gradient. Holds for computations traced inside the `with` block.
    """
    token = _open_activations.set(True)
    try:
        yield
    finally:
        _open_activations.reset(token)


def activate(function: Any, before: Any) -> Any:
    """Apply an activation function, or let it pass gradients while `open_activations` holds."""
    if not _open_activations.get():
        return function(before)
    passed = keras.ops.cast(before, keras.backend.standardize_dtype(before.dtype))
    return passed + keras.ops.stop_gradient(function(before) - passed)


@dataclass(frozen=True, eq=False)
class Step:
    """One call of one layer: its path, the layer, its arguments and its symbolic outputs."""

    path: str
    layer: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    outputs: tuple[KerasTensor, ...]
    repeated: bool
    """Whether this layer was called before (a shared layer's second path)."""
    frames: int = 0
    """Axes behind the batch that the layer does not see: it computes each frame by itself."""
    owner: Any = None
    """The wrapper whose weights count as the layer's."""
    parent: str = ""
    """Path of the nested model that it stands in; wrappers of one layer do not count."""
    wrapper: str = ""
    """Type of the innermost wrapper that it stands in."""

    @property
    def counted(self) -> Any:
        """The layer whose weights are counted here."""
        return self.layer if self.owner is None else self.owner

    @property
    def inputs(self) -> list[KerasTensor]:
        """Symbolic tensors that feed it."""
        flat = keras.tree.flatten((self.args, dict(self.kwargs)))
        return [tensor for tensor in flat if isinstance(tensor, KerasTensor)]

    @property
    def fused_activation(self) -> Any:
        """The activation function inside the layer, None where there is none."""
        if not isinstance(self.layer, _FUSING):
            return None
        function = self.layer.activation
        return None if function in (None, keras.activations.linear) else function

    @property
    def is_activation(self) -> bool:
        """Whether the layer is an activation function and nothing else."""
        if isinstance(self.layer, keras.layers.Layer):
            return isinstance(self.layer, _ACTIVATIONS)
        return type(self.layer).__name__ in _ACTIVATION_OPERATIONS and len(self.args) == 1

    def split(
        self, call: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[Any, Any]:
        """What `call` computes for the layer, behind and before its activation function."""
        if self.frames:
            inner, named, sizes = self.folded(args, kwargs)
            behind, before = self._split(call, inner, named)
            return unfolded(behind, sizes), unfolded(before, sizes)
        return self._split(call, args, kwargs)

    def folded(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any], tuple[int, ...]]:
        """Arguments with the frames' axes merged into the batch, and the sizes of those axes."""
        behind = 1 + self.frames
        sizes = tuple(int(size) for size in self.inputs[0].shape[1:behind])

        def fold(symbol: Any, value: Any) -> Any:
            if not isinstance(symbol, KerasTensor):
                return value  # a constant has no batch
            return keras.ops.reshape(value, (-1, *value.shape[behind:]))

        inner, named = keras.tree.map_structure(
            fold, (self.args, dict(self.kwargs)), (args, dict(kwargs))
        )
        return inner, named, sizes

    def _split(
        self, call: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[Any, Any]:
        if self.fused_activation is not None:
            function = self.fused_activation
            with linear(self.layer):
                before = call(*args, **kwargs)
            return activate(function, before), before
        if self.is_activation:
            return activate(lambda value: call(value, **kwargs), args[0]), args[0]
        behind = call(*args, **kwargs)
        return behind, behind

    def compute(self, value: Any) -> Any:
        """The first output for one value in the place of all symbolic inputs."""
        args, kwargs = keras.tree.map_structure(
            lambda leaf: value if isinstance(leaf, KerasTensor) else leaf,
            (self.args, dict(self.kwargs)),
        )
        return keras.tree.flatten(self.split(self.layer, args, kwargs)[0])[0]

    def run(
        self, values: dict[int, Any], before: dict[str, Any], call: Callable[..., Any] | None = None
    ) -> None:
        """Compute the step; `values` maps symbolic tensors to real ones and receives the outputs.

        `before` receives, by path, what stands in front of the activation function.
        """
        args, kwargs = keras.tree.map_structure(
            lambda leaf: values[id(leaf)] if isinstance(leaf, KerasTensor) else leaf,
            (self.args, dict(self.kwargs)),
        )
        results, before[self.path] = self.split(call or self.layer, args, kwargs)
        for symbol, value in zip(self.outputs, keras.tree.flatten(results), strict=True):
            values[id(symbol)] = value


def unfolded(outputs: Any, sizes: tuple[int, ...]) -> Any:
    """Outputs with the frames' axes, of these sizes, taken out of the batch again."""
    return keras.tree.map_structure(
        lambda tensor: keras.ops.reshape(tensor, (-1, *sizes, *tensor.shape[1:])), outputs
    )


@contextlib.contextmanager
def linear(layer: Any) -> Iterator[None]:
    """Take the layer's activation function away while it is called."""
    function = layer.activation
    layer.activation = keras.activations.linear
    try:
        yield
    finally:
        layer.activation = function
