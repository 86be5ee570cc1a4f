"""The texts that the page "As in the sources" follows, and how it lists numbers."""

from collections.abc import Sequence

from reportgen.wording import listed

BOOK = "F. Chollet, Deep Learning with Python, 2017"
LECTURE = "Stanford CS231n, Visualizing what ConvNets learn"
BLOG = "F. Chollet, How convolutional neural networks see the world, 2016"
DREAMS = "A. Mordvintsev et al., Inceptionism, 2015"
UNITS = "R. Girshick et al., Rich feature hierarchies, 2014; M. Zeiler, R. Fergus, 2014"


def numbered(noun: str, values: Sequence[int]) -> str:
    """A noun and numbers: "channel 3", "channels 3 and 30"."""
    return f"{noun if len(values) == 1 else noun + 's'} {listed(values)}"
