"""What made the network decide: how much each channel of a layer adds to the score of a class."""

from pydantic import Field

from reportgen.records.base import Record


class ChannelShare(Record):
    """One channel's part in a score: the sum over places of its map times the gradient."""

    channel: int
    contribution: float
    picture: str
    """The size of its map over the photo."""
    pattern: str | None = None
    """The pattern of its filter; None where the report has none."""


class Decision(Record):
    """The channels that raise and lower one score of one image the most.

    With `against`, it is about the difference of two scores, that of `index` less that of
    `against`, and `score` is this difference.
    """

    image: str
    index: int
    label: str
    against: int | None = None
    against_label: str | None = None
    score: float | None
    """The class score before softmax or sigmoid; None where it is not finite."""
    total: float
    """The sum of the contributions of all channels."""
    raising: float
    """The sum of those that are positive."""
    lowering: float
    """The sum of those that are negative."""
    channels: int
    """How many channels the layer has."""
    strongest: list[ChannelShare] = Field(default_factory=list)
    """The channels that raise the score, the strongest first."""
    opposing: list[ChannelShare] = Field(default_factory=list)
    """The channels that lower it, the strongest first."""


class Decisions(Record):
    """The decisions on several images, in the channels of one layer.

    `exact` says that the network behind the layer is linear up to the score, so that `total` is the
    score but for the biases. Elsewhere it is a first-order approximation.
    """

    layer: str
    exact: bool
    images: int
    """How many images the report has; the decisions on at most 24 of them are shown."""
    decisions: list[Decision]
