"""What a report states of one image: predictions, feature maps, heatmaps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from reportgen.records.base import LightRecord
from reportgen.records.heatmaps import CamDifference
from reportgen.records.on_disk import KEPT, Numbers, written_as
from reportgen.records.outputs import OtherPrediction, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction(LightRecord):
    """A class of one image: `probability` in 0..1, `score` before softmax or sigmoid.

    There is no probability where the output gives margins. The score
    of a class that the model excludes (minus infinity) is None.
    """

    index: int
    label: str
    probability: float | None
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(LightRecord):
    """A single channel drawn large; `low` and `high` are its smallest and largest activation."""

    channel: int
    low: float | None
    high: float | None
    inactive: bool
    picture: str
    colorbar: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activations(LightRecord):
    """The activation grid of one layer for one image.

    The picture is a palette PNG of `columns` tiles a row, each `size` (height, width) pixels,
    `margin` pixels apart; the value of a pixel is the quantised activation.
    """

    layer: str
    channels: int
    shown: int
    """How many channels the picture holds (the first ones)."""
    size: list[int]
    map_size: list[int]
    """Height and width of the maps; a tile is smaller where it was reduced by area averaging."""
    inactive_channels: int
    inactive: list[int]
    """Indices of the channels that are constant over this image."""
    sparsity: float
    """Share of exact zeros among all values of the layer, 0..1."""
    low: float | None
    high: float | None
    """Smallest and largest finite activation; None where there is none."""
    picture: str
    width: int
    height: int
    columns: int
    margin: int
    means: Numbers
    """Mean activation of each shown channel; None where it is not finite."""
    lows: Numbers
    highs: Numbers
    singles: tuple[Channel, ...] = ()
    deviations: Numbers = ()
    """Standard deviation of each shown channel; with the mean, what the colours stand for. Empty
    in reports of older versions."""
    left_out: tuple[int, ...] = ()
    """Channels whose places in the picture are empty, to keep the report small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradCam(LightRecord):
    """One class activation map: `picture` is the overlay on the photo, `heatmap` the bare map.

    `cells` is the map as it was computed, one pixel for each cell, `cells_size` its height and
    width; None for maps of the image's own pixels. `full` is the overlay at the photo's own size,
    where the photo is larger than `picture`. `steps` and `residual` are of integrated gradients: by
    which share of the score's gain the attributions' sum is off; None where that is not finite.
    `same_as` names the method whose map of this class is the same; there are no pictures then.

    `method` is a name in `reportgen.heatmap_methods.CAMS`; `layer` the one whose maps it is made
    from, of integrated gradients the input. Records stand method by method. Of a value there are
    two, of what raises it (even `index`) and of what lowers it; they have no probability.
    """

    method: str
    layer: str
    index: int
    label: str
    probability: float | None
    status: Literal["ok", "no positive evidence", "failed"]
    reason: str
    picture: str | None
    heatmap: str | None
    width: int
    height: int
    cells: str | None = None
    cells_size: list[int] | None = None
    full: str | None = None
    steps: int | None = None
    residual: float | None = None
    same_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(LightRecord):
    """One photo and what the network made of it."""

    name: str
    sha256: str
    width: int
    height: int
    note: str
    """How it was read, where that needs saying ("first of 6 frames"); often empty."""
    group: str | None
    """The folder that it lies in, or its class in a table; None for neither."""
    photo: str
    """Picture of the photo as the page shows it."""
    photo_width: int
    photo_height: int
    network_photo: str | None
    """Picture of the network input, at its size; None where it takes no image."""
    predictions: list[Prediction]
    activations: Annotated[Sequence[Activations], KEPT, written_as(list[Activations])]
    gradcam: list[GradCam]
    true_class: int | None = None
    """Index of its class, where its group is one of the model's classes."""
    through_depth: list[GradCam] = field(default_factory=list)
    """Grad-CAM of one class at several layers, in order of depth."""
    differences: list[CamDifference] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    """Values of all outputs whose kind is "values"."""
    others: list[OtherPrediction] = field(default_factory=list)
    """What outputs that the report does not explain say: the top classes, of a sequence
    the top one at each position."""
    not_finite: bool = False
    """Whether its class scores are NaN or infinite, so that no class is predicted."""
