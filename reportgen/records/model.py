"""What a report states of the model: its inputs, layers, preprocessing and weights."""

from typing import Literal

from pydantic import Field

from reportgen.records.base import Record
from reportgen.records.outputs import Head, Output, TensorInfo
from reportgen.records.windows import Window


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
    window: Window | None = None
    """How its kernel or its pooling window moves; None for layers without one."""
    activation: str | None = None
    """The function that it applies at its end, such as "relu"; None for none."""
    multiply_adds: int | None = None
    """Multiplications with weights for one image; None where they are not known."""
    output_bytes: int | None = None
    """Memory of its output for one image, in bytes; None where a size is open."""
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
    def value_output(self) -> Output | None:
        """The output whose values are compared with true ones: that explained, else the first."""
        found = [output for output in self.outputs if output.kind == "values"]
        return next((output for output in found if output.explained), found[0] if found else None)

    @property
    def value_names(self) -> list[str]:
        """Names of the values that the report explains; none where these are no values."""
        return next((list(output.names) for output in self.outputs if output.explained), [])

    @property
    def target_labels(self) -> list[str]:
        """What each score that can be explained stands for."""
        if self.labels or not self.value_names:
            return self.labels
        return [text for name in self.value_names for text in (f"higher {name}", f"lower {name}")]
