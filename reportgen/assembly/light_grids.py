"""Which layers' tiles are drawn smaller unasked, so that no report is heavier than it is worth.

Trained filters leave much of a map empty; others fill it with noise that no file format packs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.analysis.grids import ActivationData
from reportgen.execution.store import Stored
from reportgen.records.report import Skipped
from reportgen.spread import spread
from reportgen.wording import count

GRID_BYTES = 120_000
"""What the picture of a grid may take, on average over all layers.

A report of VGG16 with ten images then takes less than 40 MB, whatever its filters are.
"""

LEAST_SIDE = 16
"""Pixels of the longest side that a tile keeps."""

_LOOKED_AT = 8
"""Images from which the average is taken."""


@dataclass
class _Grids:
    """The grids of a layer: the longest side of a tile, and the bytes of their pictures."""

    side: int
    size: float = 0.0


def light_sides(grids: Sequence[Stored]) -> dict[str, int]:
    """By layer, the longest side of its tiles where these are to be smaller than they are.

    The layer whose pictures take most has its tiles halved first, and so on. `grids` are the
    finished activations of all images.
    """
    layers: dict[str, _Grids] = {}
    allowed = total = 0.0
    for stored in spread(grids, _LOOKED_AT):
        for grid in stored.read(ActivationData).activations:
            size = stored.file(grid.picture).stat().st_size
            layers.setdefault(grid.layer, _Grids(max(grid.size))).size += size
            allowed, total = allowed + GRID_BYTES, total + size
    sides: dict[str, int] = {}
    while total > allowed:
        halvable = [path for path, one in layers.items() if one.side >= 2 * LEAST_SIDE]
        if not halvable:
            break
        path = max(halvable, key=lambda one: layers[one].size)
        largest = layers[path]
        total -= largest.size * 3 / 4
        layers[path] = _Grids(-(-largest.side // 2), largest.size / 4)
        sides[path] = layers[path].side
    return sides


def said(sides: Mapping[str, int]) -> list[Skipped]:
    """What a report says of tiles that were drawn smaller."""
    if not sides:
        return []
    many = count(len(sides), "layer")
    reason = (
        f"the tiles of {many}, whose pictures take most, are drawn smaller than usual, each pixel"
        " the mean of a block, to keep the report small; --full-resolution keeps all"
    )
    return [Skipped(what="resolution", name="activation grids", reason=reason)]
