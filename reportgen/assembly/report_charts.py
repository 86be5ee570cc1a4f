"""Charts of a whole report and of the channels of its layers, written beside its pictures."""

from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

from reportgen.pictures.charts.depth import sparsity_by_depth
from reportgen.pictures.charts.distribution import distribution
from reportgen.records.image import Image
from reportgen.records.over_images import Health, LayerHealth


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


def with_charts(health: Health | None, folder: Path, slug: Callable[[str], str]) -> Health | None:
    """The record with a chart for each layer, drawn below `folder`; `slug` names their files."""
    if health is None:
        return None
    layers = [_with_chart(layer, folder, slug(layer.layer)) for layer in health.layers]
    return health.model_copy(update={"layers": layers})


def _with_chart(layer: LayerHealth, folder: Path, slug: str) -> LayerHealth:
    found = layer.distribution
    if found is None:
        return layer
    path = f"pictures/health/{slug}.svg"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    drawn = distribution(
        found.lows, found.lower, found.medians, found.upper, found.highs, found.measured
    )
    (folder / path).write_bytes(drawn)
    return layer.model_copy(update={"distribution": found.model_copy(update={"chart": path})})
