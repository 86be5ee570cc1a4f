"""What this machine can compute with, what is missing, and the command that helps."""

import os
import platform
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reportgen.errors import DeviceError
from reportgen.hardware.engines import (
    INSTALL,
    TITLES,
    UPDATE,
    Reach,
    choose,
    installed,
    reach,
    too_old,
    versions,
)
from reportgen.hardware.gpus import Gpu, all_gpus
from reportgen.version import __version__

GPU_BUILDS = {
    "tensorflow": "pip install 'tensorflow[and-cuda]'",
    "jax": "pip install 'keras-reportgen[jax-cuda]'",
}

_NEWEST_TENSORFLOW_PYTHON = (3, 13)
"""Python for which TensorFlow has builds, as of TensorFlow 2.21."""

_BLACKWELL = 12.0
"""Compute capability of RTX 50 cards, for which TensorFlow up to 2.20 holds no code."""


@dataclass(frozen=True)
class Machine:
    """What is asked of a machine; tests make others up."""

    system: str
    """As `platform.system()` says it: "Linux", "Windows" or "Darwin"."""
    processor: str
    python: tuple[int, int]
    gpus: Sequence[Gpu]
    reaches: Mapping[str, Reach]
    """By engine, those that are installed."""
    versions: Mapping[str, str]
    chosen: str
    """The engine that "auto" takes; "" where there is none."""

    @classmethod
    def this(cls) -> "Machine":
        """The machine that this runs on; each engine is started once, in a process of its own."""
        major, minor, _ = platform.python_version_tuple()
        here = [name for name in TITLES if installed(name)]
        reaches = {name: reach(name) for name in here}
        try:
            chosen: str = choose("auto", "auto")
        except DeviceError:
            chosen = ""
        known: dict[str, str] = {}
        for name in here:
            known |= versions(name)
        return cls(
            platform.system(), platform.machine(), (int(major), int(minor)), all_gpus(), reaches,
            known, chosen,
        )  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What is wrong, in one sentence, and what helps: a command or a step."""

    what: str
    help: str


def diagnosis(machine: Machine) -> list[str]:
    """About ten lines for the terminal."""
    major, minor = machine.python
    lines = [
        f"reportgen {__version__}, Python {major}.{minor}, {machine.system} {machine.processor}",
        *(f"{TITLES[name]:<11} {_said(machine, name)}" for name in TITLES),
        f"{'Keras':<11} {machine.versions.get('keras', 'not installed')}",
        *(f"{'GPU':<11} {_described(gpu)}" for gpu in machine.gpus),
    ]
    if not machine.gpus:
        lines.append(f"{'GPU':<11} nvidia-smi is not here or lists none")
    lines.append(f"{'A build':<11} {_build(machine)}")
    for finding in findings(machine):
        lines += [f"Missing: {finding.what}", f"  {finding.help}"]
    return lines


def findings(machine: Machine) -> list[Finding]:
    """What keeps this machine from computing, or from computing on its GPU."""
    found = []
    if not machine.reaches:
        found.append(_no_engine(machine))
    for name, answer in machine.reaches.items():
        release = machine.versions.get(name, "")
        if needed := too_old(name, release):
            found.append(Finding(
                f"{TITLES[name]} {release} is too old; reportgen needs {needed}.", UPDATE[name]
            ))  # fmt: skip
        elif not answer.works and not answer.gpus:
            why = _cause(_BROKEN, name, answer.log) or Finding(
                f"{TITLES[name]} cannot be started: {_last(answer.log)}.", INSTALL[name]
            )
            found.append(why)
    if any(answer.works and answer.gpus for answer in machine.reaches.values()):
        return found
    if machine.system == "Darwin":
        return [*found, Finding(
            "the GPU of a Mac is not used: the Metal plugins of TensorFlow and JAX do not work "
            "with their present releases.", "A build computes on the processor."
        )]  # fmt: skip
    if not machine.gpus:
        return found
    if machine.system == "Windows":
        return [*found, Finding(
            "neither TensorFlow nor JAX reaches a GPU on Windows itself.",
            "wsl --install, and install reportgen inside WSL2",
        )]  # fmt: skip
    return found + [_unreached(machine, name, answer) for name, answer in machine.reaches.items()]


def _no_engine(machine: Machine) -> Finding:
    if machine.python > _NEWEST_TENSORFLOW_PYTHON:
        major, minor = machine.python
        return Finding(
            f"TensorFlow has no build for Python {major}.{minor}; JAX has one.", INSTALL["jax"]
        )
    return Finding("neither TensorFlow nor JAX is installed.", INSTALL["tensorflow"])


def _unreached(machine: Machine, name: str, answer: Reach) -> Finding:
    """Why an engine does not compute on a GPU that the driver lists."""
    newest = max(_number(gpu.capability) for gpu in machine.gpus)
    if name == "tensorflow" and answer.gpus and newest >= _BLACKWELL:
        return _too_new(name, answer.log)
    platforms = os.environ.get("JAX_PLATFORMS")
    if name == "jax" and platforms and not answer.gpus:
        return Finding(
            f"JAX_PLATFORMS is “{platforms}”, so JAX uses no GPU.", "unset JAX_PLATFORMS"
        )
    if found := _cause(_CAUSES, name, answer.log):
        return found
    if not answer.built:
        return Finding(f"this build of {TITLES[name]} has no GPU support.", GPU_BUILDS[name])
    if answer.gpus:
        return Finding(
            f"{TITLES[name]} lists the GPU and fails on it: {_last(answer.log)}.", _other(name)
        )
    return Finding(f"{TITLES[name]} finds no GPU.", GPU_BUILDS[name])


Cause = tuple[str, Callable[[str, str], Finding]]


def _library(name: str, log: str) -> Finding:
    libraries = re.findall(r"(?:load|open)[^\n']{0,40}['\"]?(lib[\w.+-]+\.so[\w.]*)", log)
    which = ", ".join(dict.fromkeys(libraries)) or "CUDA's libraries"
    return Finding(f"{TITLES[name]} cannot load {which}.", GPU_BUILDS[name])


def _too_new(name: str, _: str) -> Finding:
    return Finding(f"this release of {TITLES[name]} holds no code for so new a GPU.", _other(name))


def _driver(name: str, _: str) -> Finding:
    return Finding(
        f"the NVIDIA driver does not fit {TITLES[name]}: it is too old, or was changed since the "
        "machine started.",
        "Install the newest driver for the card, and start the machine again.",
    )


def _hidden(name: str, _: str) -> Finding:
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    hint = "" if chosen is None else f"; CUDA_VISIBLE_DEVICES is “{chosen}”"
    return Finding(f"the driver shows {TITLES[name]} no GPU{hint}.", "unset CUDA_VISIBLE_DEVICES")


def _no_plugin(name: str, _: str) -> Finding:
    return Finding(f"{TITLES[name]} is installed without its CUDA plugin.", GPU_BUILDS[name])


def _memory(name: str, _: str) -> Finding:
    return Finding(
        f"the GPU has no free memory for {TITLES[name]}.",
        "End the programs that use it (nvidia-smi lists them).",
    )


_CAUSES: tuple[Cause, ...] = (
    (r"NO_BINARY_FOR_GPU|INVALID_PTX|UNSUPPORTED_PTX|INVALID_IMAGE|no kernel image", _too_new),
    (r"INSUFFICIENT_DRIVER|driver version is insufficient|DRIVER_MISMATCH|does not match", _driver),
    (r"out of memory|OUT_OF_MEMORY|RESOURCE_EXHAUSTED", _memory),
    (r"CUDA-enabled jaxlib is not installed", _no_plugin),
    (r"[Cc]ould not load dynamic library|[Cc]annot dlopen|cannot open shared object", _library),
    (r"Unable to (load|initialize)|Skipping registering GPU", _library),
    (r"CUDA_ERROR_NO_DEVICE|no CUDA-capable device", _hidden),
)
"""What an engine's log says, and what that means; the first that is found counts."""

