"""Start TensorFlow on the device asked for, without a word on the terminal."""

import contextlib
import gc
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from reportgen.errors import DeviceError

_ASSUMED_MEMORY = 2 * 10**9


@dataclass(frozen=True)
class Device:
    """Where tensors are computed: "cpu" or "gpu", and its name for people."""

    kind: str
    name: str
    free_memory: int | None = None
    """Bytes that are free; None for a CPU."""
    places: tuple[str, ...] = ()
    """TensorFlow's names of the GPUs; all of them compute."""


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
        with _uncollected():
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
            name, many = str(details.get("device_name", "GPU")), len(gpus)
            places = tuple(f"/GPU:{at}" for at in range(many))
            return Device("gpu", name if many == 1 else f"{many} × {name}", _free_memory(), places)
    return Device("cpu", f"CPU, {os.cpu_count() or 1} cores")


def _free_memory() -> int:
    """Free bytes of the first GPU as its driver says; 2 GB where that cannot be asked."""
    command = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits", "-i", "0"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
        return int(said.stdout.split()[0]) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return _ASSUMED_MEMORY


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Import TensorFlow without looking for garbage among what it makes: it stays to the end.

    Looking for it takes a sixth of the time of the import, and more in each round later.
    """
    if "tensorflow" in sys.modules:
        yield
        return
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if collects:
            gc.enable()


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
