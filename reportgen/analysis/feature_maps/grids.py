"""What is kept of the activations of one image: its class scores, and a grid for each layer."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import SkipValidation

Numbers = Annotated[list[float | None], SkipValidation]
"""Numbers as they are read: there are tens of thousands of them for each image."""


@dataclass(frozen=True)
class SingleChannel:
    """One channel as a picture of its own, and the colour bar that reads it."""

    channel: int
    low: float | None
    high: float | None
    inactive: bool
    picture: str
    colorbar: str | None


@dataclass(frozen=True)
class Grid:
    """The channels of one layer: a picture of them, and what is counted of them.

    `size` is that of a tile, `map_size` that of a map (height, width). Lists of channels hold their
    indices; `means`, `deviations`, `lows` and `highs` have a number for each shown channel.
    """

    layer: str
    channels: int
    shown: int
    size: tuple[int, int]
    map_size: tuple[int, int]
    inactive_channels: int
    inactive: list[int]
    silent: list[int]
    saturated: list[int]
    non_finite: list[int]
    sparsity: float
    low: float | None
    high: float | None
    picture: str
    width: int
    height: int
    columns: int
    margin: int
    means: Numbers
    deviations: Numbers
    lows: Numbers
    highs: Numbers
    singles: list[SingleChannel]


@dataclass(frozen=True)
class ActivationData:
    """What the network computes for an image; `outputs` are the numbers of every output by name.

    Scores and probabilities are those of the output explained, NaN and infinity among them.
    `features` are the channel means of the penultimate layer; empty where nothing asks for them.
    """

    scores: list[float]
    probabilities: list[float]
    outputs: dict[str, list[float]]
    activations: list[Grid]
    features: list[float] = field(default_factory=list)
