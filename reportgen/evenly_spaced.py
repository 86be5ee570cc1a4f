"""A few of many: the first, the last, and what lies evenly between them."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def spread(many: Sequence[T], count: int) -> list[T]:
    """At most `count` (2 or more) of them, evenly chosen, in their order."""
    if len(many) <= count:
        return list(many)
    return [many[round(k * (len(many) - 1) / (count - 1))] for k in range(count)]
