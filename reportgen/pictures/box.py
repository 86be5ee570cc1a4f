"""A rectangle of pixels."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle of whole pixels: rows top .. top + height, columns left .. left + width."""

    top: int
    left: int
    height: int
    width: int
