"""The window of a convolution or a pooling: how it moves over the maps."""

from typing import Literal

from reportgen.records.base import Record


class Window(Record):
    """Sizes along the axes of the maps: rows, then columns; one or three axes where it has these.

    A "global" `padding` stands for a window over whole maps; it has no sizes then.
    """

    size: list[int]
    strides: list[int]
    dilation: list[int]
    """Distances of the window's cells; 1 for cells beside each other."""
    padding: Literal["same", "valid", "causal", "global"]
    groups: int = 1
    """Parts of the channels that are convolved apart; as many as channels for a depthwise one."""
