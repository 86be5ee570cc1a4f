"""Which engine computes: what is installed, and which GPUs each of them reaches.

An engine is asked in a process of its own, so that only the one that is chosen is ever imported.
"""

import functools
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from typing import Literal, cast

from reportgen.errors import DeviceError
from reportgen.version import __version__

EngineName = Literal["tensorflow", "jax"]

TITLES: dict[str, str] = {"tensorflow": "TensorFlow", "jax": "JAX"}

INSTALL = {"tensorflow": "pip install tensorflow", "jax": "pip install 'keras-reportgen[jax]'"}

UPDATE = {name: command.replace("install", "install -U") for name, command in INSTALL.items()}

OLDEST = {"tensorflow": (2, 18), "jax": (0, 7, 2)}
"""The oldest releases that reportgen computes with."""

_SECONDS = 120
"""How long an engine may take to say what it reaches: a cold import from a slow disk takes one."""

_ASKED = {
    "tensorflow": """
import json, tensorflow as tf
gpus = tf.config.list_physical_devices("GPU")
names = [tf.config.experimental.get_device_details(one).get("device_name", "GPU") for one in gpus]
print(json.dumps({"gpus": names, "built": tf.test.is_built_with_gpu_support()}), flush=True)
for at in range(len(gpus)):
    tf.config.experimental.set_memory_growth(gpus[at], True)
for at in range(len(gpus)):
    with tf.device(f"/GPU:{at}"):
        ones = tf.ones((1, 8, 8, 8))
        float(tf.reduce_sum(tf.nn.conv2d(ones, tf.ones((3, 3, 8, 8)), 1, "SAME")))
print("works", flush=True)
""",
    "jax": """
import json, jax, jax.numpy as jnp
gpus = [device for device in jax.devices() if device.platform != "cpu"]
print(json.dumps({"gpus": [gpu.device_kind for gpu in gpus], "built": True}), flush=True)
for device in jax.devices():
    ones = jax.device_put(jnp.ones((1, 8, 8, 8)), device)
    kernel = jax.device_put(jnp.ones((8, 8, 3, 3)), device)
    float(jax.lax.conv(ones, kernel, (1, 1), "SAME").sum())
print("works", flush=True)
""",
}
"""Programs that print the GPUs as JSON, then compute a convolution on each, then "works"."""


@dataclass(frozen=True)
class Reach:
    """What an engine said of the GPUs here: those it lists, whether they compute, and its log."""

    gpus: tuple[str, ...]
    works: bool
    built: bool
    """Whether this build of the engine has GPU support at all."""
    log: str


def installed(engine: str) -> bool:
    """Whether the library can be imported; it is not."""
    return find_spec(engine) is not None


def versions(engine: str) -> dict[str, str]:
    """Versions of the engine and of Keras, read without importing them."""
    found = {}
    for name in (engine, "keras"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a build under another name, such as tensorflow-cpu
            found[name] = "unknown version"
    return found


def too_old(engine: str, release: str) -> str:
    """The oldest release that would do, if this one is older; else "", also for an unknown one."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", release)[:3])
    needed = OLDEST[engine]
    return ".".join(map(str, needed)) if numbers and numbers < needed else ""


def all_versions() -> dict[str, str]:
    """Versions of everything that machines must share to give the same results."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = {name: text for engine in TITLES for name, text in versions(engine).items()}
    return {"reportgen": __version__, "Python": python, **found}


def choose(wanted: str, device: str) -> EngineName:
    """The engine to use for "auto", "tensorflow" or "jax", and the device "auto", "cpu" or "gpu".

    "auto" is TensorFlow, the faster on a CPU, unless it reaches no GPU and JAX does. Raises
    DeviceError for an engine that is not installed, or too old.
    """
    here = [name for name in TITLES if installed(name)]
    if wanted != "auto":
        if wanted not in here:
            raise DeviceError(
                f"{TITLES[wanted]} is not installed, which --engine {wanted} needs; install it "
                f"with {INSTALL[wanted]}, or leave the option out."
            )
        _check_release(wanted)
        return "jax" if wanted == "jax" else "tensorflow"
    if not here:
        raise DeviceError(
            f"Neither TensorFlow nor JAX is installed; {INSTALL['tensorflow']} installs the first, "
            f"{INSTALL['jax']} the second."
        )
    usable = [name for name in here if not too_old(name, versions(name)[name])]
    if not usable:
        _check_release(here[0])
    if "jax" not in usable:
        return "tensorflow"
    if "tensorflow" not in usable:
        return "jax"
    if device == "cpu" or not has_gpu_plugin():
        return "tensorflow"
    if reach("tensorflow").works and reach("tensorflow").gpus:
        return "tensorflow"
    return "jax" if reach("jax").works and reach("jax").gpus else "tensorflow"


def _check_release(engine: str) -> None:
    """Raise DeviceError for a release that is too old."""
    release = versions(engine)[engine]
    if needed := too_old(engine, release):
        raise DeviceError(
            f"{TITLES[engine]} {release} is too old, reportgen needs {needed}; update it with "
            f"{UPDATE[engine]}."
        )


def session_engine() -> EngineName | None:
    """The engine of a session that has imported Keras, or has chosen its backend; None before.

    Raises DeviceError for a backend that reportgen cannot compute with.
    """
    keras = sys.modules.get("keras")
    name = keras.backend.backend() if keras else os.environ.get("KERAS_BACKEND")
    if name is None or name in TITLES:
        return cast("EngineName | None", name)
    raise DeviceError(
        f"Keras computes with {name} in this session, reportgen with TensorFlow or JAX: save the "
        "model, and run “reportgen build” on the file."
    )


def has_gpu_plugin() -> bool:
    """Whether JAX has what it needs for a GPU: without a plugin, it computes on the CPU."""
    return bool(entry_points(group="jax_plugins")) or find_spec("jax_plugins") is not None


@functools.cache
def reach(engine: str) -> Reach:
    """Ask an engine, once in this process, which GPUs it reaches."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"}
    environment["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", _ASKED[engine]],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Reach((), works=False, built=True, log=f"no answer within {_SECONDS} seconds")
    except OSError as error:
        return Reach((), works=False, built=True, log=str(error))
    lines = done.stdout.splitlines()
    for line in lines:
        if line.startswith("{"):
            said = json.loads(line)
            gpus = tuple(str(gpu) for gpu in said["gpus"])
            return Reach(gpus, "works" in lines, bool(said["built"]), done.stderr)
    return Reach((), works=False, built=True, log=done.stderr)
