"""What of a report's channels is drawn, and how small, so that it takes fewer bytes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


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

    def redraw(self, picture: Path, about: Mapping[str, Any]) -> dict[str, Any]:
        """Replace the picture of a grid; returns what is now different in its record."""
        from reportgen.pictures.encode import palette_png, read_indices
        from reportgen.pictures.regrid import regrid
        from reportgen.pictures.tiles import GridLayout, block_size

        shown = range(about["shown"])
        kept = self.kept(about["layer"], shown)
        left_out = tuple(one for one in shown if one not in kept)
        height, width = about["size"]
        sides = (self.longest, self.sides.get(about["layer"]))
        longest = min((side for side in sides if side is not None), default=None)
        block = block_size(height, width, longest)
        if block == 1 and not left_out:
            return {}
        layout = GridLayout.fit(len(shown), height, width, about["columns"], about["margin"])
        struck = [one for one in about["inactive"] if one in shown]
        drawn = regrid(read_indices(picture), layout, longest, struck, left_out)
        picture.write_bytes(palette_png(drawn))
        return {
            "size": [-(-side // block) for side in (height, width)],
            "width": drawn.shape[1],
            "height": drawn.shape[0],
            "left_out": left_out,
        }


AS_IT_IS = Smaller()
