"""The device that computes, and how a library is imported without a word on the terminal."""

import contextlib
import gc
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from reportgen.errors import DeviceError


@dataclass(frozen=True)
class Device:
    """Where tensors are computed: "cpu" or "gpu", and its name for people."""

    kind: str
    name: str
    free_memory: int | None = None
    """Bytes that are free on each GPU; None for a CPU."""
    places: tuple[str, ...] = ()
    """The engine's names of the GPUs; all of them compute."""
    note: str = ""
    """What a user should know of the choice."""


def cpu() -> Device:
    """The processor."""
    return Device("cpu", f"CPU, {os.cpu_count() or 1} cores")


def named(names: list[str]) -> str:
    """The name of GPUs for people: "NVIDIA H200", "2 × NVIDIA H200", or one after the other."""
    if len(set(names)) == 1:
        return names[0] if len(names) == 1 else f"{len(names)} × {names[0]}"
    return ", ".join(names)


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Import and start a library: no warnings, nothing on standard error unless it fails."""
    warnings.filterwarnings("ignore", module=r"(keras|tensorflow|jax|h5py|absl)\b.*")
    for name in ("tensorflow", "jax"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with _hushed():
        yield


@contextlib.contextmanager
def uncollected(library: str) -> Iterator[None]:
    """Import a library without looking for garbage among what it makes: it stays to the end.

    Looking for it takes a sixth of the time of the import, and more in each round later.
    """
    if library in sys.modules:
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
