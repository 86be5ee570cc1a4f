"""Start TensorFlow on the device asked for, without a word on the terminal."""

import contextlib
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from reportgen.errors import DeviceError


@dataclass(frozen=True)
class Device:
    """Where tensors are computed: "cpu" or "gpu", and its name for people."""

    kind: str
    name: str


def versions() -> dict[str, str]:
    """Versions of TensorFlow and Keras, read without importing them."""
    return {name: version(name) for name in ("tensorflow", "keras")}


def start(wanted: str, seed: int) -> Device:
    """Import TensorFlow and choose "auto", "cpu" or "gpu".

    Seeds all generators and asks for deterministic operations. Raises DeviceError when a GPU is
    asked for and none can be used.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore", module=r"(keras|tensorflow|h5py|absl)\b.*")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with _hushed():
        import keras
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU") if wanted != "cpu" else []
        if wanted == "gpu" and not gpus:
            raise DeviceError(
                "No GPU can be used by TensorFlow here; install the GPU build with "
                "pip install '.[gpu]' (which is tensorflow[and-cuda]), or use --device cpu."
            )
        with contextlib.suppress(RuntimeError):  # TensorFlow is already running, in tests
            if wanted == "cpu":
                tf.config.set_visible_devices([], "GPU")
            for gpu in gpus:
                tf.config.experimental.set_memory_growth(gpu, True)
        keras.utils.set_random_seed(seed)
        tf.config.experimental.enable_op_determinism()
        tf.zeros(1)  # the first operation prints what the processor can do
        if gpus:
            details = tf.config.experimental.get_device_details(gpus[0])
            return Device("gpu", str(details.get("device_name", "GPU")))
    return Device("cpu", f"CPU, {os.cpu_count() or 1} cores")


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Send what C++ code writes to standard error to nowhere; show it when something fails."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # no standard error at all
        yield
        return
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        except (DeviceError, KeyboardInterrupt):
            failed = False
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            if failed:
                said.seek(0)
                os.write(2, said.read())
