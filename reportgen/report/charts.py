"""Charts of a whole report, written beside its pictures."""

from collections.abc import Sequence
from pathlib import Path

from reportgen.pictures.charts import sparsity_by_depth
from reportgen.results import Image


def write_charts(images: Sequence[Image], folder: Path) -> str | None:
    """Write the chart of sparsity by depth; returns its path, None without activations."""
    with_grids = [image for image in images if image.activations]
    if not with_grids:
        return None
    layers = [grid.layer for grid in with_grids[0].activations]
    series = {image.name: [grid.sparsity for grid in image.activations] for image in with_grids}
    path = "pictures/sparsity.svg"
    (folder / path).write_bytes(sparsity_by_depth(layers, series))
    return path
