"""What a comparison of reports states: the contents of `compare.json`.

`a` is the first report, the baseline, and `b` the last; a change is the number of `b` minus that of
`a`. All numbers are over the images that both reports hold, matched by SHA-256.
"""

from typing import Literal

from pydantic import Field

from reportgen.records.base import MAJOR_VERSION, Record
from reportgen.records.gates import Gates
from reportgen.records.over_images import ConfidenceBin

COMPARISON_VERSION = "1.0"


class Side(Record):
    """A report that was compared."""

    name: str
    """How the comparison calls it: the name of its folder or zip, unique among all."""
    title: str
    generator: str
    created: str
    model: str
    """Name of the model's file."""
    sha256: str
    """SHA-256 of the model's file."""
    parameters: int
    classes: int
    preprocessing: str
    images: int


class NotCompared(Record):
    """Something that could not be compared; `reason` is a clause without a full stop."""

    what: Literal["image", "layer", "class", "number", "section"]
    name: str
    side: Literal["a", "b", "both"]
    """The report that holds it, or both."""
    reason: str


class Measured(Record):
    """A number of one report; `low` and `high` are its 95 % Wilson interval where it is a share."""

    value: float
    low: float | None = None
    high: float | None = None


class NumberChange(Record):
    """A number of both reports; None where one does not have it."""

    key: str
    title: str
    higher_is_better: bool | None
    """None for a number that is neither good nor bad, such as the parameters."""
    kind: Literal["share", "number", "count"]
    images: int
    """Images that it is over; 0 for a number of the model."""
    a: Measured | None
    b: Measured | None
    change: float | None


class McNemar(Record):
    """McNemar's exact test on the images of known class (Q. McNemar, 1947).

    `p_value` is two-sided, from the binomial distribution of the images that only one of the models
    classifies correctly: the probability that a split at least as uneven arises by chance if both
    models are equally accurate. 1 where there is no such image.
    """

    both_right: int
    only_a: int
    """Right in `a`, wrong in `b`."""
    only_b: int
    both_wrong: int
    p_value: float


class Answer(Record):
    """The predicted class of an image; `probability` is None where the output gives none."""

    label: str
    probability: float | None
    heatmap: str | None = None
    """Picture of its Grad-CAM on the photo, by path inside the comparison; None without one."""


FlipKind = Literal["right to wrong", "wrong to right", "wrong to wrong", "unknown"]
"""What became of an image whose predicted class changed; unknown without its true class."""


class Flip(Record):
    """An image whose predicted class changed.

    `true` is None where its class is not known. `difference` is the picture of the heatmap of `b`
    minus that of `a`, each relative to its strongest place: red where `b` is stronger, blue where
    `a` is.
    """

    image: str
    """Its name in `b`."""
    sha256: str
    kind: FlipKind
    true: str | None
    a: Answer
    b: Answer
    photo: str | None = None
    difference: str | None = None
    width: int = 0
    height: int = 0
    """Of the photo's picture in pixels; 0 where there is none."""
    no_difference: str = ""
    """Why there is no picture of the difference."""


class ClassSide(Record):
    """A class in one report: counts, and shares as of `ClassResult`."""

    predicted: int
    correct: int
    precision: float | None
    recall: float | None
    f1: float | None


class ClassChange(Record):
    """A class in both reports, over `images` that belong to it."""

    label: str
    images: int
    a: ClassSide
    b: ClassSide


class ConfusedChange(Record):
    """A cell of the two confusion matrices that is not zero in both."""

    true: str
    predicted: str
    a: int
    b: int


class Calibration(Record):
    """Confidence and accuracy of one report in ten bins, and the expected calibration error."""

    error: float
    bins: list[ConfidenceBin]


class LayerSide(Record):
    """A layer in one report; lists are channels. None where the report has no health section."""

    path: str
    map_size: list[int] | None
    zeros: float | None
    silent: list[int] | None
    saturated: list[int] | None
    non_finite: list[int] | None


class LayerChange(Record):
    """A layer that both models have."""

    type: str
    channels: int
    matched: Literal["path", "position"]
    convolution: bool
    a: LayerSide
    b: LayerSide
    newly_silent: list[int]
    no_longer_silent: list[int]
    newly_saturated: list[int]
    newly_non_finite: list[int]
    weights: float | None
    """Change of the weights: the norm of the difference relative to the larger norm of both, 0 for
    the same. Estimated from random projections, see `LayerWeights`; None without these."""
    cka: float | None
    """Similarity of both layers' channel means over the images, 1 for the same up to rotation and
    scale (linear CKA with the unbiased estimator); None where it is not defined."""
    cka_reason: str = ""
    """Why there is no CKA."""
    grids: list[str] = Field(default_factory=list)
    """Pictures of the activation grids of `grid_image`, of `a` and of `b`."""
    grid_sizes: list[list[int]] = Field(default_factory=list)
    """Their widths and heights in pixels."""


