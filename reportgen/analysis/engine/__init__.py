"""What differs between TensorFlow and JAX: compiling, differentiating, loops, devices.

Everything that only computes forward uses `keras.ops` and needs none of this. Keras takes one
backend for the whole process; its engine is the only one that is ever imported.
"""

import os
import sys

from reportgen.analysis.engine.protocol import Engine, Watch
from reportgen.errors import DeviceError
from reportgen.hardware.device import Device, quietly, uncollected
from reportgen.hardware.gpus import order_by_bus

__all__ = ["Engine", "Watch", "engine", "engines_at_work", "start"]


def start(name: str, wanted: str, seed: int) -> Device:
    """Import an engine and Keras, choose the device, and seed all generators.

    Raises DeviceError when a GPU is asked for and none can be used, or where Keras already runs on
    another engine.
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = name
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        order_by_bus()
    with quietly():
        with uncollected(name):
            import keras
        if keras.backend.backend() != name:
            raise DeviceError(f"Keras already computes with {keras.backend.backend()} here.")
        return engine().start(wanted, seed)


def engine() -> Engine:
    """The engine of the backend that Keras computes with. Raises ValueError for any other."""
    import keras

    name = keras.backend.backend()
    if name not in _ENGINES:
        if name == "tensorflow":
            from reportgen.analysis.engine.tensorflow import TensorFlow

            _ENGINES[name] = TensorFlow()
        elif name == "jax":
            from reportgen.analysis.engine.jax import Jax

            _ENGINES[name] = Jax()
        else:
            raise ValueError(f"reportgen cannot compute with Keras's backend “{name}”")
    return _ENGINES[name]


def engines_at_work() -> list[Engine]:
    """The engine that has computed something: none before the first that is asked for."""
    return list(_ENGINES.values())


_ENGINES: dict[str, Engine] = {}
