"""Kinds of processor: machines of one kind compute the same bytes, others may round differently.

On a CPU, oneDNN chooses its kernels by the instructions that the processor knows; with fewer of
them the last digits differ. A GPU is known by its name. The versions of the libraries are part of
every unit's key and need no mention.
"""

import os
import platform
from functools import cache
from pathlib import Path

_FLAGS = (
    *("sse4_1", "avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512dq"),
    *("avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16"),
    *("asimd", "asimdhp", "sve", "sve2", "bf16", "i8mm"),
)
"""Instructions by which kernels are chosen, as Linux names them."""

_LIMITS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "TF_ENABLE_ONEDNN_OPTS")
"""Variables of the environment that limit which of them are used."""


def compute_class(gpu: str = "") -> str:
    """The kind of processor that computes here: the GPU's name, else the CPU's instructions."""
    return f"GPU {gpu}" if gpu else _of_cpu(tuple(os.environ.get(name, "") for name in _LIMITS))


@cache
def _of_cpu(limits: tuple[str, ...]) -> str:
    known = _cpu_flags()
    named = [f"{name}={value}" for name, value in zip(_LIMITS, limits, strict=True) if value]
    return " ".join([platform.machine(), *(flag for flag in _FLAGS if flag in known), *named])


def _cpu_flags() -> set[str]:
    """The instructions that the processor knows; none where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return set()
    for line in lines:
        name, _, flags = line.partition(":")
        if name.strip().lower() in ("flags", "features"):
            return set(flags.split())
    return set()


def mixed_classes(classes: set[str]) -> str:
    """A sentence where results come from processors of several kinds; else empty."""
    if len(classes) < 2:
        return ""
    return (
        f"The results come from {len(classes)} kinds of processor, whose last digits differ: "
        f"{'; '.join(sorted(classes))}. Use machines of one kind, with a new --cache-dir, for a "
        "report that can be made again byte by byte."
    )
