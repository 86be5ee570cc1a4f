"""The class activation maps of one image of a finished report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from reportgen.api.names import unknown_name
from reportgen.api.pictures import figure, read_picture, row
from reportgen.errors import ReportgenError
from reportgen.records import image as image_records

Floats = npt.NDArray[np.float32]

_TOP_LEVEL = 255.0


@dataclass(frozen=True)
class Heatmap:
    """One class activation map of one image."""

    folder: Path
    record: image_records.GradCam

    @property
    def method(self) -> str:
        """The method, such as "gradcam"."""
        return self.record.method

    @property
    def label(self) -> str:
        """The class that the map explains."""
        return self.record.label

    @property
    def overlay(self) -> PillowImage.Image:
        """The map over the photo. Raises ReportgenError where there is no map."""
        return read_picture(self.folder, self._there(self.record.picture))

    @property
    def heatmap(self) -> PillowImage.Image:
        """The map alone, in colours, enlarged to the photo."""
        return read_picture(self.folder, self._there(self.record.heatmap))

    @property
    def values(self) -> Floats:
        """The map as computed, one value a cell: (rows, columns), 0..1 in 256 levels."""
        cells = read_picture(self.folder, self._there(self.record.cells))
        return np.asarray(cells, np.float32) / np.float32(_TOP_LEVEL)

    def _there(self, picture: str | None) -> str:
        if picture is None:
            why = self.record.reason or self.record.status
            if self.record.same_as:
                why = f"it is the same as that of {self.record.same_as}"
            raise ReportgenError(f"The map of “{self.label}” has no such picture: {why}.")
        return picture

    def _repr_html_(self) -> str:
        picture = self.record.picture
        return (
            figure(read_picture(self.folder, picture), self.label)
            if picture
            else self.record.reason
        )


class Heatmaps(Sequence[Heatmap]):
    """The maps of one image, the predicted class first; by number, or by the name of a class."""

    def __init__(self, maps: Sequence[Heatmap]) -> None:
        self._maps = list(maps)

    def __len__(self) -> int:
        return len(self._maps)

    def __getitem__(self, which: Any) -> Any:
        if isinstance(which, str):
            labels = [heatmap.label for heatmap in self._maps]
            if which not in labels:
                raise unknown_name(which, list(dict.fromkeys(labels)), "class")
            return self._maps[labels.index(which)]
        return self._maps[which]

    @property
    def overlay(self) -> PillowImage.Image:
        """The first map over the photo."""
        return self._first.overlay

    @property
    def heatmap(self) -> PillowImage.Image:
        """The first map alone."""
        return self._first.heatmap

    @property
    def values(self) -> Floats:
        """The values of the first map: (rows, columns), 0..1."""
        return self._first.values

    @property
    def _first(self) -> Heatmap:
        if not self._maps:
            raise ReportgenError("The image has no heatmap: the network predicts no class of it.")
        return self._maps[0]

    def _repr_html_(self) -> str:
        return row(heatmap._repr_html_() for heatmap in self._maps)
