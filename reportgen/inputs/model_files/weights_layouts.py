"""Arrays as Keras 1, Theano and cuDNN laid them out, brought to the layout of today's layers.

The rules are those of Keras 2 (`preprocess_weights_for_loading` in keras/saving/hdf5_format.py).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reportgen.inputs.model_files.parts import Part
from reportgen.inputs.model_files.weights_assign import Array

Named = tuple[str, Array]

_CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "ConvLSTM2D")
_FIRST_TO_LAST = {
    "Conv2D": (2, 3, 1, 0),
    "Conv3D": (2, 3, 4, 1, 0),
    "Conv2DTranspose": (2, 3, 0, 1),
}
"""Kernels of Keras 1 with Theano's order of axes, by the class of their layer."""
_GATES_OF_KERAS_1 = {"LSTM": (0, 2, 1, 3), "ConvLSTM2D": (0, 2, 1, 3), "GRU": (0, 1, 2)}
"""Keras 1 kept three arrays for each gate, an LSTM's in the order input, cell, forget, output."""


@dataclass(frozen=True)
class _Derived:
    """An array made of stored ones when it is read."""

    shape: tuple[int, ...]
    read: Callable[[], Any]


def todays_layout(
    arrays: Sequence[Named], part: Part, backend: str | None, keras_version: str | None
) -> tuple[list[Named], bool]:
    """The arrays stored for one layer in today's layout, and whether a backend was guessed.

    The guess: files of Keras 1 may not say whether Theano or TensorFlow wrote them, and Theano
    convolves with the kernel upside down (keras.utils.convert_all_kernels_in_model). One rule for
    every layout: kernels are turned over where the file names Theano, and only there.
    """
    if part.children:
        return _layer_by_layer(arrays, part, backend, keras_version)
    found = list(arrays)
    leaf = _innermost(part.layer)
    guessed = False
    if (keras_version or "1").startswith("1"):
        found = _joined_gates(found, type(leaf).__name__)
        found, guessed = _kernels_of_keras_1(found, leaf, backend)
    if backend == "theano" and type(leaf).__name__ in _CONVOLUTIONS:
        found = [_flipped(pair) if len(pair[1].shape) > 2 else pair for pair in found]
    return _without_cudnn(found), guessed


def _layer_by_layer(
    arrays: Sequence[Named], part: Part, backend: str | None, keras_version: str | None
) -> tuple[list[Named], bool]:
    """The same for a nested model: its layers' trainable arrays in order, then all others."""
    old = (keras_version or "1").startswith("1")
    found: list[Named] = []
    rest = list(arrays)
    guessed = False
    for child in part.leaves():
        if child.layer is None:
            continue
        weights = child.layer.trainable_weights if part.layer.trainable else child.layer.weights
        gates = _GATES_OF_KERAS_1.get(type(_innermost(child.layer)).__name__, ()) if old else ()
        count = len(weights) * (len(gates) or 1)
        changed, guess = todays_layout(rest[:count], child, backend, keras_version)
        found += changed
        guessed |= guess
        rest = rest[count:]
    return [*found, *rest], guessed


def _innermost(layer: Any) -> Any:
    """The layer inside TimeDistributed and Bidirectional."""
    for _ in range(10):
        inner = getattr(layer, "forward_layer", None) or getattr(layer, "layer", None)
        if inner is None:
            break
        layer = inner
    return layer


def _turned(pair: Named, axes: tuple[int, ...]) -> Named:
    name, array = pair
    shape = tuple(array.shape[axis] for axis in axes)
    return name, _Derived(shape, lambda: array.read().transpose(axes))


def _flipped(pair: Named) -> Named:
    """The same kernel turned by 180 degrees: reversed along its axes in space."""
    name, array = pair
    reverse = (slice(None, None, -1),) * (len(array.shape) - 2)
    return name, _Derived(tuple(array.shape), lambda: array.read()[reverse])


