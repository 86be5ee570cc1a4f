"""Functions of TensorFlow between layers, as Keras 2 stores them: outputs as those of Keras 2."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import identify, open_model
from reportgen.inputs.model_files.bygone_layers import bygone_class
from reportgen.inputs.model_files.model_copy import save_copy

from .keras2 import compare_with_keras_2
from .networks import outputs, random_inputs, shuffle_weights
from .stored_files import call, functional, layer, write_hdf5

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "add": lambda x: x + 0.5,
    "radd": lambda x: 3 - x,
    "vector": lambda x: x * [1.0, 2.0, 3.0, 4.0] / tf.constant([2.0, 1.0, 4.0, 0.5]),
    "power": lambda x: x**2,
    "negative": lambda x: -x,
    "floor division": lambda x: (x * 4) // 2,
    "remainder": lambda x: (x * 4) % 3,
    "matrix": lambda x: x @ tf.ones((4, 2)),
    "item": lambda x: x[:, 1:5, ::2, :3],
    "new axis": lambda x: x[..., tf.newaxis, 0],
    "twice the same": lambda x: tf.nn.gelu(tf.nn.gelu(x)),
    "resize": lambda x: tf.image.resize(x, (13, 5)),
    "resize nearest": lambda x: tf.image.resize(x, (13, 5), method="nearest"),
    "resize bicubic": lambda x: tf.image.resize(x, (3, 5), "bicubic", antialias=True),
    "resize kept": lambda x: tf.image.resize(x, (20, 12), preserve_aspect_ratio=True),
    "resize v1": lambda x: tf.compat.v1.image.resize_bilinear(x, (9, 7), align_corners=True),
    "resize v1 nearest": lambda x: tf.compat.v1.image.resize_nearest_neighbor(x, (9, 7)),
    "resize padded": lambda x: tf.image.resize_with_pad(x, 9, 12),
    "central crop": lambda x: tf.image.central_crop(x, 0.5),
    "crop": lambda x: tf.image.crop_to_bounding_box(x, 1, 2, 4, 3),
    "pad": lambda x: tf.pad(x, [[0, 0], [1, 2], [3, 0], [0, 0]]),
    "pad mirrored": lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT"),
    "pad with": lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=0.7),
    "gelu": lambda x: tf.nn.gelu(x - 0.5, approximate=True),
    "elu": lambda x: tf.nn.elu(x - 0.5),
    "selu": lambda x: tf.nn.selu(x - 0.5),
    "leaky": lambda x: tf.nn.leaky_relu(x - 0.5, alpha=0.3),
    "crelu": lambda x: tf.nn.crelu(x - 0.5),
    "swish": lambda x: tf.nn.swish(x - 0.5),
    "swish with beta": lambda x: tf.nn.silu(x - 0.5, beta=1.7),
    "relu6": lambda x: tf.nn.relu6(9 * x - 0.5),
    "hard sigmoid": lambda x: tf.nn.relu6(x + 3.0) * (1.0 / 6.0),
    "softplus": tf.math.softplus,
    "l2_normalize": lambda x: tf.math.l2_normalize(x, axis=-1),
    "nn.l2_normalize": lambda x: tf.nn.l2_normalize(x, axis=[1, 2], epsilon=1e-3),
    "norm": lambda x: tf.norm(x, axis=-1, keepdims=True),
    "split": lambda x: tf.split(x, 2, axis=-1)[1],
    "split sizes": lambda x: tf.concat(tf.split(x, [1, 3], axis=-1)[::-1], axis=-1),
    "unstack": lambda x: tf.stack(tf.unstack(x, axis=-1)[:3], axis=1),
    "where": lambda x: tf.where(x > 0.5, x, tf.zeros_like(x)),
    "where with a number": lambda x: tf.where(tf.greater(x, 0.5), x, 0.25),
    "cast": lambda x: tf.cast(tf.cast(x * 9, tf.int32), tf.float32) / 3,
    "cast to uint8": lambda x: tf.cast(tf.cast(x * 99, tf.uint8), tf.float32) * 2,
    "convert": lambda x: tf.image.convert_image_dtype(tf.cast(x * 99, "uint8"), tf.float32),
    "gray": lambda x: tf.image.rgb_to_grayscale(x[..., :3]),
    "colours": lambda x: tf.image.grayscale_to_rgb(x[..., :1]),
    "hue": lambda x: tf.image.adjust_hue(x[..., :3], 0.2),
    "saturation": lambda x: tf.image.rgb_to_hsv(x[..., 1:] / 20),
    "contrast": lambda x: tf.image.adjust_contrast(x, 2.0),
    "standardised": tf.image.per_image_standardization,
    "flip": tf.image.flip_left_right,
    "turn": lambda x: tf.image.rot90(x, k=1),
    "patches": lambda x: tf.image.extract_patches(
        x, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"
    ),
    "edges": lambda x: tf.image.sobel_edges(x)[..., 0],
    "average pooling": lambda x: tf.nn.avg_pool(x, 2, 2, "SAME"),
    "average pooling 2d": lambda x: tf.nn.avg_pool2d(x, [3, 2], [2, 1], padding="VALID"),
    "max pooling": lambda x: tf.nn.max_pool2d(x, 3, 1, "SAME"),
    "convolution": lambda x: tf.nn.conv2d(x, np.full((3, 3, 4, 2), 0.1, "float32"), 1, "SAME"),
    "depthwise": lambda x: tf.nn.depthwise_conv2d(
        x, np.full((3, 3, 4, 1), 0.1, "float32"), [1, 1, 1, 1], "SAME"
    ),
    "response": lambda x: tf.nn.local_response_normalization(x, 2),
    "lrn": lambda x: tf.nn.lrn(x, depth_radius=2, bias=1.5, alpha=0.1, beta=0.6),
    "moments": lambda x: sum(tf.nn.moments(x, axes=[1, 2], keepdims=True)) * x,
    "depth to space": lambda x: tf.nn.depth_to_space(x, 2),
    "space to depth": lambda x: tf.nn.space_to_depth(x[:, :6], 2),
    "bias": lambda x: tf.nn.bias_add(x, [0.1, 0.2, 0.3, 0.4]),
    "mean": lambda x: tf.reduce_mean(x, axis=[1, 2], keepdims=True),
    "mean of all axes but one": lambda x: tf.reduce_mean(x, [1, 2]),
    "sum": lambda x: tf.reduce_sum(x, -1),
    "max": lambda x: tf.reduce_max(x, axis=(1, 2)),
    "standard deviation": lambda x: tf.math.reduce_std(x, axis=3, keepdims=True),
    "top": lambda x: tf.math.top_k(x, k=2)[0],
    "argmax": lambda x: tf.cast(tf.argmax(x, axis=-1), "float32"),
    "one hot": lambda x: tf.one_hot(tf.argmax(x, -1), 4),
    "gather": lambda x: tf.gather(x, [2, 0], axis=-1),
    "reversed channels": lambda x: tf.reverse(x, axis=[-1]),
    "transpose": lambda x: tf.transpose(x, [0, 3, 1, 2]),
    "reshape": lambda x: tf.reshape(x, [-1, 8 * 6, 4]),
    "reshape by shape": lambda x: tf.reshape(x, [tf.shape(x)[0], 8, 24]),
    "squeeze": lambda x: tf.squeeze(tf.expand_dims(x, 1), axis=[1]),
    "tile": lambda x: tf.tile(x, [1, 2, 1, 1]),
    "repeat": lambda x: tf.repeat(x, 2, axis=1),
    "roll": lambda x: tf.roll(x, shift=1, axis=2),
    "clip": lambda x: tf.clip_by_value(x, 0.2, 0.8),
    "clipped by keyword": lambda x: tf.clip_by_value(x, clip_value_min=0.1, clip_value_max=0.5),
    "tensordot": lambda x: tf.tensordot(x, tf.ones((4, 3)), axes=1),
    "matmul": lambda x: tf.matmul(x, x, transpose_b=True),
    "cumsum": lambda x: tf.cumsum(x, axis=1),
    "rounded": lambda x: tf.round(x * 9) + tf.sign(x) + tf.math.rsqrt(x + 1),
    "squared difference": lambda x: tf.math.squared_difference(x, 0.5),
    "logarithm": lambda x: tf.math.log1p(tf.abs(x)) + tf.math.erf(x) + tf.exp(-x),
    "comparison": lambda x: tf.cast((x > 0.4) & (x < 0.9), tf.float32),
    "add_n": lambda x: tf.add_n([x, x * 2, x]),
    "stop": tf.stop_gradient,
    "zeros": lambda x: tf.concat([x, tf.zeros_like(x), tf.ones_like(x)], axis=-1),
    "maximum": lambda x: tf.maximum(x, 0.3) + tf.minimum(0.2, x),
}  # fmt: skip


def with_function(function: Callable[[Any], Any]) -> Any:
    """A network of Keras 2 with the function between a convolution and the output."""
    k = pytest.importorskip("tf_keras")
    entry = k.layers.Input((8, 6, 3), name="image")
    found = function(k.layers.Conv2D(4, 3, padding="same", name="before")(entry))
    return shuffle_weights(k.Model(entry, k.layers.Activation("linear", name="end")(found)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_that_of_keras_2(name: str, tmp_path: Path) -> None:
    path = str(tmp_path / "m.h5")
    with_function(FUNCTIONS[name]).save(path)
    compare_with_keras_2(path, open_model(identify(path)))


def test_what_a_file_may_name_is_a_list(tmp_path: Path) -> None:
    """Nothing that reads files or runs code is looked up, whatever a file says."""
    for name in ["io.read_file", "py_function", "raw_ops.ReadFile", "sysconfig.sys.exit", "", "nn"]:
        entry = call(layer("InputLayer", name="image", batch_input_shape=[None, 8, 8, 3]))
        function = call(layer("TFOpLambda", name="f", function=name), "image")
        convolved = call(layer("Conv2D", name="c", filters=2, kernel_size=[3, 3]), "f")
        config = functional([entry, function, convolved], ["image"], ["c"])
        path = write_hdf5(tmp_path / "m.h5", config, {"c": []}, "2.9.0")
        with pytest.raises(ModelFileError, match="“f” is of the class “TFOpLambda”"):
            open_model(identify(path))


def test_another_engine_refuses_a_function_of_tensorflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JAX has no such function; one of keras.ops is computed all the same."""
    entry = call(layer("InputLayer", name="image", batch_input_shape=[None, 8, 8, 3]))
    convolved = call(layer("Conv2D", name="c", filters=2, kernel_size=[3, 3]), "image")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    for name in ("nn.relu", "nn.gelu"):
        function = call(layer("TFOpLambda", name="f", function=name), "c")
        config = functional([entry, convolved, function], ["image"], ["f"])
        weights = {"c": [("c/kernel:0", np.zeros((3, 3, 3, 2))), ("c/bias:0", np.zeros(2))]}
        path = write_hdf5(tmp_path / "m.h5", config, weights, "2.9.0")
        if name == "nn.relu":
            open_model(identify(path))
            continue
        with pytest.raises(ModelFileError) as caught:
            open_model(identify(path))
        assert str(caught.value) == (
            "m.h5: the layer “f” cannot be built: only TensorFlow computes tf.nn.gelu; use "
            "--engine tensorflow."
        )


