"""Files as Keras 1.0 to 2.8 wrote them, made by hand: they open, and compute the right thing."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import OpenedModel, identify, open_model

from .keras2 import compare_with_keras_2
from .stored_files import call, functional, image, layer, numbers, write_hdf5

KERNEL, BIAS = numbers(3, 3, 3, 4), numbers(4)
CONV_WEIGHTS = [("conv_1/kernel:0", KERNEL), ("conv_1/bias:0", BIAS)]


def opened(path: str, *, in_keras_2: bool = False, **options: Any) -> OpenedModel:
    """The opened model; `in_keras_2`: Keras 2 opens the file too, and computes the same."""
    result = open_model(identify(path), **options)
    if in_keras_2:
        compare_with_keras_2(path, result)
    return result


def convolution(x: np.ndarray, kernel: np.ndarray = KERNEL, bias: np.ndarray = BIAS) -> Any:
    return np.asarray(keras.ops.conv(x, kernel, padding="valid")) + bias


def test_keras_1_sequential(tmp_path: Path) -> None:
    dense, dense_bias = numbers(4, 2), numbers(2)
    gamma, beta, mean, variance = (numbers(4, seed=seed) for seed in range(4))
    config = [
        layer(
            "Convolution2D",
            name="convolution2d_1",
            batch_input_shape=[None, 6, 6, 3],
            input_dtype="float32",
            nb_filter=4,
            nb_row=3,
            nb_col=3,
            init="glorot_uniform",
            border_mode="valid",
            subsample=[1, 1],
            dim_ordering="tf",
            activation="linear",
            bias=True,
            W_regularizer={"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01},
            b_constraint=None,
            trainable=True,
        ),
        layer(
            "BatchNormalization", name="bn_1", mode=0, axis=-1, epsilon=0.001, momentum=0.99,
            gamma_regularizer=None, beta_regularizer=None,
        ),
        layer("ELU", name="elu_1", alpha=0.5),
        layer(
            "MaxPooling2D", name="pool_1", pool_size=[4, 4], strides=[4, 4], border_mode="valid",
            dim_ordering="tf",
        ),
        layer("Dropout", name="dropout_1", p=0.5),
        layer("Flatten", name="flatten_1"),
        layer(
            "Dense", name="dense_1", output_dim=2, init="glorot_uniform", activation="sigmoid",
            bias=True, input_dim=None,
        ),
    ]  # fmt: skip
    weights = {
        "convolution2d_1": [("convolution2d_1_W:0", KERNEL), ("convolution2d_1_b:0", BIAS)],
        "bn_1": [
            ("bn_1_gamma:0", gamma),
            ("bn_1_beta:0", beta),
            ("bn_1_running_mean:0", mean),
            ("bn_1_running_std:0", variance),
        ],
        "elu_1": [],
        "dense_1": [("dense_1_W:0", dense), ("dense_1_b:0", dense_bias)],
    }
    path = write_hdf5(
        tmp_path / "m.h5", {"class_name": "Sequential", "config": config}, weights, "1.2.0", None
    )
    result = opened(path)
    x = image(6, 6, 3)
    hidden = (convolution(x) - mean) / np.sqrt(variance + 0.001) * gamma + beta
    hidden = np.where(hidden > 0, hidden, 0.5 * (np.exp(hidden) - 1)).max(axis=(1, 2))
    expected = 1 / (1 + np.exp(-(hidden @ dense + dense_bias)))
    np.testing.assert_allclose(np.asarray(result.model(x)), expected, atol=1e-5)
    assert "read from Keras 1.2.0: Sequential layers were a bare list" in result.notes
    assert any("names of Keras 1" in note for note in result.notes)
    assert result.warnings == ()


@pytest.mark.parametrize("backend", ["theano", "tensorflow", None])
@pytest.mark.parametrize("ordering", ["tf", "th"])
def test_kernels_in_theanos_order_follow_one_rule(
    ordering: str, backend: str | None, tmp_path: Path
) -> None:
    """Whatever the network's layout: turned over where the file names Theano, and only there."""
    shape = [None, 6, 6, 3] if ordering == "tf" else [None, 3, 6, 6]
    config = layer(
        "Convolution2D", name="c", batch_input_shape=shape, nb_filter=4, nb_row=3, nb_col=3,
        border_mode="valid", dim_ordering=ordering,
    )  # fmt: skip
    stored = KERNEL.transpose(3, 2, 0, 1)
    if backend == "theano":
        stored = stored[..., ::-1, ::-1]
    model = {"class_name": "Sequential", "config": [config]}
    weights = {"c": [("c_W", stored), ("c_b", BIAS)]}
    result = opened(write_hdf5(tmp_path / "m.h5", model, weights, "1.0.8", backend))
    np.testing.assert_array_equal(result.model.get_weights()[0], KERNEL)
    said = "does not say whether TensorFlow or Theano wrote the kernels of “c”: TensorFlow is"
    assert [said in warning for warning in result.warnings] == ([True] if backend is None else [])


