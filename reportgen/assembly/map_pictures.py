"""The pictures of the map of images, and which images share a colour in them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from reportgen.analysis.photos import PhotoData
from reportgen.assembly.mapped_images import MappedImage
from reportgen.evenly_spaced import spread
from reportgen.execution.store import Stored
from reportgen.pictures.charts.image_map import STYLES, Drawn, Floats, map_chart
from reportgen.pictures.display import display
from reportgen.pictures.encode import jpeg, read_rgb
from reportgen.pictures.map_thumbnails import MOST_TILES, TILE, thumbnails
from reportgen.records.image_map import MapGroup, MapTile

_CHART, _PICTURE = "pictures/map/chart.svg", "pictures/map/thumbnails.jpg"
_MARKS = "ABCDEFGH"


@dataclass(frozen=True)
class Grouped:
    """Images by class: `by` says which, `of_image` is the index of a record, -1 for none."""

    by: Literal["true class", "predicted class", ""]
    of_image: list[int]
    records: list[MapGroup]

    @classmethod
    def of(cls, images: Sequence[MappedImage], labels: Sequence[str]) -> "Grouped":
        """Group images by their true class, by the predicted one where no true one is known."""
        by_folder = any(image.true is not None for image in images)
        classes = [image.true if by_folder else image.predicted for image in images]
        counts = Counter(index for index in classes if index is not None)
        largest = sorted(counts, key=lambda index: (-counts[index], index))[: len(STYLES)]
        records = [
            MapGroup(mark=mark, index=index, label=labels[index], images=counts[index])
            for mark, index in zip(_MARKS, sorted(largest), strict=False)
        ]
        places = {record.index: at for at, record in enumerate(records)}
        of_image = [-1 if index is None else places.get(index, -1) for index in classes]
        return cls(
            "true class" if by_folder else "predicted class" if records else "", of_image, records
        )


@dataclass(frozen=True)
class MapPictures:
    """Paths of the chart and of the thumbnails, whose size is in pixels, and what they show."""

    chart: str
    picture: str
    width: int
    height: int
    tiles: list[MapTile]


def draw_map(
    folder: Path,
    images: Sequence[MappedImage],
    positions: Floats,
    grouped: Grouped,
    axes: tuple[str, str],
    decoded: Mapping[str, Stored],
) -> MapPictures:
    """Draw the chart of all images and the thumbnails of some, below `folder`."""
    wrong = [image.misclassified for image in images]
    names = [record.label for record in grouped.records]
    (folder / _CHART).parent.mkdir(parents=True, exist_ok=True)
    chart = map_chart(Drawn(positions, grouped.of_image, wrong, names), axes)
    (folder / _CHART).write_bytes(chart)
    shown = spread(range(len(images)), MOST_TILES)
    photos = [_photo(decoded[images[at].digest]) for at in shown]
    some = Drawn(
        positions[shown],
        [grouped.of_image[at] for at in shown],
        [wrong[at] for at in shown],
        names,
    )
    canvas, corners = thumbnails(photos, some, [record.mark for record in grouped.records])
    (folder / _PICTURE).write_bytes(jpeg(canvas))
    tiles = [
        MapTile(image=images[at].file.name, left=left, top=top, size=TILE)
        for at, (left, top) in zip(shown, corners, strict=True)
    ]
    return MapPictures(_CHART, _PICTURE, canvas.shape[1], canvas.shape[0], tiles)


def _photo(stored: Stored) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The photo as the pages show it, small."""
    return display(read_rgb(stored.read_file(stored.read(PhotoData).photo)), 2 * TILE)
