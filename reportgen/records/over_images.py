"""What a report states of all its images together: records of `report.json`."""

from dataclasses import dataclass

from pydantic import Field

from reportgen.records.base import LightRecord, Record


class ClassResult(Record):
    """How one class fared: `images` of it, `predicted` as it, `correct` both.

    `precision` is correct / predicted, `recall` correct / images; None where that is 0 / 0. `f1` is
    their harmonic mean, 2 correct / (images + predicted).
    """

    index: int
    label: str
    images: int
    predicted: int
    correct: int
    precision: float | None
    recall: float | None
    f1: float | None = None


class Confused(Record):
    """A cell of the confusion matrix that is not empty: by true and predicted class."""

    true: int
    predicted: int
    images: int


class ConfidenceBin(Record):
    """The images whose predicted class has a probability above `low`, up to `high`.

    `confidence` is the mean of these probabilities, `accuracy` the share that is right; None
    without images.
    """

    low: float
    high: float
    images: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake(LightRecord):
    """A misclassified image, with the probabilities of both classes.

    There are none where the output gives margins.
    """

    image: str
    true: int
    predicted: int
    probability: float | None
    true_probability: float | None


class Temperature(Record):
    """The temperature that calibrates the model: logits are divided by it before the softmax.

    It is fitted to all images. The numbers and bins after it are cross-validated: each image is
    scaled by the temperature that is fitted to the other folds.
    """

    temperature: float | None = None
    """Above 1 for an overconfident model; None where none can be fitted."""
    reason: str = ""
    """Why there is none; empty where there is one."""
    lowest: float | None = None
    """The lowest temperature of a fold."""
    highest: float | None = None
    images: int
    """Images that it is fitted to and evaluated on."""
    sampled: bool = False
    """Whether they are a sample of the images of known class."""
    folds: int = 0
    loss_before: float | None = None
    """Mean cross-entropy (natural logarithm) of the true class without a temperature."""
    loss_after: float | None = None
    calibration_error_before: float | None = None
    """Expected calibration error of these images without a temperature."""
    calibration_error_after: float | None = None
    reliability: list[ConfidenceBin] = Field(default_factory=list)
    """By confidence after scaling."""
    chart: str | None = None


class Evaluation(Record):
    """How the model does on images whose class is known from the folder that they lie in."""

    dataset: str = ""
    """Name of the data set that was scanned; empty for the images of the report."""
    images: int
    """Images with a known class and class scores; all numbers are over them."""
    unknown: int
    """Images that lie in no class folder, or have no scores."""
    not_finite: int = 0
    """Images of known class that are not counted: their scores are NaN or infinite."""
    folders: dict[str, int]
    """The class index of each folder."""
    correct: int
    accuracy: float
    accuracy_low: float
    """Lower end of the 95 % Wilson interval of the accuracy."""
    accuracy_high: float
    majority: int
    """Class that most images have, the first of several."""
    majority_share: float
    """Share of the images that have it: the accuracy of always predicting it."""
    balanced_accuracy: float | None = None
    """Mean recall of the classes that have images: each class counts the same."""
    macro_f1: float | None = None
    """Mean F1 score of the classes that have images or were predicted."""
    remarks: list[str] = Field(default_factory=list)
    """Sentences on what the numbers alone would hide."""
    top_k: int | None
    """K of the top-K accuracy; None where the model has only two classes."""
    top_k_accuracy: float | None
    loss: float | None
    """Mean cross-entropy (natural logarithm) of the known class; None where it is not defined."""
    loss_reason: str
    """Why there is no loss; empty where there is one."""
    classes: list[ClassResult]
    """Classes that an image has or gets, by index."""
    confusion: list[Confused]
    calibration_error: float | None
    """Expected calibration error: the mean distance of confidence and accuracy over the bins; None
    without probabilities, and `reliability` is empty then."""
    reliability: list[ConfidenceBin]
    reliability_chart: str | None
    temperature: Temperature | None = None
    """The temperature that calibrates the model; None without probabilities."""
    mistakes: list[Mistake]
    """The most confident first; of a data set, the first 1,000."""


class Distribution(Record):
    """How strongly a layer's channels answer: each one's mean activation, over all images.

    One entry for each channel in `channels`, those with the highest median first; of more than 64
    channels, so many are evenly chosen. Channels that are not finite on some image are left out.
    """

    measured: int
    """Channels that these are chosen from."""
    sampled: int
    """Images that the quartiles are of: all, or of more than 64 some, evenly spaced."""
    channels: list[int]
    lows: list[float]
    """On the image where it is lowest; of all images."""
    lower: list[float]
    """Lower quartile."""
    medians: list[float]
    upper: list[float]
    """Upper quartile."""
    highs: list[float]
    chart: str | None = None


class LayerHealth(Record):
    """One layer over all images; channels by their number."""

    layer: str
    channels: int
    zeros: float
    """Share of exact zeros among all values, 0..1, the mean over the images."""
    zeros_low: float
    zeros_high: float
    """The same on the image that has the fewest, and the most."""
    silent: list[int]
    """Zero everywhere on every image."""
    constant: list[int]
    """Another single value everywhere on every image."""
    saturated: list[int]
    """At a bound of the activation function on every image."""
    non_finite: list[int]
    """NaN or infinite somewhere on some image."""
    distribution: Distribution | None = None
    """None where no channel is finite on all images."""


class Health(Record):
    """What the activations of all images say of the network."""

    dataset: str = ""
    """Name of the data set that was scanned; empty for the images of the report."""
    images: int
    layers: list[LayerHealth]
    """In order of depth."""
    silent: int
    """Channels of layers with filters that are silent, each counted once; also the others below."""
    constant: int
    saturated: int
    non_finite: int
    layers_with_zeros: int
    """Layers that make zeros, such as those with a ReLU."""
    zeros_early: float | None
    """Mean share of zeros of the first third of these layers; None for too few."""
    zeros_late: float | None
    """The same of the last third."""
    depth_correlation: float | None
    """Spearman's rank correlation of depth and share of zeros among the layers that make zeros."""


class Exemplar(Record):
    """An image that activates a channel or unit: where in the layer's maps, and how much.

    `box` is the unit's receptive field: top, left, height, width in pixels of the network's input.
    `exact` is False where a layer on the way is not known; the box is then everything. `beyond` is
    True where the unit also depends on the whole image, by way of a pooled or normalised value
    (squeeze-and-excitation, group normalisation); the box is then that of the convolutional path.
    """

    image: str
    row: int
    column: int
    value: float | None
    box: list[int]
    exact: bool
    beyond: bool = False


class ExemplarsOf(Record):
    """The exemplars of a channel, or where `unit` (row, column) is given, of that unit of it.

    The picture has one tile, `tile` pixels wide, for each of them; below it what the unit sees.
    """

    layer: str
    channel: int
    unit: list[int] | None
    picture: str | None
    """None where no image activates it."""
    tile: int
    width: int
    height: int
    exemplars: list[Exemplar]


class Exemplars(Record):
    """The images that activate channels and units the most."""

    images: int
    """Images searched."""
    dataset: str
    """Name of the folder that was searched; empty for the images of the report."""
    channels: list[ExemplarsOf]
    units: list[ExemplarsOf]