@pytest.mark.parametrize(("mode", "expected"), [("sum", 4), ("concat", 8), ("mul", 4)])
def test_keras_1_merge(tmp_path: Path, mode: str, expected: int) -> None:
    layers = [
        call(layer("InputLayer", name="in", batch_input_shape=[None, 6, 6, 4])),
        call(layer("Activation", name="a", activation="relu"), "in"),
        call(layer("Merge", name="m", mode=mode, concat_axis=3, mode_type="raw"), "in", "a"),
    ]
    path = write_hdf5(tmp_path / "m.h5", functional(layers, ["in"], ["m"]), {"in": []}, "1.2.2")
    assert opened(path).model.output_shape == (None, 6, 6, expected)


@pytest.mark.parametrize("version", ["2.0.5", "2.1.6", "2.2.4", "2.2.4-tf", "2.3.1"])
@pytest.mark.parametrize("bare_list", [True, False])
@pytest.mark.parametrize("penalty", [None, {"class_name": "MyOwnPenalty", "config": {}}])
def test_keras_2_sequential(tmp_path: Path, version: str, bare_list: bool, penalty: Any) -> None:
    layers = [
        layer(
            "Conv2D",
            name="conv_1",
            batch_input_shape=[None, 6, 6, 3],
            dtype="float32",
            filters=4,
            kernel_size=[3, 3],
            kernel_initializer={
                "class_name": "GlorotUniform",
                "config": {"seed": None, "dtype": "float32"},
            },
            kernel_regularizer=penalty,
        ),
        layer("ThresholdedReLU", name="t", theta=0.5),
        layer("Reshape", name="r", batch_input_shape=[None, 6, 6, 3], target_shape=[64]),
    ]
    config: Any = layers if bare_list else {"name": "net", "layers": layers}
    path = write_hdf5(
        tmp_path / "m.h5",
        {"class_name": "Sequential", "config": config},
        {"conv_1": CONV_WEIGHTS, "t": []},
        version,
    )
    result = opened(path, in_keras_2=penalty is None)
    x = image(6, 6, 3)
    expected = convolution(x)
    expected = np.where(expected > 0.5, expected, 0).reshape(2, 64)
    np.testing.assert_allclose(np.asarray(result.model(x)), expected, atol=1e-5)
    assert any("initializers carried a dtype" in note for note in result.notes)
    assert any("bare list" in note for note in result.notes) == bare_list


def nested_model(call_index: int) -> dict[str, Any]:
    inner = functional(
        [
            call(layer("InputLayer", name="entry", batch_input_shape=[None, 6, 6, 3])),
            call(layer("Conv2D", name="conv_1", filters=4, kernel_size=[3, 3]), "entry"),
        ],
        ["entry"],
        ["conv_1"],
        name="inner",
    )
    return functional(
        [
            call(layer("InputLayer", name="left", batch_input_shape=[None, 6, 6, 3])),
            call(layer("InputLayer", name="right", batch_input_shape=[None, 6, 6, 3])),
            {
                **inner,
                "name": "inner",
                "inbound_nodes": [[["left", 0, 0, {}]], [["right", 0, 0, {}]]],
            },
            {
                **layer("Subtract", name="difference"),
                "name": "difference",
                "inbound_nodes": [[["inner", call_index, 0, {}], ["inner", call_index + 1, 0, {}]]],
            },
        ],
        ["left", "right"],
        ["difference"],
    )


@pytest.mark.parametrize("call_index", [0, 1])
def test_calls_of_a_shared_nested_model(tmp_path: Path, call_index: int) -> None:
    path = write_hdf5(tmp_path / "m.h5", nested_model(call_index), {"inner": CONV_WEIGHTS}, "2.2.4")
    left, right = image(6, 6, 3), image(6, 6, 3)[::-1]
    # Calls from 0 are of no Keras 2: it would wait for them forever.
    result = opened(path, in_keras_2=call_index == 1)
    found = np.asarray(result.model([left, right]))
    np.testing.assert_allclose(found, convolution(left) - convolution(right), atol=1e-5)


