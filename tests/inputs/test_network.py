"""The flat network against Keras itself."""

import keras
import numpy as np
import pytest

from reportgen.errors import ModelError
from reportgen.inputs.graph.steps import open_activations
from reportgen.inputs.graph.tracing import trace
from reportgen.inputs.network import Network

layers = keras.layers


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(7)


def small(activation="softmax", units=3):
    return keras.Sequential(
        [
            keras.Input((20, 24, 3)),
            layers.Conv2D(4, 3, activation="relu", name="first"),
            layers.MaxPooling2D(name="pool"),
            layers.Conv2D(6, 3, activation="relu", padding="same", name="second"),
            layers.Dropout(0.5, name="drop"),
            layers.Flatten(name="flat"),
            layers.Dense(units, activation=activation, name="out"),
        ]
    )


def nested():
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(64, 64, 3))
    model = keras.Sequential(
        [base, layers.GlobalAveragePooling2D(), layers.Dense(2, activation="softmax")]
    )
    model.build((None, 64, 64, 3))
    return model, base


def pixels(network, count=2):
    size = network.image_input
    shape = (count, size.height, size.width, size.channels)
    return np.random.default_rng(0).uniform(0, 1, shape).astype("float32")


def run(network, path, values):
    behind, before = network.run(keras.ops.convert_to_tensor(values), [path])
    return np.asarray(behind[0]), np.asarray(before[0])


def test_every_output_equals_the_layers_own():
    model = small()
    network = Network(model)
    values = pixels(network)
    tensors = [layer.output for layer in model.layers]
    expected = keras.Model(model.inputs[0], tensors)(values, training=False)
    for layer, wanted in zip(model.layers, expected, strict=True):
        behind, _ = run(network, layer.name, values)
        np.testing.assert_allclose(behind, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_inner_layers_of_a_nested_model_are_reached():
    model, base = nested()
    network = Network(model)
    values = pixels(network)
    inner = keras.Model(base.input, base.get_layer("block_6_expand_relu").output)
    behind, _ = run(network, f"{base.name}/block_6_expand_relu", values)
    np.testing.assert_allclose(behind, inner(values, training=False), rtol=1e-5, atol=1e-6)
    assert network.last_spatial_layer == f"{base.name}/block_6_expand_relu"  # 8 × 8
    assert f"{base.name}/block_6" in [block.name for block in network.blocks]
    assert network.detect_preprocessing().mode == "signed"


def test_before_the_activation_stands_the_linear_response():
    model = small()
    network = Network(model)
    values = pixels(network)
    behind, before = run(network, "first", values)
    assert before.min() < 0
    np.testing.assert_allclose(np.maximum(before, 0), behind, rtol=1e-6, atol=1e-7)
    assert model.get_layer("first").activation is keras.activations.relu


@pytest.mark.parametrize("model", [small(), nested()[0]], ids=["flat", "nested"])
def test_totals_are_those_of_keras(model):
    network = Network(model)
    assert network.parameters == model.count_params()
    assert sum(layer.parameters for layer in network.layers) == model.count_params()
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert network.trainable_parameters == trainable
    assert sum(layer.trainable_parameters for layer in network.layers) == trainable


def test_a_shared_layer_has_two_paths_and_counts_once():
    entry = keras.Input((16, 16, 3))
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    model = keras.Model(entry, layers.GlobalAveragePooling2D()(shared(shared(entry))))
    network = Network(model)
    assert {"shared", "shared#2"} <= {layer.path for layer in network.layers}
    assert sum(layer.parameters for layer in network.layers) == model.count_params()
    values = pixels(network)
    behind, _ = run(network, "shared#2", values)
    np.testing.assert_allclose(behind, shared(shared(values)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "units", "kind", "classes"),
    [
        ("softmax", 3, "softmax", 3),
        ("sigmoid", 1, "sigmoid", 2),
        ("sigmoid", 4, "sigmoid", 4),
        (None, 5, "linear", 0),
        (None, 1, "linear", 0),
        ("tanh", 2, "other", 0),
    ],
)
def test_the_head_is_recognised(activation, units, kind, classes):
    head = Network(small(activation, units)).head
    assert (head.activation, head.classes) == (kind, classes)
    assert bool(head.reason) == (classes == 0)


@pytest.mark.parametrize(("activation", "units"), [("softmax", 3), ("sigmoid", 1), ("sigmoid", 4)])
def test_probabilities_come_from_the_scores(activation, units):
    model = small(activation, units)
    network = Network(model)
    values = pixels(network)
    reader = network.class_scores
    behind, before = network.run(keras.ops.convert_to_tensor(values), reader.paths)
    found = np.asarray(reader.probabilities(behind))
    wanted = np.asarray(model(values))
    if units == 1:
        wanted = np.concatenate([1 - wanted, wanted], axis=1)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    scores = np.asarray(reader.scores(behind, before))
    assert np.argmax(scores, axis=1).tolist() == np.argmax(wanted, axis=1).tolist()


def test_a_separate_softmax_layer_is_seen_through():
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(3, 3), layers.GlobalAveragePooling2D(name="mean"),
         layers.Activation("softmax", name="probabilities")]
    )  # fmt: skip
    network = Network(model)
    assert network.head.activation == "softmax"
    _, before = run(network, "probabilities", pixels(network))
    assert not np.allclose(before.sum(axis=1), 1)


