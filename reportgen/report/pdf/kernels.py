"""The weights of convolutions as a chapter of the PDF: the first as a picture, all in numbers."""

import statistics
from collections.abc import Iterator

from reportgen.records.report import Kernel
from reportgen.report.pdf.contexts import Block, Bullets, Plate, Table, Title, Words
from reportgen.report.pdf.figures import Materials
from reportgen.report.sections.kernels import (
    kernel_caption,
    kernel_facts,
    kernel_remarks,
    kernels_text,
)
from reportgen.wording import TIMES, count, number, only_in_site

_TALLEST = 110.0
_LARGEST_PIXEL = 1.2
"""Millimetres that a weight takes at most."""


def kernels(materials: Materials) -> Iterator[Block]:
    """The first convolution as a picture with what was found in it, and a table of all."""
    all_of_them = materials.outline.report.kernels
    if not all_of_them:
        return
    first = all_of_them[0]
    left_out = only_in_site(len(all_of_them) - 1, "picture")
    yield Words(f"{kernels_text(all_of_them)} {left_out}".rstrip())
    yield Title(first.layer)
    yield Words(" · ".join(kernel_facts(first)), quiet=True)
    yield Plate(
        "",
        materials.pictures.picture(
            first.picture,
            f"Weights of {first.layer}, {count(first.shown, 'filter')}",
            smooth=False,
        ),
        min(materials.room, first.width * _LARGEST_PIXEL),
        min(_TALLEST, first.height * _LARGEST_PIXEL),
        kernel_caption(first),
    )
    if remarks := tuple(kernel_remarks(first)):
        yield Bullets(remarks)
    yield Title("All convolutions")
    yield Table(
        ("Layer", "Filters", "Weights each", "Norms", "Median", "Dead", "Near-duplicates"),
        "cnnnnnn",
        tuple(map(_row, all_of_them)),
    )


def _row(kernel: Kernel) -> tuple[str, ...]:
    height, width = kernel.size
    norms = [norm for norm in kernel.norms if norm is not None]
    return (
        kernel.layer,
        f"{kernel.filters:,}",
        f"{height} {TIMES} {width} {TIMES} {kernel.inputs:,}",
        f"{number(min(norms))} to {number(max(norms))}" if norms else "–",
        number(statistics.median(norms)) if norms else "–",
        f"{len(kernel.dead):,}",
        count(kernel.near_duplicates, "pair") if kernel.compared else "not compared",
    )
