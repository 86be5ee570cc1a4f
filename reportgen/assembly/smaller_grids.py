"""What of a report's channels is drawn, and how small, so that it takes fewer bytes.

Trained filters leave much of a map empty; others fill it with noise that no file format packs. The
tiles of layers whose pictures take most are drawn smaller unasked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reportgen.analysis.feature_maps.grids import ActivationData, Grid
from reportgen.evenly_spaced import spread
from reportgen.execution.store import Stored
from reportgen.records.report import Skipped
from reportgen.wording import count

GRID_BYTES = 120_000
"""What the picture of a grid may take, on average over all layers.

A report of VGG16 with ten images then takes less than 40 MB, whatever its filters are.
"""

LEAST_SIDE = 16
"""Pixels of the longest side that a tile keeps."""

_LOOKED_AT = 8
"""Images from which the average is taken."""


@dataclass(frozen=True)
class Smaller:
    """How: tiles of at most `longest` pixels a side, and of a layer one channel in `share`."""

    longest: int | None = None
    share: int = 1
    order: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By layer path, its channels, the most telling first; of others, the first ones are kept."""
    sides: Mapping[str, int] = field(default_factory=dict)
    """By layer path, the longest side of its tiles, where that is less than `longest`."""

    def kept(self, layer: str, channels: Iterable[int]) -> frozenset[int]:
        """Those of a layer's channels to draw: one at least."""
        rank = {channel: at for at, channel in enumerate(self.order.get(layer, ()))}
        ordered = sorted(channels, key=lambda channel: (rank.get(channel, len(rank)), channel))
        return frozenset(ordered[: max(1, -(-len(ordered) // self.share))])

    def redraw(self, picture: Path, grid: Grid) -> tuple[Grid, tuple[int, ...]]:
        """Replace the picture of a grid; returns the grid as it is now, and channels left out."""
        from reportgen.pictures.encode import palette_png, read_indices
        from reportgen.pictures.regrid import regrid
        from reportgen.pictures.tiles import GridLayout, block_size

        shown = range(grid.shown)
        kept = self.kept(grid.layer, shown)
        left_out = tuple(channel for channel in shown if channel not in kept)
        height, width = grid.size
        sides = (self.longest, self.sides.get(grid.layer))
        longest = min((side for side in sides if side is not None), default=None)
        block = block_size(height, width, longest)
        if block == 1 and not left_out:
            return grid, ()
        layout = GridLayout.fit(len(shown), height, width, grid.columns, grid.margin)
        struck = [channel for channel in grid.inactive if channel in shown]
        drawn = regrid(read_indices(picture), layout, longest, struck, left_out)
        picture.write_bytes(palette_png(drawn))
        size = (-(-height // block), -(-width // block))
        smaller = replace(grid, size=size, width=drawn.shape[1], height=drawn.shape[0])
        return smaller, left_out


AS_IT_IS = Smaller()


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
            size = stored.size(grid.picture)
            layers.setdefault(grid.layer, _Grids(max(grid.size))).size += size
            allowed, total = allowed + GRID_BYTES, total + size
    sides: dict[str, int] = {}
    while total > allowed:
        halvable = [path for path, drawn in layers.items() if drawn.side >= 2 * LEAST_SIDE]
        if not halvable:
            break
        path = max(halvable, key=lambda layer: layers[layer].size)
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
