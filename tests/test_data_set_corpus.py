"""A real data set, scanned: the numbers are those of `model.evaluate` and NumPy over its pixels."""

import numpy as np
import pytest

from reportgen.config import make_settings
from reportgen.pipeline import build
from reportgen.progress import Silent

pytestmark = [pytest.mark.corpus, pytest.mark.slow]


def test_potato_leaves_are_evaluated_as_keras_does(corpus, tmp_path):
    import keras

    folder = corpus / "datasets" / "potato_leaves"
    file = corpus / "models" / "potatoes_akash.h5"
    options = {"dataset": str(folder), "out": str(tmp_path / "r"), "no_cache": True,
               "preprocess": "none", "dataset_pages": 1, "exemplars": 3,
               "sections": ["evaluation", "health", "exemplars"]}  # fmt: skip
    made = build(str(file), [], make_settings(options), progress=Silent(), command="").report

    model = keras.models.load_model(file, compile=False)
    # load_img decodes JPEG by the exact transform; tf.io.decode_image by a faster one.
    files = sorted(file for place in folder.iterdir() for file in place.iterdir())
    classes = sorted(place.name for place in folder.iterdir())
    pixels = np.stack([np.asarray(keras.utils.load_img(file), np.float32) for file in files])
    true = np.array([classes.index(file.parent.name) for file in files])
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(pixels, true, verbose=0)
    found = made.evaluation
    assert found.images == 120
    assert found.accuracy == pytest.approx(accuracy, abs=1e-6)
    assert found.loss == pytest.approx(loss, rel=1e-3)
    predicted = model.predict(pixels, verbose=0).argmax(1)
    matrix = np.zeros((3, 3), int)
    np.add.at(matrix, (true, predicted), 1)
    assert {(one.true, one.predicted): one.images for one in found.confusion} == {
        (int(row), int(column)): int(matrix[row, column]) for row, column in np.argwhere(matrix)
    }

    chain = pixels  # the layers one by one: the model has a rescaling inside
    by_name = {layer.layer.rpartition("/")[2]: layer for layer in made.health.layers}
    checked = 0
    for layer in model.layers[:4]:
        parts = [np.asarray(layer(chain[at : at + 8])) for at in range(0, len(chain), 8)]
        chain = np.concatenate(parts)
        if layer.name not in by_name or chain.ndim != 4:
            continue
        here = by_name[layer.name]
        assert here.zeros == pytest.approx((chain == 0).mean(), abs=1e-4)
        means = chain.mean((1, 2), dtype=np.float64)
        order = here.distribution.channels
        assert here.distribution.lows == pytest.approx(means.min(0)[order], rel=2e-3, abs=1e-4)
        assert here.distribution.highs == pytest.approx(means.max(0)[order], rel=2e-3, abs=1e-4)
        tops = {e.channel: e.exemplars for e in made.exemplars.channels if e.layer == here.layer}
        for channel, best in tops.items():
            highest = chain[..., channel].max((1, 2))
            top = best[0].value if best else 0.0  # a silent channel has none
            assert top == pytest.approx(highest.max(), rel=1e-3)
        checked += 1
    assert checked >= 2
