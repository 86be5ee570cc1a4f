"""Group layers into blocks: the stages of a network as people speak of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NAMED = re.compile(
    r"(?:^|_)("
    r"stage_?\d+_block_?\d+"  # ConvNeXt: convnext_tiny_stage_0_block_1_depthwise_conv
    r"|conv\d+_block\d+"  # ResNet, DenseNet: conv4_block2_1_conv
    r"|block_?\d+[a-z]?"  # VGG block3_conv1, MobileNetV2 block_6_expand, EfficientNet block2a_…
    r"|expanded_conv(?:_\d+)?"  # MobileNetV3
    r"|mixed_?\d+[a-z]?(?:_\d+)?"  # Inception
    r"|stage_?\d+"
    r")(?=_|$)"
)
"""Where a layer's name carries the name of its block."""


@dataclass(frozen=True)
class Placed:
    """What grouping needs to know of a layer; `size` is (height, width), None when not spatial.

    `parent` is the path of the nested model that it stands in; read from the path when None.
    """

    path: str
    size: tuple[int, int] | None
    pooling: bool = False
    parent: str | None = None


def blocks_of(layers: Sequence[Placed]) -> list[str]:
    """The block of each layer, in the order given.

    Each nested model is divided for itself and its path leads the name. A division by names is used
    where at least half of the spatial layers carry one; otherwise a block is the run of layers
    between two reductions of the spatial size, counted from 1. Layers behind the last spatial one
    are the "head". One name may stand for layers that are not neighbours only where the layers'
    own names say so.
    """
    parents = [
        layer.path.rpartition("/")[0] if layer.parent is None else layer.parent for layer in layers
    ]
    names: list[str] = [""] * len(layers)
    last_spatial = max((i for i, layer in enumerate(layers) if layer.size), default=-1)
    for parent in dict.fromkeys(parents):
        members = [i for i, p in enumerate(parents) if p == parent]
        inner = [i for i in members if i <= last_spatial]
        divided = _divide([layers[i] for i in inner])
        for i, name in zip(inner, divided, strict=True):
            single = parent and set(divided) == {"block 1"}
            names[i] = parent if single else f"{parent}/{name}".removeprefix("/")
        for i in members[len(inner) :]:
            names[i] = "head"
    return names


def _divide(layers: Sequence[Placed]) -> list[str]:
    matches = [_NAMED.search(layer.path.rpartition("/")[2]) for layer in layers]
    spatial = [match for match, layer in zip(matches, layers, strict=True) if layer.size]
    if spatial and sum(match is not None for match in spatial) * 2 >= len(spatial):
        return _by_names([match[1] if match else None for match in matches])
    return _by_size(layers)


def _by_names(names: Sequence[str | None]) -> list[str]:
    """A layer without a name of its own goes with the one before it; the first ones are the stem.

    What follows the last named layer is the "top".
    """
    last = max(i for i, name in enumerate(names) if name)
    current, divided = "stem", []
    for i, name in enumerate(names):
        current = name or ("top" if i > last else current)
        divided.append(current)
    return divided


def _by_size(layers: Sequence[Placed]) -> list[str]:
    """A new block begins behind a pooling layer, or with a layer that reduces the size itself.

    The smallest area so far counts, so that parallel branches of different sizes (a residual
    block's shortcut beside its main path) stay in one block.
    """
    divided, number, smallest, pooled = [], 1, 0, False
    for layer in layers:
        area = layer.size[0] * layer.size[1] if layer.size else 0
        reduces = bool(area and smallest and area < smallest * 0.6)
        if (pooled and area) or (reduces and not layer.pooling):
            number += 1
            pooled = False
        pooled = pooled or (reduces and layer.pooling)
        smallest = min(smallest, area) if smallest and area else smallest or area
        divided.append(f"block {number}")
    return divided
