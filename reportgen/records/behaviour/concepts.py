"""What a report states of concepts: groups of channels that are active together."""

from pydantic import Field

from reportgen.records.base import Record


class Concept(Record):
    """A group of channels; its number on the page is `index` + 1."""

    index: int
    colour: str
    """Of its places on the photos, such as "#e69f00"."""
    channels: list[int]
    """The five channels with the largest weights, largest first."""
    weights: list[float]
    """Their weights; those of all channels have the norm one."""
    images: list[str]
    """The images of its patches, the strongest first."""
    picture: str | None
    """The patches side by side; None where it is active nowhere."""
    width: int
    height: int


class ClassConcepts(Record):
    """The mean part of each concept in the score of a class, over images predicted as it."""

    index: int
    label: str
    images: int
    parts: list[float]
    """By concept: the sum over places of its activation times the gradient of the score."""
    score: float
    """The same of all channels together."""


class ConceptImage(Record):
    """A photo under the colours of the concepts, with their numbers at the peaks."""

    image: str
    label: str
    """The predicted class."""
    parts: list[float]
    """By concept, its part in the score of this class."""
    picture: str
    width: int
    height: int


class StabilityOf(Record):
    """How well seeds agree on so many concepts: the mean cosine of their channels, 0 to 1."""

    concepts: int
    agreement: float


class Concepts(Record):
    """The concepts of one layer."""

    layer: str
    dataset: str = ""
    """Name of the data set that the images are of; empty for the images of the report."""
    images: int
    all_images: int
    """How many there are; at most 100 are used, evenly chosen."""
    seed: int
    error: float
    """Share of the norm of the maps that the concepts leave out, 0 to 1."""
    negative: bool
    """Whether the maps have values below zero, which count as zero."""
    stability: list[StabilityOf]
    concepts: list[Concept]
    classes: list[ClassConcepts]
    """Predicted classes, the most frequent first."""
    shown: list[ConceptImage] = Field(default_factory=list)
