"""What a report states of filters: patterns, their galleries, kernels; and dreams."""

from typing import Literal

from reportgen.records.base import Record

PatternKind = Literal[
    "classic",
    "classic-negative",
    "classic-diverse",
    "classic-block",
    "fourier",
    "fourier-negative",
    "fourier-diverse",
]
"""How the patterns of a gallery are made: pixels climb ("classic") or the coefficients of waves
("fourier"); what lowers a filter ("negative"); several of a filter, driven apart ("diverse");
a gallery of its own for the first layer of a block ("block")."""


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
