"""Similarity of layers: which layers repeat each other, and the matrix of CKA."""

from collections.abc import Iterator

from reportgen.records.behaviour.similarity import LayerSimilarity
from reportgen.report.blocks import Block, Bullets, Figure, Inline, Page, Words, text
from reportgen.report.contexts import Link, Picture
from reportgen.report.outline import Outline
from reportgen.report.sections.cka_matrix import CAPTION, cka_numbers
from reportgen.wording import count, number


def similarity(outline: Outline) -> Iterator[Page]:
    """The page of all layers that are compared."""
    found = outline.report.similarity
    if found is not None:
        yield Page("similarity.html", "Similarity of layers", tuple(_blocks(outline, found)))


def _blocks(outline: Outline, found: LayerSimilarity) -> Iterator[Block]:
    of_set = f" of the data set {found.dataset}" if found.dataset else ""
    sample = ", a sample" if found.sampled else ""
    layers, images = count(len(found.layers), "layer"), count(found.images, "image")
    yield text(f"{layers} on {images}{of_set}{sample}.", style="lead")
    if found.repeats:
        yield text(
            f"Near-duplicates, each two with a CKA of {number(found.threshold)} or more: the later"
            " layers hardly change which images look alike."
        )
        yield Bullets(tuple(_group(outline, found, paths) for paths in found.repeats))
    else:
        yield text(
            f"No two consecutive layers have a CKA of {number(found.threshold)} or more: no layer"
            " repeats the one before it."
        )
    if found.chart is not None:
        picture = Picture(found.chart, "CKA of the layers with each other", 0, 0)
        yield Figure(picture, (CAPTION,), share=0.8, tall=0.8)
    yield from cka_numbers("the layers with each other", found.cka, found.layers, found.layers)
    yield Bullets(tuple((caution,) for caution in found.cautions))


def _group(outline: Outline, found: LayerSimilarity, paths: list[str]) -> Words:
    """Near-duplicate layers by their links, and the lowest CKA among them."""
    places = [found.layers.index(path) for path in paths]
    lowest = min(found.cka[i][j] or 0.0 for i in places for j in places if i != j)
    words: list[Inline] = []
    for path in paths:
        words += [", "] * bool(words) + [Link(path, outline.layer_place(path))]
    return (*words, f": CKA {number(lowest)}{' or more' if len(paths) > 2 else ''}")