def _kernels_of_keras_1(
    arrays: list[Named], layer: Any, backend: str | None
) -> tuple[list[Named], bool]:
    """Kernels with today's axes: height, width, in, out; and whether the backend was guessed."""
    name = type(layer).__name__
    if name not in _CONVOLUTIONS or not arrays:
        return arrays, False
    kernel, *others = arrays
    shape = tuple(kernel[1].shape)
    if name == "Conv1D" and len(shape) == 4:
        if shape[2:] == (layer.kernel_size[0], 1) and shape[0] == layer.filters:
            kernel = _turned(kernel, (2, 3, 1, 0))
        flat = kernel[1]
        size = tuple(flat.shape)
        squeezed = _Derived((size[0], *size[2:]), lambda: flat.read()[:, 0])
        return [(kernel[0], squeezed), *others], False
    first = getattr(layer, "data_format", None) == "channels_first"
    if first and name in _FIRST_TO_LAST and len(shape) == len(_FIRST_TO_LAST[name]):
        return [_turned(kernel, _FIRST_TO_LAST[name]), *others], backend is None
    if name == "Conv2DTranspose" and len(shape) == 4:
        return [_turned(kernel, (0, 1, 3, 2)), *others], False
    if name == "Conv2D" and len(shape) == 4 and not first:
        expected = {tuple(variable.shape) for variable in layer.weights}
        turned = _turned(kernel, _FIRST_TO_LAST["Conv2D"])
        if shape not in expected and turned[1].shape in expected:
            return [turned, *others], backend is None
    return arrays, False


def _joined_gates(arrays: list[Named], name: str) -> list[Named]:
    """The gates' arrays of Keras 1 (W_i, U_i, b_i, W_c, ...) as three: kernel, recurrent, bias."""
    gates = _GATES_OF_KERAS_1.get(name)
    count = 3 * len(gates) if gates else 0
    if gates is None or not arrays or len(arrays) % count:
        return arrays
    joined: list[Named] = []
    for start in range(0, len(arrays), count):
        group = arrays[start : start + count]
        for member in range(3):
            joined.append(_joined([group[3 * gate + member] for gate in gates]))
    return joined


def _joined(pieces: list[Named]) -> Named:
    import numpy as np

    name = re.sub(r"_[a-z](:\d+)?$", "", pieces[0][0])  # lstm_1_W_i is lstm_1_W
    shapes = [tuple(array.shape) for _, array in pieces]
    shape = (*shapes[0][:-1], sum(shape[-1] for shape in shapes)) if shapes[0] else ()
    return name, _Derived(
        shape, lambda: np.concatenate([array.read() for _, array in pieces], axis=-1)
    )


def _without_cudnn(arrays: list[Named]) -> list[Named]:
    """CuDNNLSTM and CuDNNGRU kept two flat biases, and kernels with their axes turned."""
    found = list(arrays)
    for index in range(len(found) - 2):
        names, three = zip(*found[index : index + 3], strict=True)
        gates = _cudnn_gates(*(tuple(array.shape) for array in three))
        if gates:
            found[index : index + 3] = [
                (names[0], _input_kernel(three[0], gates)),
                (names[1], _recurrent_kernel(three[1], gates)),
                (names[2], _bias(three[2], gates)),
            ]
    return found


def _cudnn_gates(
    kernel: tuple[int, ...], recurrent: tuple[int, ...], bias: tuple[int, ...]
) -> int | None:
    """How many gates three arrays of these shapes have, None when they are not cuDNN's."""
    if len(kernel) != 2 or len(recurrent) != 2 or len(bias) != 1 or not recurrent[0]:
        return None
    gates, rest = divmod(recurrent[1], recurrent[0])
    fits = kernel[1] == recurrent[1] and bias[0] == 2 * recurrent[1]
    return gates if fits and not rest and gates in (3, 4) else None


def _input_kernel(array: Array, gates: int) -> Array:
    import numpy as np

    def read() -> Any:
        parts = np.hsplit(array.read(), gates)
        return np.hstack([part.T.reshape(part.shape, order="F") for part in parts])

    return _Derived(tuple(array.shape), read)


def _recurrent_kernel(array: Array, gates: int) -> Array:
    import numpy as np

    def read() -> Any:
        return np.hstack([part.T for part in np.hsplit(array.read(), gates)])

    return _Derived(tuple(array.shape), read)


def _bias(array: Array, gates: int) -> Array:
    size = array.shape[0] // 2
    if gates == 3:  # a GRU with reset_after has both biases
        return _Derived((2, size), lambda: array.read().reshape(2, size))
    return _Derived((size,), lambda: array.read()[:size] + array.read()[size:])
