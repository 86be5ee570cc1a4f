"""Lists of channels as people write them: LAYER:0,4,17 and LAYER:0-7,12."""

import re

MOST = 100_000
"""Largest channel number that is taken: a range up to it still fits into memory."""


def check_numbers(value: str) -> None:
    """Raises ValueError, with a clause for the message, when this is no such list."""
    layer, _, numbers = value.rpartition(":")
    if not layer or not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", numbers):
        raise ValueError(f"“{value}” is not of the form LAYER:0,4,17 or LAYER:0-7")
    for part in numbers.split(","):
        first, last = _ends(part)
        if first > last:
            raise ValueError(f"{part} in “{value}” is no range: {first} is above {last}")
        if last > MOST:
            raise ValueError(f"{last} in “{value}” is too large for a channel's number")


def numbers_of(value: str) -> list[int]:
    """The channels that a list names, in its order."""
    parts = (_ends(part) for part in value.rpartition(":")[2].split(","))
    return [number for first, last in parts for number in range(first, last + 1)]


def _ends(part: str) -> tuple[int, int]:
    first, _, last = part.partition("-")
    return int(first), int(last or first)
