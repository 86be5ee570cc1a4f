"""Sizes as people write them: "25MB", "1.5 GB", "800 KiB"."""

import re

_UNITS = {
    "": 1, "b": 1, "k": 1000, "kb": 1000, "m": 1000**2, "mb": 1000**2, "g": 1000**3, "gb": 1000**3,
    "kib": 1024, "mib": 1024**2, "gib": 1024**3,
}  # fmt: skip


def parse_size(text: str) -> int:
    """Bytes of a size; 1,000 bytes are a kB. Raises ValueError when it is none."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.lower())
    if not match or match[2] not in _UNITS:
        raise ValueError(f"“{text}” is not of the form 25MB")
    return int(float(match[1]) * _UNITS[match[2]])
