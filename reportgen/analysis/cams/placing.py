"""A layer's maps laid on the photo that they are of: each cell where its receptive field lies."""

import numpy as np
import numpy.typing as npt

from reportgen.analysis.workbench import Workbench
from reportgen.inputs.geometry.cells import CellGrid
from reportgen.inputs.photos.fit import project
from reportgen.pictures.encode import jpeg
from reportgen.pictures.overlays import overlay

INTENSITY = 0.4
"""Share of the heatmap's colours in an overlay."""


def cells_of(bench: Workbench, layer: str, maps: npt.NDArray[np.floating]) -> CellGrid:
    """Where the cells of a layer's maps (height, width, ...) lie on the network's input."""
    return bench.network.receptive_fields.grid(layer, (maps.shape[0], maps.shape[1]))


def placed_on(
    bench: Workbench,
    photo: npt.NDArray[np.uint8],
    values: npt.NDArray[np.floating],
    layer: str | None,
) -> npt.NDArray[np.float32]:
    """A layer's map, laid on the photo (height, width, 3) that it is of.

    Each cell lies at the centre of its receptive field. `layer` is None for a map of the image's
    own pixels.
    """
    target = bench.image_input
    if target is None:
        raise ValueError("the model takes no image")
    height, width = photo.shape[:2]
    shares = values.astype(np.float32)
    grid = cells_of(bench, layer, values) if layer is not None else None
    return project(shares, height, width, bench.resize, target.height, target.width, grid)


def map_overlay(
    bench: Workbench,
    photo: npt.NDArray[np.uint8],
    shares: npt.NDArray[np.floating],
    layer: str,
    colormap: str,
) -> bytes:
    """A JPEG of a photo (height, width, 3) under a layer's map, whose values lie in 0..1."""
    placed = np.clip(placed_on(bench, photo, shares, layer), 0.0, 1.0)
    return jpeg(overlay(photo, placed, INTENSITY, colormap))
