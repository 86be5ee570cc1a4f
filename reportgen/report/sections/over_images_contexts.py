"""What the templates of pages about all images together receive, under the name `page`."""

from dataclasses import dataclass

from reportgen.report.contexts import Explanation, Fact, Frame, Link, Note, Pager, Picture


@dataclass(frozen=True)
class Seen:
    """A picture with a few words below it; None where there is none, for the reason given."""

    picture: Picture | None
    text: str


@dataclass(frozen=True)
class MistakeCard:
    """An image taken for another class, with what speaks for the one and for the other."""

    image: Link
    predicted: str
    true: str
    pictures: tuple[Seen, ...]


@dataclass(frozen=True)
class MatrixCell:
    """A cell of the confusion matrix; `right` on its diagonal."""

    images: str
    right: bool


@dataclass(frozen=True)
class MatrixRow:
    """A row of the confusion matrix: the images of one class."""

    name: str
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True)
class ConfusedPair:
    """A class and what it was taken for, where there are too many classes for a matrix."""

    true: str
    predicted: str
    images: str


@dataclass(frozen=True)
class ClassRow:
    """One class in the table of precision and recall."""

    name: str
    images: str
    predicted: str
    correct: str
    precision: str
    recall: str
    f_score: str


@dataclass(frozen=True)
class EvaluationPage:
    """`evaluation.html`: images of known class. All but the mistakes stand on the first page."""

    frame: Frame
    first: bool
    explanation: Explanation | None
    notes: tuple[Note, ...]
    facts: tuple[Fact, ...]
    mistakes: tuple[MistakeCard, ...]
    mistakes_text: str
    remarks: tuple[str, ...]
    """Sentences on what the numbers alone would hide."""
    columns: tuple[str, ...]
    """Heads of the matrix's columns: predicted classes; empty where there are too many."""
    matrix: tuple[MatrixRow, ...]
    pairs: tuple[ConfusedPair, ...]
    pairs_text: str
    classes: tuple[ClassRow, ...]
    classes_text: str
    """Which classes the table leaves out; empty where it has all."""
    chart: Picture | None
    pager: Pager


@dataclass(frozen=True)
class HealthRow:
    """One layer in the table of health; numbers of channels are drawn together as runs."""

    id: str
    layer: Link
    channels: str
    zeros: str
    range: str
    """The share of zeros on the image with the fewest, and on that with the most."""
    silent: str
    others: str
    """Constant, saturated and non-finite channels; empty without any."""


@dataclass(frozen=True)
class DistributionChart:
    """How strongly the channels of one layer answer, over all images."""

    layer: Link
    chart: Picture
    text: str


@dataclass(frozen=True)
class HealthPage:
    """`health.html`: every layer over all images; the chart stands on the first page only."""

    frame: Frame
    explanation: Explanation | None
    notes: tuple[Note, ...]
    facts: tuple[Fact, ...]
    sentence: str
    """Whether the network is the sparser, the deeper; empty where that cannot be said."""
    chart: Picture | None
    rows: tuple[HealthRow, ...]
    distributions: tuple[DistributionChart, ...]
    """Of the layers in the rows."""
    distributions_text: str
    pager: Pager


@dataclass(frozen=True)
class ExemplarRow:
    """A channel or a unit: its strip of pictures, and which images they are."""

    id: str
    title: str
    strip: Picture | None
    """None where no image activates it."""
    images: tuple[Link, ...]
    """In the order of the pictures; the note says how much, and where in the maps."""


@dataclass(frozen=True)
class ExemplarsIndexPage:
    """`exemplars/index.html`: single units, and the layers whose channels have exemplars."""

    frame: Frame
    explanation: Explanation | None
    notes: tuple[Note, ...]
    text: str
    units: tuple[ExemplarRow, ...]
    layers: tuple[Link, ...]


@dataclass(frozen=True)
class ExemplarsPage:
    """`exemplars/<slug>.html`: the exemplars of one layer's channels."""

    frame: Frame
    text: str
    rows: tuple[ExemplarRow, ...]
    pager: Pager