_BROKEN: tuple[Cause, ...] = (
    (r"cannot open shared object", _library),
    (
        r"numpy[^\n]*(ABI|binary incompat|_ARRAY_API)",
        lambda name, _: Finding(
            f"{TITLES[name]} does not fit the installed NumPy.", f"pip install -U {name} numpy"
        ),
    ),
)


def _cause(causes: Sequence[Cause], name: str, log: str) -> Finding | None:
    return next((make(name, log) for pattern, make in causes if re.search(pattern, log)), None)


def _other(name: str) -> str:
    if name == "jax":
        return "reportgen build … --device cpu"
    return f"{GPU_BUILDS['jax']}, then reportgen build … --engine jax"


def _said(machine: Machine, name: str) -> str:
    if name not in machine.reaches:
        return f"not installed; {INSTALL[name]}"
    answer, version = machine.reaches[name], machine.versions.get(name, "unknown version")
    if answer.works:
        where = ", ".join(answer.gpus) or "the processor"
        return f"{version}, computes on {where}"
    return f"{version}, does not compute" + (f" on {', '.join(answer.gpus)}" if answer.gpus else "")


def _build(machine: Machine) -> str:
    if not machine.chosen:
        return "is not possible"
    answer = machine.reaches[machine.chosen]
    where = ", ".join(answer.gpus) if answer.works and answer.gpus else "the processor"
    return f"computes with {TITLES[machine.chosen]} on {where} (--engine, --device)"


def _described(gpu: Gpu) -> str:
    return (
        f"{gpu.name}, {gpu.free_memory / 1e9:.1f} GB free, driver {gpu.driver}, "
        f"compute capability {gpu.capability}"
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _last(log: str) -> str:
    """The last line of a log, where an error stands."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return lines[-1].rstrip(".")[:200] if lines else "it says nothing"
