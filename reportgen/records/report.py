"""Everything a report states, as typed records: the contents of `report.json`.

Analyses fill these records, the writers in `reportgen.report` turn them into pages.
Their JSON Schema is `Report.model_json_schema()`; a copy ships as `reportgen/report.schema.json`.
Pictures are named by their path inside the report's folder, with forward slashes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from reportgen.records.base import LightRecord, Record
from reportgen.records.decisions import Decisions
from reportgen.records.gates import Baseline, Gates, Run
from reportgen.records.heatmaps import CamDifference
from reportgen.records.on_disk import KEPT, Numbers, written_as
from reportgen.records.outputs import Head, OtherPrediction, Output, TensorInfo, Value
from reportgen.records.over_images import Evaluation, Exemplars, Health
from reportgen.records.regression import Regression

SCHEMA_VERSION = "1.1"


class Environment(Record):
    """What the report was computed with."""

    python: str
    tensorflow: str | None = None
    jax: str | None = None
    """Versions of the library that computed; None for the other."""
    keras: str
    device: str
    """Name of the device as people know it, such as "CPU (2 cores)" or "NVIDIA H200"."""


class ImageInput(Record):
    """The input that takes the picture.

    `height`, `width` in pixels and `channels` (1 or 3) are the sizes used for this report.
    `layout` is how the axes behind the batch stand: "HWC", "CHW", "HW" or "THWC" (video).
    """

    name: str
    height: int
    width: int
    channels: int
    layout: Literal["HWC", "CHW", "HW", "THWC"]
    frames: int = 1
    """How many frames a video network takes at once."""


class Trial(Record):
    """A candidate for the preprocessing: how many of the images it classifies correctly."""

    mode: str
    correct: int
    images: int


class Statistic(Record):
    """A candidate for the preprocessing: how far its batch statistics are from those of training.

    `distance` is a Kullback-Leibler divergence: 0 for the same, above 0.5 for other ones.
    """

    mode: str
    distance: float


class Preprocessing(Record):
    """How pixel values 0..255 become what the model takes."""

    mode: str
    source: Literal["detected", "given", "assumed"]
    reason: str
    """One sentence for the page: what was found, or why this was assumed."""
    own_layer: str = ""
    """Path of the layer by which the model rescales by itself; empty where it does not."""
    highest: float | None = None
    """Largest pixel value that the model's own rescaling is made for; None where not known."""
    trials: list[Trial] = Field(default_factory=list)
    """Candidates that were tried on images in class folders, in the order tried."""
    statistics: list[Statistic] = Field(default_factory=list)
    """Candidates compared with what batch normalisations remember, in the order compared."""
    statistics_layers: list[str] = Field(default_factory=list)
    """Paths of these batch normalisations."""


class Cells(Record):
    """Where the cells of a layer's maps lie on the network's input: rows first, then columns.

    In pixels, of which the first covers 0 to 1: `start` are the centres of the first receptive
    field, `jump` the distances to the next ones, `size` their lengths where no border cuts them.
    `beyond` and `exact` are as of `Exemplar`; cells of unknown origin divide the image evenly.
    """

    start: list[float]
    jump: list[float]
    size: list[float]
    beyond: bool
    exact: bool


class Layer(Record):
    """One layer of the flat network."""

    path: str
    name: str
    type: str
    block: str
    output_shape: list[int | None]
    parameters: int
    trainable_parameters: int
    trainable: bool
    inputs: list[str]
    """Paths of the layers that feed it."""
    channels: int | None
    """Channels of its output, None when that is no stack of maps."""
    spatial: bool
    """Whether the output is a stack of maps (height × width × channels)."""
    map_size: list[int] | None = None
    """Height and width of the maps; None where the output is no stack of maps."""
    convolution: bool
    """Whether it has filters of its own that a filter gallery can show."""
    passes_through: bool
    """Whether it hands its input on unchanged when the model predicts (dropout, augmentation)."""
    wrapper: str | None = None
    """Type of the wrapper that it stands in, such as "TimeDistributed"; None without one."""
    cells: Cells | None = None
    """None where the output is no stack of maps."""
    makes_zeros: bool = False
    """Whether its own function gives exact zeros, as a ReLU does; pooling hands on what it gets."""
    origin: str | None = None
    """Path of the layer with filters whose channels these are, such as the convolution before a
    pooling; None for others, such as sums."""
    position: int | None = None
    """Its index in Keras's `model.layers`, or that of the inner model that it belongs to; None
    where Keras does not list it."""


