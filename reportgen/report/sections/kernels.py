"""Kernels: the weights of each convolution, and what was found in them."""

import statistics
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from reportgen.records.filters import Kernel
from reportgen.report.blocks import (
    Block,
    Bullets,
    Column,
    Figure,
    Limits,
    Page,
    Part,
    Parts,
    Row,
    Table,
    row,
    text,
)
from reportgen.report.contexts import Link, Picture
from reportgen.report.outline import Outline, numbered
from reportgen.wording import TIMES, count, number, numbers

KERNELS_A_PAGE = 20
_PATH = "kernels.html"
_MOST_PAIRS = 6
_LARGEST = 3

_CAPTIONS = {
    "colour": "Each square is a filter in the colours of the image that raise its response"
    " (gray is zero).",
    "single": "Each square is a filter (red positive, blue negative, white zero).",
    "slices": "Each row is a filter, each square its kernel for one input channel (red positive,"
    " blue negative, white zero).",
}
_ROWS = Limits("layer", page=60)
_COLUMNS = (
    Column("Layer", "name"),
    *(
        Column(head, "number")
        for head in ("Filters", "Weights each", "Norms", "Median", "Dead", "Near-duplicates")
    ),
)


def kernels(outline: Outline) -> Iterator[Page]:
    """The page of all convolutions."""
    found = outline.report.kernels
    parts = tuple(_part(outline, kernel) for kernel in found)
    limits = Limits("picture", page=KERNELS_A_PAGE, paper=1)
    rows = tuple(_row(outline, kernel) for kernel in found)
    blocks = (
        text(_kernels_text(found), style="lead"),
        Table("All convolutions", _COLUMNS, rows, _ROWS),
        Parts(parts, limits),
    )
    yield Page(_PATH, "Kernels", blocks)


def kernel_places(outline: Outline) -> dict[str, str]:
    """Page and anchor of each layer's kernels."""
    return {
        kernel.layer: f"{quote(numbered(_PATH, at // KERNELS_A_PAGE + 1))}#"
        f"{quote(outline.layer_slugs[kernel.layer])}"
        for at, kernel in enumerate(outline.report.kernels)
    }


def _kernels_text(kernels: Sequence[Kernel]) -> str:
    """What there is over all layers."""
    filters = sum(kernel.filters for kernel in kernels)
    dead = sum(len(kernel.dead) for kernel in kernels)
    pairs = sum(kernel.near_duplicates for kernel in kernels)
    total = f"{count(len(kernels), 'convolution')}, {count(filters, 'filter')}."
    if not dead and not pairs:
        return f"{total} No dead filters and no near-duplicates."
    return (
        f"{total} {count(dead, 'dead filter')} and"
        f" {count(pairs, 'pair of near-duplicates', 'pairs of near-duplicates')}."
    )


def _row(outline: Outline, kernel: Kernel) -> Row:
    """A convolution in the table."""
    norms = [norm for norm in kernel.norms if norm is not None]
    return row(
        Link(kernel.layer, outline.layer_place(kernel.layer)),
        f"{kernel.filters:,}",
        _weights(kernel),
        f"{number(min(norms))} to {number(max(norms))}" if norms else "–",
        number(statistics.median(norms)) if norms else "–",
        f"{len(kernel.dead):,}",
        count(kernel.near_duplicates, "pair") if kernel.compared else "not compared",
    )


def _weights(kernel: Kernel) -> str:
    height, width = kernel.size
    return f"{height} {TIMES} {width} {TIMES} {kernel.inputs:,}"


def _part(outline: Outline, kernel: Kernel) -> Part:
    """A convolution as a picture, with what was found in its weights."""
    alt = f"Weights of {kernel.layer}, {count(kernel.shown, 'filter')}"
    picture = Picture(kernel.picture, alt, kernel.width, kernel.height, pixelated=True)
    whole = kernel.slices == kernel.inputs <= 3
    remarks = tuple((remark,) for remark in _remarks(kernel))
    blocks: tuple[Block, ...] = (
        Figure(picture, (_caption(kernel),), share=1.0 if whole else 0.7, enlarged=_LARGEST),
        *([Bullets(remarks)] if remarks else []),
    )
    title = Link(kernel.layer, outline.layer_place(kernel.layer))
    return Part((title,), outline.layer_slugs[kernel.layer], blocks)


def _caption(kernel: Kernel) -> str:
    """How the picture is to be read, and what it leaves out."""
    parts = []
    if kernel.shown < kernel.filters:
        parts.append(f"{kernel.shown:,} of {count(kernel.filters, 'filter')}")
    if kernel.slices < kernel.inputs:
        parts.append(f"{kernel.slices:,} of {count(kernel.inputs, 'input channel')}")
    shown = f" Showing {' and '.join(parts)}." if parts else ""
    return _CAPTIONS[kernel.kind] + shown


def _remarks(kernel: Kernel) -> Iterator[str]:
    """What was found in the weights, a sentence each."""
    if kernel.dead:
        yield f"Dead filters, whose weights are practically zero: {numbers(kernel.dead, 24)}."
    unknown = [at for at, norm in enumerate(kernel.norms) if norm is None]
    if unknown:
        yield f"Filters with weights that are NaN or infinite: {numbers(unknown, 24)}."
    if kernel.near_duplicates:
        pairs = [f"{a} and {b} ({value:.3f})" for a, b, value in kernel.nearest[:_MOST_PAIRS]]
        more = kernel.near_duplicates - len(pairs)
        rest = f" and {count(more, 'more pair')}" if more else ""
        yield f"Near-duplicates, by cosine similarity: {', '.join(pairs)}{rest}."
    if not kernel.compared:
        yield "Filters this small can match by chance, so they were not compared."
