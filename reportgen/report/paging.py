"""How long lists are cut into pages, so that a browser renders each quickly."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

MOST_LABELS = 32
_GRID_NODES = 16

T = TypeVar("T")

Parts = Sequence[range]
"""Which items of a list stand on each page."""


def cut(costs: Sequence[int], most: int, budget: int) -> list[range]:
    """Cut a list whose items cost this much into pages.

    Each has at most ``most`` items, which cost at most ``budget`` together. There is always at
    least one page, and an item that is too costly has a page of its own.
    """
    pages: list[range] = []
    start = spent = 0
    for at, cost in enumerate(costs):
        if at > start and (at - start >= most or spent + cost > budget):
            pages.append(range(start, at))
            start, spent = at, 0
        spent += cost
    return [*pages, range(start, len(costs))]


def page_of(parts: Parts, at: int) -> int:
    """On which page, counted from 1, an item stands."""
    return bisect_right(parts, at, key=lambda part: part.start)


def paged(items: Sequence[T], costs: Sequence[int], most: int, budget: int) -> list[tuple[T, ...]]:
    """The items on each page, see `cut`."""
    return [tuple(items[part.start : part.stop]) for part in cut(costs, most, budget)]


def row_stride(rows: int) -> int:
    """How many rows share one label, so that a tall grid has few; always divides ``rows``."""
    if rows <= MOST_LABELS:
        return 1
    return next((n for n in range(2, rows) if rows % n == 0 and rows // n <= MOST_LABELS), 1)


def grid_cost(tiles: int, columns: int) -> int:
    """About how many elements a grid of tiles takes on a page."""
    used = max(1, min(columns, tiles))
    rows = -(-tiles // used)
    return _GRID_NODES + used + rows // row_stride(rows)
