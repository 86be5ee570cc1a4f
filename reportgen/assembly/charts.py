"""Charts of a whole report, written beside its pictures."""

from array import array
from collections.abc import Sequence
from pathlib import Path

from reportgen.pictures.charts import sparsity_by_depth
from reportgen.records.report import Image


def write_charts(images: Sequence[Image], folder: Path) -> str | None:
    """Write the chart of sparsity by depth; returns its path, None without activations."""
    layers: list[str] = []
    series = {}
    for image in images:
        if image.activations:
            layers = layers or [grid.layer for grid in image.activations]
            series[image.name] = array("d", (grid.sparsity for grid in image.activations))
    if not series:
        return None
    path = "pictures/sparsity.svg"
    (folder / path).write_bytes(sparsity_by_depth(layers, series))
    return path