@pytest.mark.filterwarnings("ignore")
def test_a_layer_and_an_operation_of_one_name(tmp_path: Path) -> None:
    """The hard swish of MobileNetV3: multiply by a number, then a layer called Multiply."""
    k = pytest.importorskip("tf_keras")
    k.backend.clear_session()
    entry = k.layers.Input((8, 8, 3))
    tensor = entry
    for _ in range(2):
        gate = k.layers.ReLU(6.0)(tensor + 3.0) * (1.0 / 6.0)
        tensor = k.layers.Multiply()([tensor, gate])
    path = str(tmp_path / "m.h5")
    k.Model(entry, k.layers.Conv2D(2, 3)(tensor)).save(path)
    opened = open_model(identify(path))
    compare_with_keras_2(path, opened)
    names = [operation.name for operation in opened.model.operations]
    assert {"multiply", "tf.math.multiply", "multiply_1", "tf.math.multiply_1"} <= {*names}


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_operations_of_keras_3(suffix: str, tmp_path: Path) -> None:
    """An HDF5 file calls the operation and the layer both Add, and Keras itself mixes them up."""
    entry = keras.Input((8, 8, 3), dtype="uint8")
    scaled = keras.ops.cast(entry, "float32") / 255.0
    left = keras.layers.Conv2D(3, 3, padding="same", name="left")(scaled)
    both = keras.layers.Add(name="sum")([left + scaled, scaled * 2.0])
    gate = keras.layers.ReLU(6.0)(both + 3.0) * (1.0 / 6.0)
    tensor = keras.ops.maximum(gate, keras.ops.max(gate, axis=-1, keepdims=True))
    tensor = keras.ops.image.resize(tensor, (5, 4))
    tensor = keras.ops.concatenate([tensor, keras.ops.softmax(tensor)], axis=-1)
    model = shuffle_weights(keras.Model(entry, keras.layers.Conv2D(2, 3, name="end")(tensor)))
    model.save(tmp_path / f"m{suffix}")
    opened = open_model(identify(str(tmp_path / f"m{suffix}")))
    inputs = (255 * random_inputs(model)).astype("uint8")
    for found, expected in zip(outputs(opened.model, inputs), outputs(model, inputs), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_a_copy_for_the_notebook_keeps_the_functions(tmp_path: Path) -> None:
    path = str(tmp_path / "m.h5")
    with_function(lambda x: tf.image.resize(tf.nn.gelu(x), [4, 4]) * 2.0).save(path)
    model = open_model(identify(path)).model
    save_copy(model, tmp_path / "copy.keras", "2026-01-01")
    custom = {"TFOpLambda": bygone_class("TFOpLambda")}
    again = keras.saving.load_model(tmp_path / "copy.keras", custom_objects=custom)
    inputs = random_inputs(model)
    np.testing.assert_array_equal(outputs(again, inputs)[0], outputs(model, inputs)[0])
