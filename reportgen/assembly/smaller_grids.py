"""What of a report's channels is drawn, and how small, so that it takes fewer bytes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reportgen.analysis.grids import Grid


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
        ordered = sorted(channels, key=lambda one: (rank.get(one, len(rank)), one))
        return frozenset(ordered[: max(1, -(-len(ordered) // self.share))])

    def redraw(self, picture: Path, grid: Grid) -> tuple[Grid, tuple[int, ...]]:
        """Replace the picture of a grid; returns the grid as it is now, and channels left out."""
        from reportgen.pictures.encode import palette_png, read_indices
        from reportgen.pictures.regrid import regrid
        from reportgen.pictures.tiles import GridLayout, block_size

        shown = range(grid.shown)
        kept = self.kept(grid.layer, shown)
        left_out = tuple(one for one in shown if one not in kept)
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
