"""What outputs mean, and that probabilities are Keras's own; scores give the same by softmax."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from reportgen.errors import ModelError
from reportgen.inputs.network import Network

SIDE = 16


def dense(units, activation=None, seed=1, **kwargs):
    start = keras.initializers.RandomNormal(stddev=3.0, seed=seed)
    return layers.Dense(units, activation=activation, kernel_initializer=start, **kwargs)


def model_of(head, of_maps=False):
    """A small network with a head on its pooled features, or on its maps."""
    keras.utils.set_random_seed(3)
    entry = keras.Input((SIDE, SIDE, 3))
    maps = layers.Conv2D(8, 3, activation="relu")(layers.Rescaling(1 / 255)(entry))
    maps = layers.Conv2D(8, 3, strides=2, activation="relu", name="last")(maps)
    return keras.Model(entry, head(maps if of_maps else layers.GlobalAveragePooling2D()(maps)))


def read(model, loss=None, **kwargs):
    """The reading of the output explained, its probabilities and scores, and Keras's output."""
    network = Network(model, training={"loss": loss} if loss else None, **kwargs)
    images = np.random.default_rng(5).uniform(0, 255, (3, SIDE, SIDE, 3)).astype("float32")
    reader = network.class_scores
    behind, before = network.run(images, reader.paths)
    outputs = model(images, training=False)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    own = np.asarray(outputs[network.readers.index(reader)])
    scores = np.asarray(reader.scores(behind, before)) if reader.head.targets else None
    shares = np.asarray(reader.probabilities(behind)) if reader.head.classes else None
    return reader.head, shares, scores, own


def softmax(values):
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def pair(shares):
    return layers.Concatenate()([1 - shares, shares])


def averaged(*outputs):
    return ops.mean(ops.stack(outputs, axis=0), axis=0)


def normalised(values):
    return values / ops.sum(values, axis=-1, keepdims=True)


def of_length_one(values):
    return values / ops.sqrt(ops.sum(values * values, axis=1, keepdims=True))