def test_quantisation_wrappers_are_taken_off(tmp_path: Path) -> None:
    wrapped = layer(
        "QuantizeWrapperV2",
        name="quant_conv_1",
        trainable=True,
        layer=layer(
            "Conv2D",
            name="conv_1",
            filters=4,
            kernel_size=[3, 3],
            activation=layer("QuantizeAwareActivation", activation="relu"),
        ),
        quantize_config=layer("Default8BitConvQuantizeConfig", weight_attrs=["kernel"]),
    )
    layers = [
        layer("InputLayer", name="in", batch_input_shape=[None, 6, 6, 3]),
        layer("QuantizeLayer", name="quantize_layer", quantizer=layer("MovingAverage")),
        wrapped,
    ]
    weights = {
        "quantize_layer": [("quantize_layer/quantize_layer_min:0", np.float32(0))],
        "quant_conv_1": [
            *CONV_WEIGHTS,
            ("quant_conv_1/kernel_min:0", numbers(4)),
            ("quant_conv_1/optimizer_step:0", np.int32(1)),
        ],
    }
    config = {"class_name": "Sequential", "config": {"name": "q", "layers": layers}}
    result = opened(write_hdf5(tmp_path / "m.h5", config, weights, "2.6.0"))
    x = image(6, 6, 3)
    np.testing.assert_allclose(
        np.asarray(result.model(x)), np.maximum(convolution(x), 0), atol=1e-5
    )
    assert any("wrappers for quantisation" in note for note in result.notes)


def test_slashes_in_the_names_of_layers(tmp_path: Path) -> None:
    layers = [
        call(layer("InputLayer", name="in", batch_input_shape=[None, 6, 6, 3])),
        call(layer("Conv2D", name="fire/conv", filters=4, kernel_size=3), "in"),
        call(layer("ReLU", name="fire/relu"), "fire/conv"),
    ]
    weights = {"fire/conv": [("fire/conv/kernel:0", KERNEL), ("fire/conv/bias:0", BIAS)]}
    config = functional(layers, ["in"], ["fire/relu"])
    result = opened(write_hdf5(tmp_path / "m.h5", config, weights), in_keras_2=True)
    x = image(6, 6, 3)
    np.testing.assert_allclose(
        np.asarray(result.model(x)), np.maximum(convolution(x), 0), atol=1e-5
    )
    assert [item.name for item in result.model.layers] == ["in", "fire_conv", "fire_relu"]
    assert any("signs in the names" in note for note in result.notes)


def test_operations_of_tensorflow_2_0(tmp_path: Path) -> None:
    text = 'name: "RealDiv"\nop: "RealDiv"\ninput: "in"\ninput: "RealDiv/y"\n'
    layers = [
        call(layer("InputLayer", name="in", batch_input_shape=[None, 4, 4, 1])),
        call(
            layer("TensorFlowOpLayer", name="tf_op_layer", node_def=text, constants={"1": 4.0}),
            "in",
        ),
    ]
    path = write_hdf5(
        tmp_path / "m.h5", functional(layers, ["in"], ["tf_op_layer"]), {"in": []}, "2.2.4-tf"
    )
    x = image(4, 4, 1)
    np.testing.assert_allclose(np.asarray(opened(path).model(x)), x / 4.0, atol=1e-6)


def test_a_gru_from_before_reset_after(tmp_path: Path) -> None:
    layers = [
        layer("GRU", name="gru_1", batch_input_shape=[None, 5, 3], units=2, activation="tanh")
    ]
    weights = {
        "gru_1": [
            ("gru_1/kernel:0", numbers(3, 6)),
            ("gru_1/recurrent_kernel:0", numbers(2, 6)),
            ("gru_1/bias:0", numbers(6)),
        ]
    }
    config = {"class_name": "Sequential", "config": layers}
    result = opened(write_hdf5(tmp_path / "m.h5", config, weights, "2.1.6"))
    assert result.model.layers[0].reset_after is False
    assert result.model.layers[0].recurrent_activation(keras.ops.convert_to_tensor(2.0)) == 0.9


