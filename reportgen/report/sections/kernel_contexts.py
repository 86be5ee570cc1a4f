"""What the template of the kernels' pages receives; see `reportgen.report.contexts`."""

from dataclasses import dataclass

from reportgen.report.contexts import Explanation, Frame, Link, Note, Pager, Picture


@dataclass(frozen=True)
class KernelFigure:
    """The weights of one layer: what was found in them stands in `remarks`."""

    id: str
    layer: Link
    facts: tuple[str, ...]
    picture: Picture
    caption: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class KernelsPage:
    """`kernels.html`: the weights of each convolution."""

    frame: Frame
    explanation: Explanation | None
    notes: tuple[Note, ...]
    text: str
    kernels: tuple[KernelFigure, ...]
    pager: Pager
