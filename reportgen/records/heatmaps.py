"""What a report states of heatmaps of two classes: records of `report.json`."""

from dataclasses import dataclass
from typing import Literal

from reportgen.records.base import LightRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class CamDifference(LightRecord):
    """Where the evidence for one class outweighs that for another, and the other way round.

    `first` and `second` are the classes' indices, in the pictures red and blue; `picture` is the
    overlay on the photo, `heatmap` the bare map, each relative to its strongest place.
    """

    layer: str
    first: int
    second: int
    first_label: str
    second_label: str
    status: Literal["ok", "no difference", "failed"]
    reason: str
    picture: str | None
    heatmap: str | None
    width: int
    height: int