class Block(Record):
    """A stage of the network: its name and the paths of its layers in order of depth."""

    name: str
    layers: list[str]


class NotFinite(Record):
    """Weights of a layer that are NaN or infinite: `count` of the `size` numbers of `weight`."""

    layer: str
    weight: str
    count: int
    size: int


class LayerWeights(Record):
    """All `size` weights of a layer in few numbers, from which two reports tell how far they are.

    `norm` is their Euclidean norm; `sketch` is a random projection, the same for all models: the
    norm of the difference of two sketches estimates that of the weights to about 5 %. None and
    empty where a weight is NaN or infinite.
    """

    layer: str
    size: int
    norm: float | None
    sketch: list[float]


class Model(Record):
    """The model at a glance and layer by layer."""

    name: str
    file: str
    description: str
    sha256: str
    size: int
    """Bytes of the model's file or files."""
    parameters: int
    trainable_parameters: int
    inputs: list[TensorInfo]
    outputs: list[Output]
    image_input: ImageInput | None
    head: Head | None
    labels: list[str]
    preprocessing: Preprocessing
    layers: list[Layer]
    blocks: list[Block]
    last_spatial_layer: str | None
    """Path of the layer whose maps Grad-CAM takes when none is chosen."""
    last_spatial_reason: str = ""
    """Why it is this layer; why there is none where it is None."""
    notes: list[str]
    """Sentences on how the file was read: rules applied, parts cut."""
    not_finite: list[NotFinite] = Field(default_factory=list)
    """Weights that are NaN or infinite."""
    weights: list[LayerWeights] = Field(default_factory=list)
    """The weights of each layer that has some; reports of schema version 1.0 lack them."""

    @property
    def value_names(self) -> list[str]:
        """Names of the values that the report explains; none where these are no values."""
        return next((list(one.names) for one in self.outputs if one.explained), [])

    @property
    def target_labels(self) -> list[str]:
        """What each score that can be explained stands for."""
        if self.labels or not self.value_names:
            return self.labels
        return [text for name in self.value_names for text in (f"higher {name}", f"lower {name}")]


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


PatternKind = Literal[
    "classic",
    "classic-negative",
    "classic-diverse",
    "fourier",
    "fourier-negative",
    "fourier-diverse",
]
"""How the patterns of a gallery are made: pixels climb ("classic") or the coefficients of waves
("fourier"); what lowers a filter ("negative"); several of a filter, driven apart ("diverse")."""


class Filter(Record):
    """A pattern that maximises one filter, one tile of a gallery picture of its layer.

    `method` is that of the gallery, `obtained` says by what means the filter was brought to answer.
    `status` "silent" stands for a filter that never answered; "not risen" for one whose score did
    not grow.
    """

    layer: str
    block: str
    channel: int
    score_start: float
    score_end: float
    method: PatternKind
    obtained: str
    status: Literal["ok", "not risen", "silent", "failed"]
    steps: int
    """Steps of gradient ascent that were made: fewer than asked for where the response levelled
    off, more where the layer is deep or the filter had to be woken."""
    picture: str
    tile: int
    """Position in the gallery, counted along the rows."""


class StartImage(Record):
    """The image that the ascent of one filter started from, as the network saw it.

    Those of the other filters differ by chance alone.
    """

    method: Literal["classic", "fourier"]
    layer: str
    channel: int
    picture: str
    width: int
    height: int


