"""Where the images lie in the features of the network, and whose label is suspected."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from reportgen.records.base import LightRecord, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoint(LightRecord):
    """One image on the map; `neighbours` are the names of the nearest, the nearest first.

    Neighbours are near in the features of all channels, which is not always near on the map.
    """

    image: str
    x: float
    y: float
    neighbours: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapTile(LightRecord):
    """A thumbnail of the picture of the map: its image and its box, in pixels of the picture."""

    image: str
    left: int
    top: int
    size: int


class MapGroup(Record):
    """The images of one class; the letter `mark` is on their thumbnails."""

    mark: str
    index: int
    label: str
    images: int


class SuspectedLabel(Record):
    """An image whose confident prediction and whose neighbours disagree with its label.

    `given` and `suggested` are class indices. Of its `neighbours`, so many are `agreeing`, labelled
    with the suggested class, or `opposing`, labelled with the given one.
    """

    image: str
    given: int
    suggested: int
    given_probability: float
    suggested_probability: float
    neighbours: int
    agreeing: int
    opposing: int


class ImageMap(Record):
    """All images by the channel means of a layer, on a plane."""

    method: Literal["pca", "tsne"]
    layer: str
    channels: int
    variance: list[float]
    """Shares of the variance along x and y; empty for t-SNE."""
    perplexity: float | None
    """Of t-SNE; None for PCA."""
    trustworthiness: float
    """How far neighbours on the map are neighbours in the features, 0..1."""
    trusted: int
    """Neighbours that the trustworthiness counts."""
    coloured_by: Literal["true class", "predicted class", ""]
    """What the groups are; empty where no class is known."""
    groups: list[MapGroup]
    """The eight classes with most images, by index."""
    points: list[MapPoint]
    left_out: list[str] = Field(default_factory=list)
    """Images whose features are not finite."""
    chart: str
    """Scatter plot of all points."""
    picture: str
    """Thumbnails of the images in the order of the map."""
    width: int
    height: int
    tiles: list[MapTile]
    labelled: int
    """Images whose labels are examined: those of classes with three images or more."""
    suspected: list[SuspectedLabel] = Field(default_factory=list)
    """The most suspect first; 1,000 at most."""
    suspicions: int = 0
    """How many images are suspected."""
    no_suspicion: str = ""
    """Why labels are not examined; empty where they are."""
