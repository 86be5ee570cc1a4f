"""Attention maps and rollout against Keras's own attention scores and float64 NumPy."""

import keras
import numpy as np
import pytest

from reportgen.analysis.cams.attention import last_attention, of_patches, rollout
from reportgen.heatmap_methods import CAMS
from reportgen.inputs.network import Network
from tests.analysis.bench import bench_of

layers, ops = keras.layers, keras.ops


def transformer(class_token=True, depth=3):
    keras.utils.set_random_seed(9)
    entry = keras.Input((24, 32, 3))
    x = layers.Reshape((-1, 8))(layers.Conv2D(8, 8, 8)(entry))
    if class_token:
        zeros = ops.cast(ops.zeros_like(entry[:, 0, :1, 0]), "int32")
        x = layers.Concatenate(axis=1, name="all")([layers.Embedding(1, 8)(zeros), x])
    for k in range(depth):
        y = layers.LayerNormalization(name=f"norm_{k}")(x)
        x = layers.Add()([x, layers.MultiHeadAttention(2, 4, name=f"heads_{k}")(y, y)])
    x = x[:, 0] if class_token else layers.GlobalAveragePooling1D()(x)
    return keras.Model(entry, layers.Dense(3, activation="softmax")(x))


def scores(model, values, depth=3):
    """The weights (heads, queries, keys) of each layer for one image, as Keras gives them."""
    found = []
    for k in range(depth):
        norm = keras.Model(model.input, model.get_layer(f"norm_{k}").output)(values)
        attention = model.get_layer(f"heads_{k}")
        found.append(np.asarray(attention(norm, norm, return_attention_scores=True)[1])[0])
    return found


def photos(count=1):
    return np.random.default_rng(4).uniform(size=(count, 24, 32, 3)).astype("float32")


@pytest.mark.parametrize("class_token", [True, False])
def test_each_head_has_a_map_of_the_patches_that_it_reads(class_token):
    model = transformer(class_token)
    network = Network(model)
    values = photos()
    path = "heads_1/attention"
    behind, _ = network.run(ops.convert_to_tensor(values), [path])
    maps = np.asarray(network.maps(behind[0], path))
    wanted = scores(model, values)[1]
    rows = wanted[:, 0, 1:] if class_token else wanted.mean(axis=1)
    np.testing.assert_allclose(maps[0], rows.reshape(2, 3, 4).transpose(1, 2, 0), rtol=1e-5)
    layer = next(one for one in network.layers if one.path == path)
    assert (layer.type, layer.channels, layer.parameters) == ("AttentionWeights", 2, 0)
    assert sum(one.parameters for one in network.layers) == model.count_params()


def test_rollout_is_the_product_of_all_layers():
    weights = np.random.default_rng(0).uniform(size=(4, 2, 5, 5))
    weights /= weights.sum(axis=-1, keepdims=True)
    product = np.linalg.multi_dot([0.5 * one.mean(0) + 0.5 * np.eye(5) for one in weights[::-1]])
    np.testing.assert_allclose(rollout(list(weights)), product, rtol=1e-12)
    np.testing.assert_allclose(rollout(list(weights)).sum(axis=1), 1)


@pytest.mark.parametrize(("cam", "combine"), [("attention", last_attention), ("rollout", rollout)])
def test_the_heatmap_is_that_of_keras_own_scores(cam, combine):
    from reportgen.analysis.cams.passes import PASSES

    model = transformer()
    network = Network(model)
    bench = bench_of(model, {})
    pixels = photos()[0]
    (found,) = PASSES[cam](bench, pixels, np.zeros((3, 4, 1), "float32"), [0], None)
    full = combine(scores(model, np.asarray(bench.prepare(pixels[None]))))
    wanted = full[0, 1:].reshape(3, 4)
    np.testing.assert_allclose(found, wanted - wanted.min(), rtol=1e-4, atol=1e-7)
    tokens = network.attention[-1].layer.tokens
    np.testing.assert_allclose(of_patches(full, tokens), wanted)
    assert "not an explanation" in CAMS[cam].idea


def test_attention_between_different_sequences_has_no_map():
    entry = keras.Input((24, 32, 3))
    x = layers.Reshape((-1, 8))(layers.Conv2D(8, 8, 8)(entry))
    few = layers.Reshape((-1, 8))(layers.Conv2D(8, 16, 16)(entry))
    crossed = layers.MultiHeadAttention(2, 4, name="crossed")(x, few)
    pooled = layers.GlobalAveragePooling1D()(crossed)
    network = Network(keras.Model(entry, layers.Dense(3, activation="softmax")(pooled)))
    assert not network.attention
