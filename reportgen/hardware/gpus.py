"""The NVIDIA GPUs of this machine, as their driver lists them, without any library of ours."""

import os
import subprocess
from dataclasses import dataclass

ASSUMED_MEMORY = 2 * 10**9
"""Bytes that are taken to be free on a GPU whose driver cannot be asked."""

HELD_BACK = 4
"""A GPU with less than this part of the free memory of the emptiest would hold the others back."""

_QUERY = "index,uuid,name,memory.free,driver_version,compute_cap"


@dataclass(frozen=True)
class Gpu:
    """One GPU: its name, free bytes, driver's version and compute capability."""

    index: int
    uuid: str
    name: str
    free_memory: int
    driver: str
    capability: str


def all_gpus() -> list[Gpu]:
    """Every GPU that `nvidia-smi` lists, in the order of the bus; none where it is missing."""
    command = ["nvidia-smi", f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError, ValueError):
        return []
    return [gpu for line in said.stdout.splitlines() if (gpu := _gpu(line)) is not None]


def _gpu(line: str) -> Gpu | None:
    parts = [part.strip() for part in line.split(",")]
    try:
        index, uuid, name, free, driver, capability = parts
        return Gpu(int(index), uuid, name, int(free) * 2**20, driver, capability)
    except ValueError:
        return None


def visible_gpus(gpus: list[Gpu]) -> list[Gpu] | None:
    """Those that CUDA_VISIBLE_DEVICES leaves, in its order; None where it cannot be followed.

    CUDA numbers GPUs by the bus only with CUDA_DEVICE_ORDER=PCI_BUS_ID, which `order_by_bus` sets.
    """
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return gpus
    found = []
    for word in (part.strip() for part in chosen.split(",")):
        fitting = [
            gpu
            for gpu in gpus
            if word == str(gpu.index) or (len(word) > 4 and gpu.uuid.startswith(word))
        ]
        if word.startswith("MIG") or (fitting and len(fitting) > 1):
            return None
        if not fitting:  # as CUDA does: what stands behind a wrong number is not seen
            break
        found += fitting
    return found


def order_by_bus() -> None:
    """Let CUDA number GPUs as `nvidia-smi` does, before anything has asked CUDA."""
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")


def shared_among(count: int) -> tuple[list[int], int, str]:
    """Which of the `count` GPUs that an engine sees share a batch, and the least free bytes.

    A batch is divided evenly, so the fullest GPU decides how large it may be: one that has far less
    free memory than the emptiest is left out, which the third part says.
    """
    gpus = visible_gpus(all_gpus())
    if gpus is None or len(gpus) != count:
        return list(range(count)), ASSUMED_MEMORY, ""
    most = max(gpu.free_memory for gpu in gpus)
    taken = [at for at, gpu in enumerate(gpus) if gpu.free_memory * HELD_BACK >= most]
    left = [gpu for at, gpu in enumerate(gpus) if at not in taken]
    said = ""
    if left:
        names = ", ".join(f"{gpu.name} ({gpu.free_memory / 1e9:.1f} GB free)" for gpu in left)
        said = f"Not used, since it has little free memory beside the others: {names}."
    return taken, min(gpus[at].free_memory for at in taken), said
