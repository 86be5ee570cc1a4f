"""The charts of a layer's channels over all images, written beside the report's pictures."""

from collections.abc import Callable
from pathlib import Path

from reportgen.pictures.distribution import distribution
from reportgen.records.over_images import Health, LayerHealth


def with_charts(health: Health | None, folder: Path, slug: Callable[[str], str]) -> Health | None:
    """The record with a chart for each layer, drawn below `folder`; `slug` names their files."""
    if health is None:
        return None
    layers = [_with_chart(one, folder, slug(one.layer)) for one in health.layers]
    return health.model_copy(update={"layers": layers})


def _with_chart(one: LayerHealth, folder: Path, slug: str) -> LayerHealth:
    found = one.distribution
    if found is None:
        return one
    path = f"pictures/health/{slug}.svg"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    drawn = distribution(
        found.lows, found.lower, found.medians, found.upper, found.highs, found.measured
    )
    (folder / path).write_bytes(drawn)
    return one.model_copy(update={"distribution": found.model_copy(update={"chart": path})})
