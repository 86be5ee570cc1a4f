"""What a report states of robustness: predictions and heatmaps of corrupted images."""

from pydantic import Field

from reportgen.records.base import Record


class StrengthResult(Record):
    """All images at one strength of a corruption."""

    strength: int
    """1, 2 or 3."""
    amount: str
    """What the strength is, such as "quality 15"."""
    accuracy: float | None
    """Share of the images of known class that are classified correctly; None without any."""
    flips: float
    """Share of the images whose predicted class is another than without the corruption."""
    confidence: float | None
    """Mean probability of the class that is predicted without it; None for margins."""
    drift: float | None
    """Mean of 1 less the cosine of the heatmaps of that class with and without the corruption:
    0 for the same map, 1 for maps that share no place. None where no image has both."""


class WorstImage(Record):
    """An image that a corruption changes much."""

    image: str
    label: str
    """The class that is predicted for the image itself."""
    predicted: list[str]
    """The class that is predicted at each strength."""
    confidence: list[float | None]
    """The probability of `label` at each strength; None for margins."""
    picture: str
    """The image and its three strengths, side by side."""
    width: int
    height: int


class CorruptionResult(Record):
    """One corruption over all images; `name` as in gates."""

    name: str
    title: str
    definition: str
    strengths: list[StrengthResult]
    worst: list[WorstImage] = Field(default_factory=list)
    """Those that change their class at the lowest strength, or lose most of its probability."""
    chart: str | None = None


class Robustness(Record):
    """How predictions and heatmaps change when images are corrupted."""

    definitions: int
    """Version of the definitions: numbers of another one are not comparable."""
    dataset: str = ""
    """Name of the data set that the images are of; empty for the images of the report."""
    layer: str
    """Path of the layer of the heatmaps."""
    images: int
    all_images: int
    """How many there are; at most 100 are corrupted, evenly chosen."""
    known: int
    """Images whose class is known: accuracies are over them."""
    accuracy: float | None
    """Accuracy on them without a corruption."""
    corruptions: list[CorruptionResult]