class Similarity(Record):
    """CKA of the layers with each other; None where it is not defined.

    S. Kornblith et al., "Similarity of Neural Network Representations Revisited", 2019, with the
    unbiased estimator of HSIC: L. Song et al., "Feature Selection via Dependence Maximization",
    2012; T. Nguyen et al., "Do Wide and Deep Networks Learn the Same Things?", 2021.
    """

    images: int
    """Images that it is measured on, evenly chosen where there are more than 400."""
    layers_a: list[str]
    layers_b: list[str]
    aa: list[list[float | None]]
    ab: list[list[float | None]]
    """Rows are layers of `a`, columns layers of `b`."""
    bb: list[list[float | None]]
    cautions: list[str]
    """Sentences on what limits these numbers."""
    pictures: list[str] = Field(default_factory=list)
    """Pictures of the three matrices, by path inside the comparison."""


class PatternChange(Record):
    """A filter whose pattern search has another outcome; statuses as of `Filter`."""

    layer_a: str
    layer_b: str
    channel: int
    method: str
    kind: Literal["stopped", "began"]
    """Whether the filter stopped or began to respond to its pattern."""
    status_a: str
    status_b: str
    pictures: list[str | None] = Field(default_factory=list)
    """Pictures of both patterns, by path inside the comparison."""


class KernelChange(Record):
    """The weights of a convolution in both models; pairs are (filter, filter, similarity)."""

    layer_a: str
    layer_b: str
    near_duplicates_a: int
    near_duplicates_b: int
    appeared: list[tuple[int, int, float]]
    """Near-duplicates of `b` that are none in `a`, of the 100 closest pairs of each."""
    disappeared: list[tuple[int, int, float]]
    newly_dead: list[int]
    no_longer_dead: list[int]


class Filters(Record):
    """What changed in the filters of the layers that both models have."""

    patterns: int
    """Patterns that both reports have."""
    changed: list[PatternChange]
    kernels: list[KernelChange]


class CourseNumber(Record):
    """A number in each report, None where one does not have it."""

    key: str
    title: str
    kind: Literal["share", "number", "count"]
    values: list[float | None]


class CourseStrip(Record):
    """A channel in each report: its layer's path there, and one picture.

    The picture has a column for each report; above its pattern, below its feature map on `image`.
    What a report does not have is gray.
    """

    layers: list[str]
    channel: int
    image: str
    picture: str
    width: int
    height: int


class Course(Record):
    """The course over three or more reports, in the order given."""

    images: int
    """Images that all reports hold."""
    numbers: list[CourseNumber]
    charts: dict[str, str] = Field(default_factory=dict)
    """Picture of each number's curve, by its key."""
    strips: list[CourseStrip] = Field(default_factory=list)
    flips: list[int | None]
    """Images whose predicted class changed from each report to the next."""


class Comparison(Record):
    """A comparison of two reports; of more, of the first and the last, and the course over all."""

    schema_version: str = Field(default=COMPARISON_VERSION, pattern=MAJOR_VERSION)
    generator: str
    created: str
    """The later of the times at which `a` and `b` were made; a comparison has no time of its own,
    so that the same reports give the same bytes."""
    title: str
    author: str = ""
    sides: list[Side]
    """All reports in the order given; the first is `a`, the last `b`."""
    same_model: bool
    """Whether `a` and `b` show the same model file."""
    common: int
    """Images that both hold."""
    known: int
    """Of these, images whose true class is the same in both, with predictions in both."""
    compared: int
    """Images with predictions in both."""
    numbers: list[NumberChange]
    mcnemar: McNemar | None
    flips: list[Flip]
    """Right to wrong first, then wrong to right, wrong to wrong, and unknown."""
    classes: list[ClassChange]
    confusion: list[ConfusedChange]
    calibration_a: Calibration | None
    calibration_b: Calibration | None
    calibration_chart: str | None = None
    layers: list[LayerChange]
    grid_image: str = ""
    """The image whose activation grids are shown; empty without grids."""
    new_silent_channels: int | None
    """Channels of layers with filters, each counted once, that are silent in `b` and not in `a`."""
    similarity: Similarity | None
    filters: Filters | None
    course: Course | None = None
    not_compared: list[NotCompared]
    gates: Gates | None = None
    """Conditions put to `b` with `a` as its baseline; None where none are given."""