def test_gradients_pass_opened_activations_and_values_stay():
    import tensorflow as tf

    model = keras.Sequential([keras.Input((4, 4, 1)), layers.ReLU(name="relu")])
    network = Network(model)
    values = tf.constant(-np.ones((1, 4, 4, 1), "float32"))
    with tf.GradientTape() as tape, open_activations():
        tape.watch(values)
        (behind,), _ = network.run(values, ["relu"])
    assert float(tf.reduce_sum(behind)) == 0
    np.testing.assert_allclose(tape.gradient(behind, values), np.ones((1, 4, 4, 1)))


def test_another_size_reaches_the_convolutions_and_not_the_dense_layers():
    network = Network(small()).at_size(40, 40)
    assert network.has("second")
    assert not network.has("out")
    assert network.map_size("first") == (38, 38)


def test_an_open_size_needs_one_and_says_so():
    model = keras.Sequential(
        [keras.Input((None, None, 3)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(),
         layers.Dense(2)]
    )  # fmt: skip
    assumed, given = Network(model), Network(model, input_size=(30, 40))
    assert (assumed.image_input.height, len(assumed.warnings)) == (224, 1)
    assert (given.image_input.height, given.image_input.width) == (30, 40)
    assert not given.warnings


def test_a_size_that_contradicts_the_model_is_refused():
    with pytest.raises(ModelError, match="20 × 24"):
        Network(small(), input_size=(30, 30))


def test_a_fixed_batch_does_not_matter():
    entry = keras.Input(batch_shape=(32, 12, 12, 3))
    model = keras.Model(entry, layers.Dense(2)(layers.Flatten()(layers.Conv2D(2, 3)(entry))))
    network = Network(model)
    assert run(network, network.layers[-1].path, pixels(network, 3))[0].shape == (3, 2)


@pytest.mark.parametrize(
    ("shape", "layout"),
    [((12, 12), "HW"), ((3, 12, 14), "CHW"), ((4, 12, 14, 3), "THWC"), ((12, 14, 1), "HWC")],
)
def test_layouts_of_the_image(shape, layout):
    entry = keras.Input(shape)
    model = keras.Model(entry, layers.Dense(2)(layers.Flatten()(entry)))
    network = Network(model)
    assert network.image_input.layout == layout
    fed = network.feed(keras.ops.convert_to_tensor(pixels(network)))
    assert tuple(fed[0].shape) == (2, *shape)


def test_other_inputs_are_fed_zeros_and_listed():
    image, extra = keras.Input((16, 16, 3), name="photo"), keras.Input((5,), name="age")
    joined = layers.Concatenate()([layers.Flatten()(layers.Conv2D(2, 3)(image)), extra])
    network = Network(keras.Model([extra, image], layers.Dense(2, activation="softmax")(joined)))
    assert network.image_input.name == "photo"
    assert [one.name for one in network.skipped] == ["age"]
    fed = network.feed(keras.ops.convert_to_tensor(pixels(network)))
    assert not np.asarray(fed[0]).any()


def test_a_vector_model_has_no_image_input():
    network = Network(keras.Sequential([keras.Input((10,)), layers.Dense(2)]))
    assert network.image_input is None
    assert network.last_spatial_layer is None


def test_names_that_meet_stay_apart():
    inner = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(3, 1, name="y")], name="x")
    entry = keras.Input((8, 8, 3))
    model = keras.Model(entry, inner(inner(entry)))
    paths = [step.path for step in trace(model, [(None, 8, 8, 3)]).steps]
    assert len(set(paths)) == len(paths) == 2


