"""What the template of an image's pages receives, under the name `page`."""

from dataclasses import dataclass

from reportgen.report.answers import AnswerTable
from reportgen.report.contexts import (
    Explanation,
    Fact,
    Frame,
    Legend,
    Link,
    Note,
    Pager,
    Picture,
    Prediction,
    Section,
)


@dataclass(frozen=True)
class CamCell:
    """A map of one class; `overlay` is None for the `reason` given, which may be empty."""

    overlay: Picture | None
    text: str
    reason: str


@dataclass(frozen=True)
class CamRow:
    """Another kind of class activation map, for all classes; `text` says what sets it apart."""

    title: str
    text: str
    cells: tuple[CamCell, ...]


@dataclass(frozen=True)
class GradCam:
    """One Grad-CAM. Where there is none, `overlay` is None and `reason` says why."""

    id: str
    title: str
    facts: tuple[str, ...]
    layer: Link
    overlay: Picture | None
    heatmap: Picture | None
    photo: str
    """Source of the plain photo, for the slider between photo and heatmap."""
    reason: str
    resolution: str = ""
    """How many positions the layer's maps have, and whether that makes the heatmap coarse."""
    cells: Picture | None = None
    """The map as it was computed, one pixel for each cell."""
    cells_text: str = ""
    full: Link | None = None
    """The overlay at the photo's own size."""
    placing: str = ""
    """How the cells come to lie on the photo."""
    note: str = ""
    """What the map shows, where that is not the evidence for a class of its own."""


@dataclass(frozen=True)
class DepthCam:
    """Grad-CAM at one layer of the strip; `overlay` is None for the `reason` given."""

    layer: Link
    overlay: Picture | None
    reason: str


@dataclass(frozen=True)
class DepthStrip:
    """Grad-CAM of one class through the depth of the network; without figures, there is none."""

    text: str
    explanation: Explanation | None
    cams: tuple[DepthCam, ...]


@dataclass(frozen=True)
class Difference:
    """The evidence for two classes in one map; `overlay` is None for the `reason` given."""

    id: str
    title: str
    facts: tuple[str, ...]
    legend: Legend
    overlay: Picture | None
    heatmap: Picture | None
    photo: str
    """Source of the plain photo, for the slider between photo and heatmap."""
    layer: Link
    reason: str


@dataclass(frozen=True)
class NearImage:
    """An image that lies near; `text` is its class, `mistake` that it is misclassified."""

    link: Link
    photo: Picture
    text: str
    mistake: bool


@dataclass(frozen=True)
class ImagePage:
    """`images/<slug>.html`: one image. Photo and Grad-CAM stand on the first page only."""

    frame: Frame
    first: bool
    facts: tuple[Fact, ...]
    photo: Picture
    network_photo: Picture | None
    network_text: str
    """ "Network input, 96 × 96"."""
    heatmap: Picture | None
    """The overlay of the first class; None where there is none."""
    heatmap_text: str
    predictions: tuple[Prediction, ...]
    no_predictions: str
    """Why there are no predictions; empty where there are."""
    answers: tuple[AnswerTable, ...]
    """Values, and what outputs say that the report does not explain."""
    doors: tuple[Link, ...]
    """Links to what other pages say of the image."""
    near: tuple[NearImage, ...]
    """The nearest images, the nearest first; empty without a map of images."""
    map_page: str
    """The address of the map of images."""
    notes: tuple[Note, ...]
    gradcams: tuple[GradCam, ...]
    """The first kind of map, one for each class."""
    cam_title: str
    cam_rows: tuple[CamRow, ...]
    """The other kinds, each with a cell for each class."""
    gradcam_legend: Legend
    cam_explanations: tuple[Explanation, ...]
    """Of the kinds of map that need one."""
    depth: DepthStrip
    differences: tuple[Difference, ...]
    difference_explanation: Explanation | None
    show_gradcam: bool
    explanation: Explanation | None
    """Of the activations; None on further pages."""
    sections: tuple[Section, ...]
    legend: Legend
    show_activations: bool
    pager: Pager