class Gallery(Record):
    """The gallery picture of one layer's filter patterns; `size` is a tile's side in pixels.

    With a "diverse" `method` the patterns of a filter follow each other, so that `shown` counts a
    filter several times.
    """

    layer: str
    block: str
    method: PatternKind
    filters: int
    shown: int
    picture: str
    width: int
    height: int
    columns: int
    margin: int
    size: int


class Kernel(Record):
    """The weights of one convolution layer, as a picture and in numbers.

    `kind` says what a tile of the picture is: "colour" a filter that sees the image, in the
    colours that raise its response (gray is zero), "single" a filter of one slice, "slices" one
    slice of the filter that the row is. In the last two, red is positive, blue negative, white
    zero.
    """

    layer: str
    size: list[int]
    """Height and width of a filter."""
    inputs: int
    """Channels of the input that each filter sees: its slices."""
    filters: int
    kind: Literal["colour", "single", "slices"]
    colours: list[list[float | None]] | None = None
    """How much red, green and blue of the image count in each channel of the input, behind the
    preprocessing: with "colour", the weights are multiplied by it before they are drawn."""
    shown: int
    """How many filters the picture holds (the first ones)."""
    slices: int
    """How many slices of each filter the picture holds (the first ones)."""
    picture: str
    width: int
    height: int
    norms: list[float | None]
    """Euclidean norm of each filter's weights; None where it is not finite."""
    dead: list[int]
    """Filters whose norm is less than a millionth of the largest of the layer."""
    compared: bool
    """Whether filters were compared with each other; those of few weights are not."""
    near_duplicates: int
    """How many pairs of filters have weights with a cosine similarity above 0.95."""
    nearest: list[tuple[int, int, float]]
    """The closest pairs and their cosine similarity, at most 100."""


class Dream(Record):
    """A photo changed by gradient ascent to excite a layer, or one channel of it, and the original.

    The response is the mean of the channel, or of the layer's squares where `channel` is None,
    before and after. `octaves` are the heights and widths that were climbed one after the other.
    """

    image: str
    layer: str
    channel: int | None
    status: Literal["ok", "not risen", "failed"]
    response_start: float | None
    response_end: float | None
    steps: int
    octaves: list[tuple[int, int]]
    original: str
    picture: str
    width: int
    height: int


class TrustMeasure(Record):
    """How the maps of one kind did on the images measured: means over `images` of them.

    `method` is a name in `reportgen.heatmap_methods.CAMS`, or "chance" for random maps of the same
    resolution, "chance by pixel" for those of the image's. Of these, numbers are means over `draws`
    maps; `deletion_interval` and `insertion_interval` hold 95 % of such random maps.
    Curves are probabilities of the class while none to all of the pixels go, or come, the hottest
    first; areas below them 0..1. All are None or empty where no image has a map of this kind.
    """

    method: str
    images: int
    deletion: list[float]
    insertion: list[float]
    deletion_area: float | None
    insertion_area: float | None
    drop: float | None
    """Share of the probability that is lost when the image is multiplied by the map, 0..1."""
    increase: float | None
    """Share of the images whose probability rises then, 0..1."""
    blurred_drop: float | None = None
    """Share of the probability that is lost when the image is blurred where it is not hot, 0..1."""
    blurred_increase: float | None = None
    """Share of the images whose probability rises then, 0..1."""
    kept_brightness: float | None = None
    """Share of the image's brightness that is left once it is multiplied by the map, 0..1."""
    sparseness: float | None
    """Gini index of the map: 0 spread evenly, towards 1 in few pixels."""
    draws: int = 1
    deletion_interval: list[float] | None = None
    insertion_interval: list[float] | None = None


class Spread(Record):
    """A number measured several times: mean, smallest and largest."""

    mean: float
    low: float
    high: float


class SanityStage(Record):
    """Maps by a model whose layers from the output down to `layer` are randomised, and the true.

    `layers` counts these layers. Means over the images of the rank correlation (Spearman, -1..1)
    and of the structural similarity (SSIM), spread over `seeds` draws of random weights.
    """

    layer: str
    layers: int
    seeds: int
    correlation: Spread
    similarity: Spread


