"""A session's global state, put back as it was once a build inside it ends."""

import gc
import logging
import os
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import local

import numpy as np

_LOGGERS = ("tensorflow", "jax")


@contextmanager
def unchanged_session() -> Iterator[None]:
    """While the block runs it may seed, configure and log; afterwards all of that is undone.

    Covers environment variables, warnings, log levels, the random states of Python, NumPy, Keras
    and TensorFlow, Keras's names and settings, determinism and the precision of products. Devices
    that TensorFlow makes visible cannot be changed once it runs, so they stay.
    """
    with ExitStack() as undone:
        undone.enter_context(warnings.catch_warnings())
        for kept in (_environment, _log_levels, _random_states, _collector, _keras, _engines):
            undone.enter_context(kept())
        yield


@contextmanager
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _log_levels() -> Iterator[None]:
    before = {name: logging.getLogger(name).level for name in _LOGGERS}
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


@contextmanager
def _random_states() -> Iterator[None]:
    python, numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


@contextmanager
def _collector() -> Iterator[None]:
    """Objects that an import has set aside from garbage collection are looked at again."""
    frozen = gc.get_freeze_count()
    try:
        yield
    finally:
        if not frozen:
            gc.unfreeze()


@contextmanager
def _keras() -> Iterator[None]:
    """Keras counts names, and keeps seeds and policies, in two objects of its own: it gets others.

    `keras.utils.clear_session` replaces the same two objects.
    """
    names = ("GLOBAL_STATE_TRACKER", "GLOBAL_SETTINGS_TRACKER")
    place = "keras.src.backend.common.global_state"
    module = sys.modules.get(place)
    before = {name: getattr(module, name) for name in names} if module else {}
    for name in before:
        setattr(module, name, local())
    try:
        yield
    finally:
        for name in names:
            if place in sys.modules:
                setattr(sys.modules[place], name, before.get(name, local()))


@contextmanager
def _engines() -> Iterator[None]:
    tensorflow, jax = _tensorflow_state(), _jax_state()
    try:
        yield
    finally:
        _restore_tensorflow(tensorflow)
        _restore_jax(jax)


def _tensorflow_state() -> tuple[object, object, bool, bool]:
    """The seed, the generator of seeds, determinism and TensorFloat-32; its own defaults if new."""
    if "tensorflow" not in sys.modules:
        return None, None, False, True
    import tensorflow as tf
    from tensorflow.python.eager.context import context
    from tensorflow.python.framework.config import is_op_determinism_enabled

    now = context()
    seconds = getattr(now, "_rng", None)
    state = None if seconds is None else seconds.getstate()
    tf32 = tf.config.experimental.tensor_float_32_execution_enabled()
    return getattr(now, "_seed", None), state, bool(is_op_determinism_enabled()), bool(tf32)


def _restore_tensorflow(before: tuple[object, object, bool, bool]) -> None:
    if "tensorflow" not in sys.modules:
        return
    import tensorflow as tf
    from tensorflow.python.eager.context import context
    from tensorflow.python.framework.config import disable_op_determinism

    seed, state, determined, tf32 = before
    tf.random.set_seed(seed)
    generator = getattr(context(), "_rng", None)
    if generator is not None and state is not None:
        generator.setstate(state)
    if determined:
        tf.config.experimental.enable_op_determinism()
    else:
        disable_op_determinism()
    tf.config.experimental.enable_tensor_float_32_execution(tf32)


_JAX = ("jax_default_matmul_precision", "jax_default_device", "jax_platforms")


def _jax_state() -> dict[str, object]:
    if "jax" not in sys.modules:
        return {**dict.fromkeys(_JAX), "jax_platforms": os.environ.get("JAX_PLATFORMS")}
    import jax

    return {name: getattr(jax.config, name) for name in _JAX}


def _restore_jax(before: dict[str, object]) -> None:
    if "jax" not in sys.modules:
        return
    import jax

    for name, value in before.items():
        jax.config.update(name, value)
