"""Fixtures that every room's tests share."""

import os
import signal
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is says nothing about what it computes: no example has a time limit. New
# examples are looked for at every run but those of CI, which judges a change and nothing else.
settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize="CI" in os.environ,
)
settings.load_profile("any machine")

# A shell without job control has programs in its background ignore the interrupt, and all that they
# start. With a handler of its own here, the programs that tests interrupt have the usual one again.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real models and photos; the test skips where it is absent."""
    folder = Path(os.environ.get("REPORTGEN_CORPUS", REPOSITORY.parent / "shared" / "corpus"))
    if not (folder / "models").is_dir():
        pytest.skip("the corpus of real models and photos is not here")
    return folder


@pytest.fixture(scope="session")
def small_model(tmp_path_factory):
    """A file with a network of two convolutions and three classes."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((24, 24, 3)),
            layers.Conv2D(4, 3, activation="relu", name="first"),
            layers.MaxPooling2D(name="pool"),
            layers.Dropout(0.2, name="drop"),
            layers.Conv2D(6, 3, activation="relu", name="second"),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(3, activation="softmax", name="out"),
        ],
        name="small",
    )
    path = tmp_path_factory.mktemp("model") / "small.keras"
    model.save(path)
    return path


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """A folder with three photos, a broken one and a file of the system."""
    import numpy as np
    from PIL import Image

    from tests.support.small_builds import HOSTILE

    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    for name in ("a.png", "b.jpg", HOSTILE):
        pixels = random.integers(0, 256, (40, 50, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    (folder / "Thumbs.db").write_bytes(b"\0")
    return folder