def test_names_of_layers_too_long_for_one_attribute(tmp_path: Path) -> None:
    import h5py

    layers = [
        layer("Conv2D", name="conv_1", batch_input_shape=[None, 6, 6, 3], filters=4, kernel_size=3)
    ]
    path = write_hdf5(
        tmp_path / "m.h5", {"class_name": "Sequential", "config": layers}, {"conv_1": CONV_WEIGHTS}
    )
    with h5py.File(path, "r+") as file:
        group = file["model_weights"]
        group.attrs["layer_names0"] = group.attrs["layer_names"]
        group.attrs["layer_names1"] = np.array([], dtype="S1")
        del group.attrs["layer_names"]
    x = image(6, 6, 3)
    found = opened(path, in_keras_2=True).model(x)
    np.testing.assert_allclose(np.asarray(found), convolution(x), atol=1e-5)


def test_weights_of_another_shape_name_layer_and_shapes(tmp_path: Path) -> None:
    layers = [
        layer("Conv2D", name="conv_1", batch_input_shape=[None, 6, 6, 3], filters=8, kernel_size=3)
    ]
    path = write_hdf5(
        tmp_path / "m.h5", {"class_name": "Sequential", "config": layers}, {"conv_1": CONV_WEIGHTS}
    )
    with pytest.raises(ModelFileError, match=r"“conv_1”.*3 × 3 × 3 × 4 weights .*3 × 3 × 3 × 8"):
        opened(path)


def test_a_model_that_never_saw_an_image_needs_its_size(tmp_path: Path) -> None:
    layers = [layer("Conv2D", name="conv_1", filters=4, kernel_size=[3, 3])]
    path = write_hdf5(
        tmp_path / "m.h5",
        {"class_name": "Sequential", "config": {"name": "s", "layers": layers}},
        {"conv_1": CONV_WEIGHTS},
        "2.2.4-tf",
    )
    with pytest.raises(ModelFileError, match="--input-size"):
        opened(path)
    assert opened(path, input_size=(6, 9)).model.output_shape == (None, 4, 7, 4)


def test_the_last_layer_of_unknown_code_is_cut(tmp_path: Path) -> None:
    layers = [
        call(layer("InputLayer", name="image", batch_input_shape=[None, 6, 6, 3])),
        call(layer("InputLayer", name="label", batch_input_shape=[None, 5])),
        call(layer("Conv2D", name="conv_1", filters=4, kernel_size=[3, 3]), "image"),
        call(layer("Flatten", name="flat"), "conv_1"),
        call(layer("CTCLayer", name="ctc", weird=1), "label", y_pred=["flat", 0, 0]),
    ]
    config = functional(layers, ["image", "label"], ["ctc"])
    result = opened(write_hdf5(tmp_path / "m.h5", config, {"conv_1": CONV_WEIGHTS}, "2.8.0"))
    assert [tensor.name for tensor in result.model.inputs] == ["image"]
    assert result.model.output_shape == (None, 64)
    assert result.cut == ("“ctc” (CTCLayer)",)
    assert "“ctc” (CTCLayer)" in result.warnings[0]


def test_a_network_of_which_nothing_learned_is_left_is_refused(tmp_path: Path) -> None:
    layers = [
        call(layer("InputLayer", name="image", batch_input_shape=[None, 6, 6, 3])),
        call(layer("Rescaling", name="scale", scale=0.1), "image"),
        call(layer("MyPatches", name="cut", size=2), "scale"),
        call(layer("Dense", name="out", units=2), "cut"),
    ]
    config = functional(layers, ["image"], ["out"])
    path = write_hdf5(tmp_path / "m.h5", config, {"out": CONV_WEIGHTS}, "2.8.0")
    with pytest.raises(ModelFileError, match=r"“cut” is of the class “MyPatches”.*is left"):
        opened(path)


def test_unknown_code_before_a_convolution_is_asked_for(tmp_path: Path) -> None:
    layers = [
        call(layer("InputLayer", name="image", batch_input_shape=[None, 6, 6, 3])),
        call(layer("MyBlock", name="mine"), "image"),
        call(layer("Conv2D", name="conv_1", filters=4, kernel_size=[3, 3]), "mine"),
    ]
    config = functional(layers, ["image"], ["conv_1"])
    path = write_hdf5(tmp_path / "m.h5", config, {"conv_1": CONV_WEIGHTS}, "2.8.0")
    with pytest.raises(ModelFileError, match=r"“mine” is of the class “MyBlock”.*--custom-objects"):
        opened(path)
    code = tmp_path / "mine.py"
    code.write_text(
        "import keras\nclass MyBlock(keras.layers.Layer):\n    def call(self, x): return 2 * x\n"
    )
    x = image(6, 6, 3)
    found = np.asarray(opened(path, custom_objects=[code]).model(x))
    np.testing.assert_allclose(found, convolution(2 * x), atol=1e-5)
