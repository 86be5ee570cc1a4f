"""What is kept of a layer's activations, for tests that care for a few of its fields."""

from typing import Any

from reportgen.analysis.feature_maps.grids import Grid

EMPTY: dict[str, Any] = {
    "layer": "conv", "channels": 0, "shown": 0, "size": (1, 1), "map_size": (1, 1),
    "inactive_channels": 0, "inactive": [], "silent": [], "saturated": [], "non_finite": [],
    "sparsity": 0.0, "low": None, "high": None, "picture": "", "width": 1, "height": 1,
    "columns": 1, "margin": 0, "means": [], "deviations": [], "lows": [], "highs": [],
    "singles": [],
}  # fmt: skip


def grid_of(**fields: Any) -> Grid:
    """A grid with these fields, and nothing in the others."""
    return Grid(**{**EMPTY, **fields})
