"""The kernel of a channel, cut out of the picture of its layer's kernels."""

from reportgen.pictures.kernel_tiles import GAP, enlargement
from reportgen.records.filters import Kernel
from reportgen.report.outline import Outline, href, src
from reportgen.report.sections.kernels import kernel_places
from reportgen.report.site.channels.contexts import ChannelKernel, Tile
from reportgen.wording import count

_SIGNS = "Red: positive. Blue: negative. White: zero."


def kernel_of(outline: Outline, page: str, path: str, channel: int) -> ChannelKernel | None:
    """The kernel of a channel and how it is to be read; None where it is not drawn."""
    kernel = next(
        (candidate for candidate in outline.report.kernels if candidate.layer == path), None
    )
    if kernel is None or not outline.has("kernels") or channel >= kernel.shown:
        return None
    tile = Tile(
        title="",
        href=href(page, kernel_places(outline)[path]),
        alt=f"Kernel of filter {channel}",
        src=src(page, kernel.picture),
        width=kernel.width,
        height=kernel.height,
        view=_view(kernel, channel),
        pixelated=True,
    )
    return ChannelKernel(tile, _text(kernel), slices=kernel.kind == "slices")


def _view(kernel: Kernel, channel: int) -> str:
    """Left, top, width and height of a filter in the picture: a tile, or a row of slices."""
    times = enlargement(kernel.size[0], kernel.size[1], kernel.kind)
    height, width = (side * times for side in kernel.size)
    if kernel.kind == "slices":
        return f"0 {channel * (height + GAP)} {kernel.width} {height}"
    row, column = divmod(channel, (kernel.width + GAP) // (width + GAP))
    return f"{column * (width + GAP)} {row * (height + GAP)} {width} {height}"


def _text(kernel: Kernel) -> str:
    if kernel.kind == "colour":
        return "In the colours of the image that raise the response. Gray: zero."
    if kernel.kind == "single":
        return _SIGNS
    if kernel.slices < kernel.inputs:
        shown = f"the first {kernel.slices:,} of {count(kernel.inputs, 'input channel')}"
    else:
        shown = f"the {count(kernel.inputs, 'input channel')}"
    return f"A square for each of {shown}. {_SIGNS}"