DISTRIBUTIONS = {
    "softmax": dense(3, "softmax"),
    "mixed precision": lambda x: layers.Activation("linear", dtype="float32")(
        dense(3, "softmax", dtype="mixed_float16")(x)
    ),
    "average": lambda x: layers.Average()([dense(3, "softmax")(x), dense(3, "softmax", 2)(x)]),
    "sum of halves": lambda x: (dense(3, "softmax")(x) + dense(3, "softmax", 2)(x)) / 2.0,
    "weighted": lambda x: dense(3, "softmax")(x) * 0.3 + dense(3, "softmax", 2)(x) * 0.7,
    "stack and mean": lambda x: averaged(dense(3, "softmax")(x), dense(3, "softmax", 2)(x)),
    "reshape": lambda x: layers.Reshape((3,))(layers.Reshape((1, 3))(dense(3, "softmax")(x))),
    "clip": lambda x: ops.clip(dense(3, "softmax")(x), 1e-7, 1 - 1e-7),
    "temperature": lambda x: layers.Softmax()(dense(3)(x) / 2.0),
    "operation": lambda x: ops.softmax(dense(3)(x)),
    "pair of one sigmoid": lambda x: pair(dense(1, "sigmoid")(x)),
    "dropout": lambda x: layers.Dropout(0.5)(dense(3, "softmax")(x)),
    "normalised again": lambda x: normalised(
        dense(3, "softmax")(x) * np.array([0.2, 0.5, 0.3], "float32")
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("head", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_a_distribution_is_shown_as_it_is(head):
    found, shares, scores, own = read(model_of(head))
    assert (found.kind, found.link) == ("classes", "softmax")
    np.testing.assert_allclose(shares, own, atol=1e-6)
    np.testing.assert_allclose(softmax(scores), own, atol=1e-3)


def test_scores_are_logits_where_one_softmax_stands_behind():
    for head in ("mixed precision", "reshape", "clip", "dropout"):
        _, _, scores, own = read(model_of(DISTRIBUTIONS[head]))
        assert scores.max() > 0.1, head
        np.testing.assert_allclose(softmax(scores), own, atol=1e-3)


def test_scores_of_an_average_are_its_logarithms_also_where_float32_ends():
    def sure(x):
        return layers.Average()([dense(3, "softmax")(x * 40.0), dense(3, "softmax")(x * 50.0)])

    model = model_of(sure)
    _, shares, _, own = read(model)
    assert own.max() == 1.0
    np.testing.assert_allclose(shares, own, atol=1e-6)
    x = tf.constant(np.random.default_rng(5).uniform(0, 255, (3, SIDE, SIDE, 3)), tf.float32)
    network = Network(model)
    with tf.GradientTape() as tape:
        tape.watch(x)
        best = tf.reduce_max(
            network.class_scores.scores(*network.run(x, network.class_scores.paths)), 1
        )
    slopes = np.abs(tape.gradient(best, x)).reshape(3, -1).max(axis=1)
    assert (slopes > 0).all()


@pytest.mark.parametrize(
    ("head", "classes"),
    [
        (dense(3, "log_softmax"), 3),
        (lambda x: ops.log(dense(3, "softmax")(x)), 3),
        (lambda x: ops.log_softmax(dense(3)(x)), 3),
    ],
)
def test_logarithms_of_probabilities_are_named_and_read_so(head, classes):
    found, shares, scores, own = read(model_of(head))
    assert found.classes == classes and "logarithms" in found.why
    np.testing.assert_allclose(shares, np.exp(own), atol=1e-6)
    np.testing.assert_allclose(softmax(scores), np.exp(own), atol=1e-5)


def test_the_strongest_place_of_a_sigmoid_map_is_a_label():
    pool = layers.GlobalMaxPooling2D()
    found, shares, scores, own = read(
        model_of(lambda x: pool(layers.Conv2D(5, 1, activation="sigmoid")(x)), of_maps=True)
    )
    assert found.kind == "labels"
    np.testing.assert_allclose(shares, own, atol=1e-6)
    np.testing.assert_allclose(1 / (1 + np.exp(-scores.astype(float))), own, atol=1e-5)


def test_percentages_are_read_as_shares_of_a_hundred():
    found, shares, _, own = read(model_of(lambda x: dense(3, "softmax")(x) * 100))
    assert found.kind == "classes"
    np.testing.assert_allclose(shares, own / 100, atol=1e-6)


def two_votes(x, weight=1.0):
    return dense(3, "softmax")(x), dense(3, "softmax", 2)(x) * weight


@pytest.mark.parametrize(
    ("head", "total"),
    [
        (lambda x: layers.Add()(two_votes(x)), 2),
        (lambda x: layers.Add()(two_votes(x, 0.5)), 1.5),
        (lambda x: ops.sum(ops.stack(two_votes(x)), axis=0), 2),
        (lambda x: dense(3, "softmax")(x) * 100, 100),
    ],
)
def test_votes_are_shares_of_their_sum(head, total):
    found, shares, scores, own = read(model_of(head))
    assert (found.kind, found.link) == ("classes", "softmax")
    assert f"sum to {total}" in found.why
    np.testing.assert_allclose(shares, own / total, atol=1e-6)
    np.testing.assert_allclose(softmax(scores), own / total, atol=1e-3)


def test_distributions_beside_each_other_are_no_single_one():
    found, shares, _, own = read(model_of(lambda x: layers.Concatenate()(two_votes(x))))
    assert found.kind == "labels"
    np.testing.assert_allclose(shares, own, atol=1e-6)
    found, *_ = read(model_of(lambda x: layers.Concatenate()(two_votes(x)) * 3.0))
    assert found.kind == "values"


@pytest.mark.parametrize("asked", ["classes", "labels"])
def test_a_softmax_over_one_unit_is_one_whatever_is_asked(asked):
    _, shares, scores, own = read(model_of(dense(1, "softmax")), heads=[asked])
    assert (own == 1).all()
    np.testing.assert_array_equal(shares[:, -1], 1)
    assert (scores[:, -1] > 0).all()


SIGMOIDS = {
    "flat": lambda x: layers.Flatten()(layers.Activation("sigmoid")(dense(1)(x))),
    "average": lambda x: layers.Average()([dense(1, "sigmoid")(x), dense(1, "sigmoid", 2)(x)]),
    "hard": dense(1, "hard_sigmoid"),
}


@pytest.mark.parametrize("head", SIGMOIDS.values(), ids=SIGMOIDS)
def test_one_sigmoid_tells_two_classes_apart(head):
    found, shares, scores, own = read(model_of(head))
    assert (found.kind, found.classes, found.binary) == ("classes", 2, True)
    np.testing.assert_allclose(shares, np.concatenate([1 - own, own], 1), atol=1e-6)
    np.testing.assert_allclose(scores[:, 0], -scores[:, 1])
    assert ((scores[:, 1] > 0) == (own[:, 0] > 0.5)).all()


@pytest.mark.parametrize(
    "head",
    [
        dense(4, "sigmoid"),
        lambda x: layers.Concatenate()([dense(1, "sigmoid", i)(x) for i in range(3)]),
        lambda x: layers.Average()([dense(4, "sigmoid")(x), dense(4, "sigmoid", 2)(x)]),
        lambda x: dense(4, "softmax")(x)[:, 1:],
        lambda x: layers.Maximum()([dense(4, "sigmoid")(x), dense(4, "sigmoid", 2)(x)]),
    ],
)
def test_shares_by_themselves_are_labels(head):
    found, shares, scores, own = read(model_of(head))
    assert (found.kind, found.link) == ("labels", "none")
    np.testing.assert_allclose(shares, own, atol=1e-6)
    np.testing.assert_allclose(1 / (1 + np.exp(-scores.astype(float))), own, atol=1e-5)


def logits(name):
    return {"class_name": name, "config": {"from_logits": True}}


def test_the_stored_loss_makes_classes_of_logits():
    found, shares, scores, own = read(model_of(dense(3)), logits("SparseCategoricalCrossentropy"))
    assert (found.kind, found.classes) == ("classes", 3)
    np.testing.assert_allclose(shares, softmax(own), atol=1e-6)
    np.testing.assert_allclose(scores, own, atol=1e-6)
    found, shares, scores, own = read(model_of(dense(1)), logits("BinaryCrossentropy"))
    assert (found.classes, found.link) == (2, "sigmoid")
    np.testing.assert_allclose(shares[:, 1:], 1 / (1 + np.exp(-own)), atol=1e-6)
    np.testing.assert_allclose(scores, np.concatenate([-own, own], 1), atol=1e-6)
    found, *_ = read(model_of(dense(4)), logits("BinaryCrossentropy"))
    assert (found.kind, found.classes) == ("labels", 4)


def test_a_loss_that_takes_the_linear_output_as_a_probability():
    found, shares, scores, own = read(model_of(dense(1)), "binary_crossentropy")
    assert found.classes == 2 and "clipped to 0..1" in found.why
    np.testing.assert_allclose(shares[:, 1:], np.clip(own, 0, 1), atol=1e-6)
    assert ((scores[:, 1] > 0) == (own[:, 0] > 0.5)).all()


@pytest.mark.parametrize("activation", [None, "tanh"])
def test_margins_are_no_probabilities(activation):
    found, *_ = read(model_of(dense(1, activation)), "hinge")
    assert (found.classes, found.margins) == (2, True)
    assert "margins" in found.why
    found, *_ = read(model_of(dense(4, activation)), "categorical_hinge")
    assert (found.kind, found.classes, found.margins) == ("classes", 4, True)


@pytest.mark.parametrize(
    ("head", "loss"),
    [
        (dense(1), None),
        (dense(1), "mse"),
        (dense(4, name="bbox"), "mse"),
        (dense(30), None),
        (dense(4, "sigmoid"), "mse"),
        (dense(4, "sigmoid", name="bounding_box"), None),
        (lambda x: dense(1, "sigmoid")(x) * 100, None),
        (dense(1, "tanh"), None),
        (dense(1, "softmax"), None),
        (lambda x: ops.squeeze(dense(1)(x), axis=-1), "mae"),
        (lambda x: ops.sum(dense(9, "softmax")(x) * np.arange(9.0, dtype="float32"), axis=1), None),
    ],
)
def test_values_are_the_outputs_own(head, loss):
    found, _, scores, own = read(model_of(head), loss)
    assert (found.kind, found.classes, found.targets) == ("values", 0, 2 * found.units)
    assert found.why and found.reason
    np.testing.assert_allclose(scores[:, ::2], own.reshape(3, -1), atol=1e-6)
    np.testing.assert_allclose(scores[:, 1::2], -own.reshape(3, -1), atol=1e-6)


@pytest.mark.parametrize(
    "head",
    [
        lambda x: layers.UnitNormalization()(dense(16)(x)),
        lambda x: ops.normalize(dense(16)(x)),
        lambda x: of_length_one(dense(16)(x)),
        lambda x: layers.BatchNormalization()(dense(128)(x)),
        dense(20, name="embedding"),
        lambda x: x,
    ],
)
def test_embeddings(head):
    found, *_ = read(model_of(head))
    assert (found.kind, found.targets) == ("embedding", 0)


def up(channels, activation=None, **kwargs):
    return layers.Conv2DTranspose(channels, 3, strides=2, activation=activation, **kwargs)


@pytest.mark.parametrize(
    ("head", "loss", "classes"),
    [
        (up(4, "softmax"), None, 4),
        (up(4, "sigmoid", name="mask"), None, 4),
        (up(4), None, 4),
        (up(1, "sigmoid"), "binary_crossentropy", 1),
        (up(1, "sigmoid"), None, 0),
        (up(3, "sigmoid"), "binary_crossentropy", 0),
        (up(3), "mse", 0),
        (lambda x: x, None, 0),
        (lambda x: layers.Flatten()(up(1, "sigmoid")(x)), None, 0),
        (lambda x: layers.Flatten()(layers.UpSampling2D()(up(1, "sigmoid")(x))), None, 0),
        (lambda x: layers.UpSampling2D(3)(layers.Conv2D(6, 1, activation="sigmoid")(x)), None, 6),
        (lambda x: layers.Resizing(16, 16)(layers.Conv2D(6, 1, activation="softmax")(x)), None, 6),
        (lambda x: layers.Softmax()(layers.Reshape((-1, 4))(up(4)(x))), None, 4),
    ],
)
def test_maps(head, loss, classes):
    found, shares, scores, own = read(model_of(head, of_maps=True), loss)
    assert (found.kind, found.classes) == ("map", classes)
    if classes:
        maps = own.reshape(3, -1, classes)
        likely = softmax(maps) if found.activation == "linear" else maps
        np.testing.assert_allclose(shares, likely.mean(axis=1), atol=1e-5)
        assert scores.shape == (3, classes)
    else:
        assert found.reason


def test_pooled_class_maps_are_classes():
    head = layers.GlobalAveragePooling2D()
    found, shares, scores, own = read(
        model_of(lambda x: head(layers.Conv2D(5, 1, activation="softmax")(x)), of_maps=True)
    )
    assert (found.kind, found.classes) == ("classes", 5)
    np.testing.assert_allclose(shares, own, atol=1e-6)
    np.testing.assert_allclose(softmax(scores), own, atol=1e-5)


def test_sequences_say_what_they_are():
    rows = layers.Reshape((6, 48))
    found, *_ = read(model_of(lambda x: dense(11, "softmax")(rows(x)), of_maps=True))
    assert (found.kind, found.targets) == ("sequence", 0)
    assert "6 positions of 11 numbers" in found.why


def two_heads(x):
    return [dense(4, "sigmoid", name="box")(x), dense(3, "softmax", name="label")(x)]


def test_of_several_outputs_the_one_that_classifies_is_explained():
    network = Network(model_of(two_heads))
    assert network.head.name == "label"
    assert [one.kind for one in network.outputs] == ["values", "classes"]
    assert [one.explained for one in network.outputs] == [False, True]
    assert network.outputs[0].names == ["box 0", "box 1", "box 2", "box 3"]
    assert any("--output chooses another (“box”)" in text for text in network.warnings)
    other = Network(model_of(two_heads), output="box")
    assert other.head.name == "box" and not other.warnings


def test_the_user_decides_in_doubt():
    model = model_of(dense(1))
    for asked, kind, classes in (("classes", "classes", 2), ("labels", "labels", 1)):
        head = Network(model, heads=[asked]).head
        assert (head.kind, head.classes, head.why) == (kind, classes, "--head says so")
    assert Network(model_of(dense(3, "softmax")), heads=["values"]).head.targets == 6
    network = Network(model_of(two_heads), heads=["box=labels"])
    assert [one.kind for one in network.outputs] == ["labels", "classes"]
    with pytest.raises(ModelError, match="no output “bix”; it has “box”, “label”"):
        Network(model_of(two_heads), heads=["bix=labels"])
    with pytest.raises(ModelError, match="--head values: the output is a map"):
        Network(model_of(up(4), of_maps=True), heads=["values"])


class OwnCode(keras.Model):
    """A model whose last function is no layer."""

    def __init__(self, last, units):
        super().__init__()
        self.conv = layers.Conv2D(8, 3, activation="relu")
        self.pool = layers.GlobalAveragePooling2D()
        self.out = dense(units)
        self.last = last

    def call(self, x):
        return self.last(self.out(self.pool(self.conv(x / 255.0))))


@pytest.mark.parametrize(
    ("last", "units", "kind"),
    [
        (tf.nn.softmax, 3, "classes"),
        (tf.nn.sigmoid, 1, "classes"),
        (lambda z: tf.nn.softmax(z / 3.0), 3, "classes"),
        (lambda z: tf.nn.l2_normalize(z, axis=1), 8, "embedding"),
        (lambda z: z, 2, "values"),
    ],
)
def test_a_subclassed_model_is_read_by_its_numbers(last, units, kind):
    keras.utils.set_random_seed(3)
    model = OwnCode(last, units)
    model(np.zeros((1, SIDE, SIDE, 3), "float32"))
    model._build_shapes_dict = {"input_shape": (None, SIDE, SIDE, 3)}
    found, shares, scores, own = read(model)
    assert found.kind == kind
    if found.link == "softmax":
        np.testing.assert_allclose(shares, own, atol=1e-6)
        np.testing.assert_allclose(softmax(scores), own, atol=1e-5)


def test_nested_models():
    inner = model_of(dense(3, "softmax"))
    entry = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(entry, layers.Activation("linear")(layers.Reshape((3,))(inner(entry))))
    found, shares, scores, own = read(model)
    assert (found.kind, found.classes) == ("classes", 3)
    np.testing.assert_allclose(shares, own, atol=1e-6)
    np.testing.assert_allclose(softmax(scores), own, atol=1e-5)
