"""The pages with every layer of the model."""

from collections.abc import Iterator

from reportgen.records.model import Layer
from reportgen.report.answers import output_rows
from reportgen.report.contexts import Link
from reportgen.report.layer_facts import (
    frozen_text,
    kernel_text,
    memory_text,
    multiply_adds_text,
    stride_text,
    total_multiply_adds,
)
from reportgen.report.model_facts import model_facts
from reportgen.report.navigation import Here, Navigation, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import LayerBlock, Outline, href
from reportgen.report.site.network.layer_contexts import LayerGroup, LayerRow, ModelPage
from reportgen.report.site.network.model_drawing import model_drawing
from reportgen.wording import count, percent, shape

_MOST_INPUTS = 4
_COSTS = (
    "Multiply-adds: multiplications with weights for one image; biases, normalisations, poolings"
    " and activation functions are not counted (–). Memory: the output for one image."
)


def model_pages(outline: Outline, navigation: Navigation) -> Iterator[tuple[str, ModelPage]]:
    """Paths and contexts of `model.html` and its further pages."""
    model = outline.report.model
    pages = outline.model_pages
    paths = [outline.model_page(at) for at in range(1, len(pages) + 1)]
    begun: set[str] = set()
    for at, (page, blocks) in enumerate(zip(paths, pages, strict=True), 1):
        groups = tuple(_group(outline, page, block, begun) for block in blocks)
        yield (
            page,
            ModelPage(
                frame=navigation.frame(Here(page, "Model", "Model")),
                facts=model_facts(outline) if at == 1 else (),
                remarks=tuple(model.notes) if at == 1 else (),
                outputs=tuple(output_rows(model)) if at == 1 else (),
                notes=page_notes(
                    outline, page, "model" if at == 1 else "", _rows_only(outline, blocks)
                ),
                drawing=model_drawing(outline, page) if at == 1 else None,
                groups=groups,
                costs_text=_COSTS,
                pager=pager(page, paths, at, "Pages of layers"),
            ),
        )


def _rows_only(outline: Outline, blocks: tuple[LayerBlock, ...]) -> Iterator[str]:
    """The places of layers that have a row and no page of their own."""
    for block in blocks:
        for layer in block.layers:
            if layer.path not in outline.layer_pages:
                yield f"layer {layer.path}"


def _group(outline: Outline, page: str, block: LayerBlock, begun: set[str]) -> LayerGroup:
    whole = next(item for item in outline.blocks if item.name == block.name)
    parameters = sum(layer.parameters for layer in whole.layers)
    frozen = frozen_text(whole.layers)
    anchor = outline.block_anchor(block.name)
    title = block.name or "Other layers"
    if block.name in begun:
        # A block that goes on over the page has its anchor where it begins.
        anchor, title = f"{anchor}--{page.removesuffix('.html')}", f"{title}, continued"
    begun.add(block.name)
    return LayerGroup(
        id=anchor,
        title=title,
        note=", ".join(
            (
                count(len(whole.layers), "layer"),
                count(parameters, "parameter"),
                f"{total_multiply_adds(whole.layers)} multiply-adds",
                *([frozen] if frozen else []),
            )
        ),
        rows=tuple(_row(outline, page, layer, frozen) for layer in block.layers),
    )


def _row(outline: Outline, page: str, layer: Layer, of_block: str) -> LayerRow:
    """The row of a layer; `of_block` is what the block's heading says of its training."""
    place = outline.layer_place(layer.path)
    left = len(layer.inputs) - _MOST_INPUTS
    return LayerRow(
        id=outline.layer_slugs[layer.path],
        path=layer.path,
        href=href(page, place) if layer.path in outline.layer_pages else "",
        type=layer.type,
        kernel=kernel_text(layer),
        stride=stride_text(layer),
        shape=shape(layer.output_shape),
        parameters=f"{layer.parameters:,}",
        bar=_bar(layer.parameters, outline.report.model.parameters),
        share=_share(layer.parameters, outline.report.model.parameters),
        multiply_adds=multiply_adds_text(layer),
        memory=memory_text(layer),
        frozen="" if of_block == "frozen" else frozen_text([layer]),
        inputs=tuple(
            Link(path, href(page, outline.row_place(path))) for path in layer.inputs[:_MOST_INPUTS]
        ),
        more_inputs=f"and {left} more" if left > 0 else "",
    )


def _share(parameters: int, total: int) -> str:
    return percent(parameters / total) if parameters and total else ""


def _bar(parameters: int, total: int) -> str:
    return f"{100 * parameters / total:.4g}" if parameters and total else ""
