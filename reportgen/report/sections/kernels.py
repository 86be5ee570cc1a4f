"""The pages of kernels: the weights of each convolution, and what was found in them."""

import statistics
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from reportgen.records.report import Kernel
from reportgen.report.contexts import Link, Picture
from reportgen.report.explanations import explanation
from reportgen.report.figures import COLUMN_WIDTH
from reportgen.report.navigation import Here, Navigation, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href, src
from reportgen.report.paging import paged
from reportgen.report.sections.kernel_contexts import KernelFigure, KernelsPage
from reportgen.wording import TIMES, count, number, numbers

FIGURES_A_PAGE = 20
_MOST_PAIRS = 6
_LARGEST = 3

_CAPTIONS = {
    "colour": "A square is a filter in the colours of the image that raise its response; gray is"
    " zero.",
    "single": "A square is a filter; red is positive, blue negative, white zero.",
    "slices": "A row is a filter, a square its slice for one channel of the input; red is positive,"
    " blue negative, white zero.",
}


def kernel_pages(outline: Outline, navigation: Navigation) -> Iterator[tuple[str, KernelsPage]]:
    """Paths and contexts of `kernels.html` and its further pages."""
    kernels = outline.report.kernels if outline.has("kernels") else []
    if not kernels:
        return
    pages = paged(kernels, [1] * len(kernels), FIGURES_A_PAGE, FIGURES_A_PAGE)
    paths = [_page(at) for at in range(1, len(pages) + 1)]
    for at, (page, shown) in enumerate(zip(paths, pages, strict=True), 1):
        yield (
            page,
            KernelsPage(
                frame=navigation.frame(Here(page, "Kernels", "Kernels")),
                explanation=explanation(outline.report, "kernels") if at == 1 else None,
                notes=page_notes(outline, page, "kernels") if at == 1 else (),
                text=kernels_text(kernels),
                kernels=tuple(_figure(outline, page, kernel) for kernel in shown),
                pager=pager(page, paths, at, "Pages of kernels"),
            ),
        )


def kernel_places(outline: Outline) -> dict[str, str]:
    """Page and anchor of each layer's kernels."""
    return {
        kernel.layer: f"{quote(_page(at // FIGURES_A_PAGE + 1))}#"
        f"{quote(outline.layer_slugs[kernel.layer])}"
        for at, kernel in enumerate(outline.report.kernels)
    }


def _page(number: int) -> str:
    return "kernels.html" if number == 1 else f"kernels--{number}.html"


def kernels_text(kernels: Sequence[Kernel]) -> str:
    """What there is over all layers, in a sentence."""
    filters = sum(kernel.filters for kernel in kernels)
    dead = sum(len(kernel.dead) for kernel in kernels)
    pairs = sum(kernel.near_duplicates for kernel in kernels)
    return (
        f"The weights of {count(len(kernels), 'convolution')}: {count(filters, 'filter')},"
        f" {dead:,} dead, {count(pairs, 'pair')} of near-duplicates."
    )


def _figure(outline: Outline, page: str, kernel: Kernel) -> KernelFigure:
    path = kernel.layer
    return KernelFigure(
        id=outline.layer_slugs[path],
        layer=Link(path, href(page, outline.layer_place(path))),
        facts=tuple(kernel_facts(kernel)),
        picture=_picture(page, kernel),
        caption=kernel_caption(kernel),
        remarks=tuple(kernel_remarks(kernel)),
    )


def kernel_facts(kernel: Kernel) -> Iterator[str]:
    """How many filters there are, how large, and how strong."""
    height, width = kernel.size
    yield count(kernel.filters, "filter")
    yield f"{height} {TIMES} {width} {TIMES} {kernel.inputs:,} weights each"
    if norms := [norm for norm in kernel.norms if norm is not None]:
        low, middle, high = min(norms), statistics.median(norms), max(norms)
        yield f"norms {number(low)} to {number(high)}, median {number(middle)}"


def _picture(page: str, kernel: Kernel) -> Picture:
    room = COLUMN_WIDTH if kernel.slices == kernel.inputs <= 3 else COLUMN_WIDTH * 2 // 3
    times = max(1, min(room // kernel.width, _LARGEST))
    alt = f"Weights of {kernel.layer}, {count(kernel.shown, 'filter')}"
    width, height = kernel.width * times, kernel.height * times
    return Picture(src(page, kernel.picture), alt, width, height, pixelated=True)


def kernel_caption(kernel: Kernel) -> str:
    """How the picture is to be read, and what it leaves out."""
    parts = []
    if kernel.shown < kernel.filters:
        parts.append(f"the first {kernel.shown:,} of {count(kernel.filters, 'filter')}")
    if kernel.slices < kernel.inputs:
        parts.append(f"the first {kernel.slices:,} of {count(kernel.inputs, 'slice')}")
    drawn = f" Drawn are {' and '.join(parts)}." if parts else ""
    return _CAPTIONS[kernel.kind] + drawn


def kernel_remarks(kernel: Kernel) -> Iterator[str]:
    """What was found in the weights, a sentence each."""
    if kernel.dead:
        yield f"Dead, with weights that are practically zero: {numbers(kernel.dead, 24)}."
    unknown = [at for at, norm in enumerate(kernel.norms) if norm is None]
    if unknown:
        yield f"Not finite: {numbers(unknown, 24)}."
    if kernel.near_duplicates:
        pairs = [f"{a} and {b} ({value:.3f})" for a, b, value in kernel.nearest[:_MOST_PAIRS]]
        more = kernel.near_duplicates - len(pairs)
        rest = f" and {count(more, 'more pair')}" if more else ""
        yield f"Near-duplicates, by cosine similarity: {', '.join(pairs)}{rest}."
    if not kernel.compared:
        yield "Filters of so few weights are alike by chance and were not compared."