@keras.saving.register_keras_serializable("tests")
class Residual(layers.Layer):
    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.conv = layers.Conv2D(filters, 3, padding="same", activation="relu", name="conv")
        self.join = layers.Add(name="join")

    def call(self, inputs):
        return self.join([inputs, self.conv(inputs)])


class Own(keras.Model):
    def __init__(self):
        super().__init__(name="own")
        self.first = layers.Conv2D(4, 3, activation="relu", name="first")
        self.block = Residual(4, name="block")
        self.tail = keras.Sequential(
            [layers.GlobalAveragePooling2D(name="mean"), layers.Dense(3, "softmax", name="out")],
            name="tail",
        )

    def call(self, inputs, training=False):
        return self.tail(self.block(self.block(self.first(inputs))))


def test_a_subclassed_model_is_run_to_find_its_layers():
    model = Own()
    model(np.zeros((1, 16, 18, 3), "float32"))
    network = Network(model, input_size=(16, 18))
    paths = [layer.path for layer in network.layers]
    assert paths[1:] == [
        "first", "block/conv", "block/join", "block#2/conv", "block#2/join", "tail/mean", "tail/out"
    ]  # fmt: skip
    assert sum(layer.parameters for layer in network.layers) == model.count_params()
    assert network.last_spatial_layer == "block#2/join"
    assert (network.head.activation, network.head.classes) == ("softmax", 3)
    values = pixels(network)
    behind, _ = run(network, "block/join", values)
    np.testing.assert_allclose(behind, model.block(model.first(values)), rtol=1e-5, atol=1e-6)
    behind, before = run(network, "tail/out", values)
    np.testing.assert_allclose(behind, model(values), rtol=1e-5, atol=1e-6)
    assert not np.allclose(before.sum(axis=1), 1)
    np.testing.assert_allclose(model(values), behind, rtol=1e-5, atol=1e-6)


def test_gradients_of_a_subclassed_model_equal_keras_own():
    import tensorflow as tf

    from reportgen.analysis.cams.gradients import score_gradients

    model = Own()
    model(np.zeros((1, 16, 18, 3), "float32"))
    network = Network(model, input_size=(16, 18))
    values = pixels(network, 1)
    maps, classes, gradients = score_gradients(network, "block/join", 1)(values)
    with tf.GradientTape() as tape:
        middle = model.block(model.first(values))
        tape.watch(middle)
        dense = model.tail.layers[1]
        mean = tf.reduce_mean(model.block(middle), [1, 2])
        score = (mean @ dense.kernel + dense.bias)[0, int(classes[0, 0])]
    np.testing.assert_allclose(maps, middle, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradients[0], tape.gradient(score, middle), rtol=1e-4, atol=1e-7)


def test_a_subclassed_model_without_a_size_asks_for_one():
    with pytest.raises(ModelError, match="--input-size"):
        Network(Own())
