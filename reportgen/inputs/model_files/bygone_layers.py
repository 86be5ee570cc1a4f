"""Layers that Keras had once and has no more, computed as they were computed.

Keras with TensorFlow is all that this file needs: a notebook takes a copy of it along.
"""

from functools import cache
from operator import attrgetter
from typing import Any

BYGONE = ("LocallyConnected2D", "MaxoutDense", "TFOpLambda")
"""The layers that this file has."""


@cache
def bygone_class(name: str) -> Any | None:
    """The class of a layer that is gone from Keras; None for any other."""
    makers = {
        "LocallyConnected2D": _locally_connected,
        "MaxoutDense": _maxout_dense,
        "TFOpLambda": _tensorflow_function,
    }
    return makers[name]() if name in makers else None


def _tensorflow_function() -> Any:
    import keras

    class TFOpLambda(keras.Operation):  # type: ignore[misc]
        """A function of TensorFlow between two layers, as Keras 2 stored it: by its public name."""

        def __init__(self, function: str, name: str | None = None) -> None:
            super().__init__(name=name)
            self.function = function

        def call(self, *args: Any, **kwargs: Any) -> Any:
            """What the function returns for tensors and constants."""
            import tensorflow as tf

            found = attrgetter(self.function)(tf)(*args, **kwargs)
            return list(found) if isinstance(found, tuple) else found

        def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
            """The shapes and types of what the function returns."""
            args, kwargs = keras.tree.map_structure(_dense, (args, kwargs))
            return keras.src.backend.compute_output_spec(self.call, *args, **kwargs)

    return TFOpLambda


def _dense(value: Any) -> Any:
    """A symbolic tensor that is not sparse: Keras takes a product with a number for sparse."""
    import keras

    if isinstance(value, keras.KerasTensor):
        return keras.KerasTensor(value.shape, value.dtype)
    return value


def _maxout_dense() -> Any:
    import keras

    class MaxoutDense(keras.layers.Layer):  # type: ignore[misc]
        """The largest of several linear maps (Goodfellow et al. 2013), as Keras 1 had it."""

        def __init__(
            self,
            units: int,
            nb_feature: int = 4,
            use_bias: bool = True,
            kernel_initializer: Any = "zeros",
            **kwargs: Any,
        ) -> None:
            super().__init__(**kwargs)
            self.units, self.nb_feature, self.use_bias = units, nb_feature, use_bias
            self.kernel_initializer = keras.initializers.get(kernel_initializer)

        def build(self, input_shape: Any) -> None:
            """Make the kernel (maps, inputs, units) and the bias (maps, units)."""
            shape = (self.nb_feature, int(input_shape[-1]), self.units)
            self.kernel = self.add_weight(shape, self.kernel_initializer, name="kernel")
            self.bias = None
            if self.use_bias:
                self.bias = self.add_weight(
                    (self.nb_feature, self.units), self.kernel_initializer, name="bias"
                )

        def call(self, inputs: Any) -> Any:
            """The maximum over the maps: (N, inputs) to (N, units)."""
            values = keras.ops.einsum("ni,kiu->nku", inputs, self.kernel)
            if self.bias is not None:
                values = values + self.bias
            return keras.ops.max(values, axis=1)

        def get_config(self) -> dict[str, Any]:
            """What the layer was made with."""
            own = {
                "units": self.units,
                "nb_feature": self.nb_feature,
                "use_bias": self.use_bias,
            }
            return {**super().get_config(), **own}

    return MaxoutDense


def _locally_connected() -> Any:
    import keras

    class LocallyConnected2D(keras.layers.Layer):  # type: ignore[misc]
        """A convolution with a kernel of its own at every place, as Keras 1 and 2 had it."""

        def __init__(
            self,
            filters: int,
            kernel_size: Any,
            strides: Any = (1, 1),
            padding: str = "valid",
            data_format: str | None = None,
            activation: Any = None,
            use_bias: bool = True,
            implementation: int = 1,
            kernel_initializer: Any = "zeros",
            **kwargs: Any,
        ) -> None:
            super().__init__(**kwargs)
            if padding != "valid" or implementation != 1 or data_format == "channels_first":
                raise ValueError(
                    "a LocallyConnected2D is read only with padding 'valid', implementation 1 and"
                    " channels last"
                )
            self.filters, self.use_bias = filters, use_bias
            self.kernel_size, self.strides = _pair(kernel_size), _pair(strides)
            self.activation = keras.activations.get(activation)
            self.kernel_initializer = keras.initializers.get(kernel_initializer)

        def build(self, input_shape: Any) -> None:
            """Make the kernel (places, height × width × in, out) and the bias (H, W, out)."""
            sides = [
                (int(side) - kernel) // stride + 1
                for side, kernel, stride in zip(
                    input_shape[1:3], self.kernel_size, self.strides, strict=True
                )
            ]
            length = self.kernel_size[0] * self.kernel_size[1] * int(input_shape[3])
            self.sides = sides
            self.kernel = self.add_weight(
                (sides[0] * sides[1], length, self.filters), self.kernel_initializer, name="kernel"
            )
            self.bias = None
            if self.use_bias:
                shape = (*sides, self.filters)
                self.bias = self.add_weight(shape, self.kernel_initializer, name="bias")

        def call(self, inputs: Any) -> Any:
            """Maps (N, H, W, out) of images (N, H, W, in)."""
            patches = keras.ops.image.extract_patches(inputs, self.kernel_size, self.strides)
            places = self.sides[0] * self.sides[1]
            patches = keras.ops.reshape(patches, (-1, places, self.kernel.shape[1]))
            values = keras.ops.einsum("npk,pkf->npf", patches, self.kernel)
            values = keras.ops.reshape(values, (-1, *self.sides, self.filters))
            if self.bias is not None:
                values = values + self.bias
            return self.activation(values)

        def get_config(self) -> dict[str, Any]:
            """What the layer was made with."""
            own = {
                "filters": self.filters,
                "kernel_size": self.kernel_size,
                "strides": self.strides,
                "use_bias": self.use_bias,
                "activation": keras.activations.serialize(self.activation),
            }
            return {**super().get_config(), **own}

    return LocallyConnected2D


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))
