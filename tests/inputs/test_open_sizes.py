"""What is assumed about inputs of open size is said of the axes that are open."""

import pytest

keras = pytest.importorskip("keras")

from reportgen.inputs.network import Network  # noqa: E402

layers = keras.layers


def test_an_open_number_of_frames_is_no_open_size():
    entry = keras.Input((None, 16, 16, 3))
    pooled = layers.GlobalAveragePooling2D()(layers.ConvLSTM2D(2, 3)(entry))
    network = Network(keras.Model(entry, layers.Dense(3, activation="softmax")(pooled)))
    assert [text for text in network.warnings if "number of frames" in text]
    assert not any("input size" in text for text in network.warnings)


@pytest.mark.parametrize(
    ("shape", "layout"), [((None, 24, 3), "HWC"), ((24, None, 3), "HWC"), ((3, 24, None), "CHW")]
)
def test_an_open_side_is_said(shape, layout):
    entry = keras.Input(shape)
    x = layers.Permute((2, 3, 1))(entry) if layout == "CHW" else entry
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(x))
    network = Network(keras.Model(entry, layers.Dense(3, activation="softmax")(pooled)))
    assert network.image_input.layout == layout
    assert [text for text in network.warnings if "24 × 224 pixels are assumed" in text
            or "224 × 24 pixels are assumed" in text]  # fmt: skip