class SanityNull(Record):
    """How alike the maps of different images are, by the model as it is: over `pairs` of images.

    `error` is the standard error of the mean correlation, with as many images as there are.
    """

    images: int
    pairs: int
    correlation: Spread
    similarity: Spread
    error: float


class SanityCheck(Record):
    """Whether the maps of one kind depend on the model and on the class.

    Kinds that need many passes for each map are tried on the first two of the images.
    `other_class` is the rank correlation with the map of another class, by chance; None for a kind
    that is the same for every class. There are no stages where no image has a map.

    `outcome` compares the maps of the model randomised throughout with the null, the maps of
    different images: "gone" where they are no more like the true maps than these, within two
    standard errors; "kept" where at least three quarters of the way from the null to identity are
    left; "in part" between; "unknown" without a null.
    """

    method: str
    stages: list[SanityStage]
    between_images: SanityNull | None
    other_class: float | None
    outcome: Literal["gone", "in part", "kept", "unknown"]


class Trust(Record):
    """How far the heatmaps of `layer` can be trusted, measured on `images` (their names)."""

    layer: str
    images: list[str]
    measures: list[TrustMeasure]
    checks: list[SanityCheck]
    chart: str | None
    """Picture of the curves."""


class Skipped(Record):
    """Something that is not in the report: its kind, such as "image", "layer" or "section"."""

    what: str
    name: str
    reason: str

    @property
    def is_loss(self) -> bool:
        """Whether it is left out neither by the model's nature nor at the user's wish."""
        return self.what not in _AS_ASKED


_AS_ASKED = frozenset(
    {"layer", "channel", "input", "section", "file", "split", "resolution", "channels", "images"}
)


class NotePicture(Record):
    """A picture in the user's notes: the file that they name, its width and height in pixels."""

    file: str
    width: int
    height: int


class Report(Record):
    """A whole report."""

    schema_version: str = SCHEMA_VERSION
    generator: str
    created: str
    """ISO 8601 date and time in UTC."""
    title: str
    author: str
    notes: str
    """The user's own text, Markdown."""
    note_pictures: list[NotePicture] = Field(default_factory=list)
    environment: Environment
    command: str
    settings: dict[str, Any]
    sections: list[str]
    model: Model
    images: Annotated[Sequence[Image], KEPT, written_as(list[Image])]
    filters: list[Filter]
    galleries: list[Gallery]
    start_images: list[StartImage] = Field(default_factory=list)
    """One for each way to find filter patterns."""
    kernels: list[Kernel] = Field(default_factory=list)
    trust: Trust | None = None
    dreams: list[Dream] = Field(default_factory=list)
    sparsity_chart: str | None
    evaluation: Evaluation | None = None
    """How the model does on images in class folders; None without them."""
    regression: Regression | None = None
    """How predicted values compare with true ones; None without these."""
    health: Health | None = None
    """The state of every layer over all images; None with fewer than two."""
    exemplars: Exemplars | None = None
    """The images that activate channels and units the most; None without the section."""
    decisions: Decisions | None = None
    """Which channels made the decisions; None without the section."""
    skipped: list[Skipped]
    warnings: list[str]
    timings: dict[str, float]
    """Seconds spent in each part; empty when SOURCE_DATE_EPOCH is set."""
    gates: Gates | None = None
    """Conditions that the numbers have to meet; None where none are given."""
    baseline: Baseline | None = None
    """What changed since the report that `--baseline` names; None without it."""
    history: list[Run] = Field(default_factory=list)
    """The last runs of the file that `--history` names, this one at the end."""
    trend_chart: str | None = None
    """Picture of the metrics over these runs; None for fewer than two."""
    timing_notes: list[str] = Field(default_factory=list)
    """What a reader of the timings should know, such as batches that had to be halved."""
