"""The network as a row of slabs, one a block: as tall as its maps, as deep as its channels."""

import math
from collections.abc import Sequence

from reportgen.records.model import Layer
from reportgen.report.contexts import Stage
from reportgen.report.outline import LayerBlock, Outline, href
from reportgen.wording import count, shape

MOST_STAGES = 48
_TALLEST = 140
_SKEW = 0.3


def stages(outline: Outline, page: str) -> tuple[tuple[Stage, ...], str]:
    """The stages to draw, and a sentence where some are left out.

    Heights grow with the square root of the maps' side, depths with the logarithm of the number of
    channels, so that 224 × 224 × 3 and 7 × 7 × 512 can stand side by side.
    """
    blocks = [block for block in outline.blocks if block.layers]
    drawn = blocks[:MOST_STAGES]
    note = f"The first {len(drawn)} of {len(blocks)} blocks." if len(drawn) < len(blocks) else ""
    first = channels_first(outline)
    sizes = [output_size(block.layers, channels_first=first) for block in drawn]
    largest = max((max(size[0], size[1]) for size in sizes if size), default=1)
    made = [
        _stage(outline, page, block, size, largest)
        for block, size in zip(drawn, sizes, strict=True)
    ]
    return tuple(made), note


def _stage(
    outline: Outline,
    page: str,
    block: LayerBlock,
    maps: tuple[int, int, int] | None,
    largest: int,
) -> Stage:
    if maps:
        height = max(5, round(_TALLEST * math.sqrt(maps[0] / largest)))
        skew = max(3, round(_SKEW * _TALLEST * math.sqrt(maps[1] / largest)))
        depth = round(6 + 5 * math.log2(max(1, maps[2])))
        size = shape(output_of(block.layers).output_shape)
    else:
        units = _units(block)
        height, skew, depth = round(20 + 8 * math.log2(max(1, units))), 0, 10
        size = shape(output_of(block.layers).output_shape)
    return Stage(
        name=outline.block_titles[block.name] or "Other layers",
        href=href(page, outline.block_place(block.name)),
        width=depth + skew + 2,
        height=height + skew + 2,
        front=f"M1 {1 + skew}h{depth}v{height}h-{depth}z",
        top=f"M1 {1 + skew}l{skew} -{skew}h{depth}l-{skew} {skew}z" if skew else "",
        side=f"M{1 + depth} {1 + skew}l{skew} -{skew}v{height}l-{skew} {skew}z" if skew else "",
        size=size,
        note=count(len(block.layers), "layer"),
    )


def output_of(layers: Sequence[Layer]) -> Layer:
    """The layer whose output is that of a block: the last one that is no further input."""
    return next((layer for layer in reversed(layers) if layer.type != "InputLayer"), layers[-1])


def output_size(layers: Sequence[Layer], *, channels_first: bool) -> tuple[int, int, int] | None:
    """Height, width, channels of what a block puts out; None where these are no maps."""
    return map_size(output_of(layers), channels_first=channels_first)


def map_size(layer: Layer, *, channels_first: bool) -> tuple[int, int, int] | None:
    """Height, width and channels of a layer's maps; None where it has none."""
    if len(layer.output_shape) < 4:
        return None
    sizes: Sequence[int | None] = layer.output_shape[-3:]
    first, second, third = (size or 1 for size in sizes)
    return (second, third, first) if channels_first else (first, second, third)


def _units(block: LayerBlock) -> int:
    last = output_of(block.layers).output_shape
    return max(1, math.prod(size or 1 for size in last[1:])) if last else 1


def channels_first(outline: Outline) -> bool:
    """Whether the channels of maps stand before their rows."""
    taken = outline.report.model.image_input
    return taken is not None and taken.layout == "CHW"
