"""Small networks, written with whichever Keras is given: today's (keras) or Keras 2 (tf_keras)."""

from typing import Any

import numpy as np


def shuffle_weights(model: Any) -> Any:
    """Give every weight a value of its own, so that two that are swapped do not go unnoticed."""
    generator = np.random.default_rng(7)
    model.set_weights(
        [generator.uniform(0.1, 0.6, np.shape(weight)) for weight in model.get_weights()]
    )
    return model


def plain(k: Any) -> Any:
    return k.Sequential(
        [
            k.layers.Input((12, 10, 3)),
            k.layers.Conv2D(4, 3, activation="relu"),
            k.layers.BatchNormalization(),
            k.layers.MaxPooling2D(),
            k.layers.SeparableConv2D(5, 3, padding="same"),
            k.layers.DepthwiseConv2D(3),
            k.layers.Conv2DTranspose(3, 2),
            k.layers.LeakyReLU(0.1),
            k.layers.Flatten(),
            k.layers.Dropout(0.3),
            k.layers.Dense(3, activation="softmax"),
        ]
    )


def branched(k: Any) -> Any:
    entry = k.layers.Input((8, 8, 3), name="image")
    shared = k.layers.Conv2D(3, 3, padding="same", name="shared")
    once = shared(entry)
    twice = shared(once)
    joined = k.layers.Concatenate()([k.layers.Add()([once, twice]), entry])
    return k.Model(
        entry,
        [
            k.layers.GlobalAveragePooling2D(name="mean")(joined),
            k.layers.Conv2D(1, 1, name="map")(joined),
        ],
    )


def nested(k: Any) -> Any:
    inner_entry = k.layers.Input((8, 8, 3))
    tensor = k.layers.Conv2D(4, 3, name="inner_conv")(inner_entry)
    tensor = k.layers.BatchNormalization(name="inner_norm")(tensor)
    inner = k.Model(inner_entry, k.layers.ReLU()(tensor), name="backbone")
    frozen = k.Sequential(
        [
            k.layers.Input((6, 6, 4)),
            k.layers.Conv2D(4, 3, name="frozen_conv"),
            k.layers.BatchNormalization(name="frozen_norm"),
        ],
        name="frozen",
    )
    frozen.trainable = False
    return k.Sequential(
        [
            k.layers.Input((8, 8, 3)),
            inner,
            frozen,
            k.layers.GlobalMaxPooling2D(),
            k.layers.Dense(2),
        ]
    )


def siamese(k: Any) -> Any:
    """One nested model called twice, and two inputs."""
    tower = k.Sequential(
        [k.layers.Input((6, 6, 1)), k.layers.Conv2D(3, 3, name="c"), k.layers.Flatten()],
        name="tower",
    )
    left, right = k.layers.Input((6, 6, 1), name="l"), k.layers.Input((6, 6, 1), name="r")
    both = k.layers.Subtract()([tower(left), tower(right)])
    return k.Model([left, right], k.layers.Dense(1, name="same")(both))


def recurrent(k: Any) -> Any:
    entry = k.layers.Input((6, 8, 1))
    tensor = k.layers.TimeDistributed(k.layers.Dense(3))(entry)
    tensor = k.layers.Reshape((6, 24))(tensor)
    tensor = k.layers.Bidirectional(k.layers.LSTM(4, return_sequences=True))(tensor)
    tensor = k.layers.GRU(3)(tensor)
    return k.Model(entry, k.layers.Dense(2)(tensor))


def hard_sigmoid(k: Any) -> Any:
    return k.Sequential(
        [
            k.layers.Input((5, 5, 1)),
            k.layers.Conv2D(2, 3, activation="hard_sigmoid"),
            k.layers.Activation("hard_sigmoid"),
            k.layers.Flatten(),
        ]
    )


def augmented(k: Any) -> Any:
    inner = k.Sequential(
        [k.layers.Input((8, 8, 3)), k.layers.RandomFlip(), k.layers.Rescaling(1 / 255)], name="pre"
    )
    entry = k.layers.Input((8, 8, 3))
    tensor = k.layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])(inner(entry))
    return k.Model(entry, k.layers.Conv2D(2, 3)(tensor))


def attention(k: Any) -> Any:
    entry = k.layers.Input((4, 4, 3))
    tensor = k.layers.Reshape((16, 3))(entry)
    tensor = k.layers.LayerNormalization()(tensor)
    tensor = k.layers.MultiHeadAttention(2, 3)(tensor, tensor)
    return k.Model(entry, k.layers.GlobalAveragePooling1D()(tensor))


NETWORKS = {
    function.__name__: function
    for function in [
        plain,
        branched,
        nested,
        siamese,
        recurrent,
        hard_sigmoid,
        augmented,
        attention,
    ]
}


def random_inputs(model: Any, seed: int = 0) -> Any:
    """Two random images for every input of a model."""
    generator = np.random.default_rng(seed)
    values = [generator.random([2, *tensor.shape[1:]], dtype="float32") for tensor in model.inputs]
    return values[0] if len(values) == 1 else values


def outputs(model: Any, inputs: Any) -> list[np.ndarray]:
    """What a model computes outside training, as a list of arrays."""
    found = model(inputs, training=False)
    found = found if isinstance(found, list | tuple) else [found]
    return [np.asarray(value) for value in found]
