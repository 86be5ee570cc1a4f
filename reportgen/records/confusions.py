"""Why classes are confused, and whether a class is told by a mark at the border of its images."""

from pydantic import Field

from reportgen.records.base import Record
from reportgen.records.over_images import Mistake


class MeanHeat(Record):
    """The mean heatmap of `images`, each of which counts the same.

    `border` is the share of the heat in the outer eighth of the image on each side, 0..1.
    """

    images: int
    picture: str
    width: int
    height: int
    border: float


class SeparatingChannel(Record):
    """A channel of the features that separates two classes.

    `order` is the share of pairs, an image of the true class and one of the predicted class, in
    which it is higher on the former; 1 and 0 separate them fully. The means are those of its value
    over the images of the true class, over those of the predicted class, and over the misclassified
    ones.
    """

    channel: int
    order: float
    true_mean: float
    predicted_mean: float
    mistaken_mean: float


class Confusion(Record):
    """Images of class `true` that are predicted as class `predicted`.

    Heatmaps are those of the predicted class: of correct images of class `true`, of the
    misclassified ones, and of correct images of class `predicted`. None where there are none.
    """

    true: int
    predicted: int
    images: int
    of_class: int
    """Images of the true class."""
    mistakes: list[Mistake]
    """The most confident first; six at most."""
    true_heat: MeanHeat | None
    mistaken_heat: MeanHeat | None
    predicted_heat: MeanHeat | None
    channels: list[SeparatingChannel] = Field(default_factory=list)


class ClassHeat(Record):
    """The mean heatmap of the images that are predicted as a class."""

    index: int
    heat: MeanHeat


class Shortcut(Record):
    """A window at the border of the images by which the network may tell a class.

    The box is in shares of the image's width and height. `heat` is the window's share of the heat,
    `area` that of the image; `hot` the share of the images on which it is hot; `likeness` the share
    of pairs, an image of the class and another one, of which the former is more like the window's
    usual pixels.
    """

    index: int
    place: str
    left: float
    top: float
    width: float
    height: float
    images: int
    heat: float
    area: float
    hot: float
    likeness: float


class Confusions(Record):
    """The frequent confusions among the images of the report, and where the heat lies."""

    labelled: int
    """Images of known class that have a prediction."""
    pairs: int
    """How many pairs of classes are confused; the six most frequent are explained."""
    confusions: list[Confusion]
    layer: str
    """The layer whose channels are compared; empty without one."""
    method: str
    """Kind of the heatmaps, a name in `reportgen.heatmap_methods.CAMS`; empty without any."""
    border_area: float
    """Area of the border, as a share of the image."""
    border_reached: float
    """Share of the border that any heatmap reaches: cells of a layer may leave a margin."""
    classes: list[ClassHeat]
    examined: int
    """Classes with images enough to look for a shortcut."""
    shortcuts: list[Shortcut] = Field(default_factory=list)
