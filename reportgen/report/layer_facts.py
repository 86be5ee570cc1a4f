"""What a layer computes and what it costs, in words: for its own page and the model's table."""

from collections.abc import Sequence
from typing import Literal

from reportgen.records.model import Layer
from reportgen.wording import TIMES, amount, size_of


def kernel_text(layer: Layer) -> str:
    """The window: "3 × 3", with what is unusual: "3 × 3, dilation 2, 8 groups"; empty for none."""
    window = layer.window
    if window is None:
        return ""
    if window.padding == "global":
        return "whole map"
    parts = [_sides(window.size)]
    if set(window.dilation) != {1}:
        parts.append(f"dilation {_short(window.dilation)}")
    if window.groups > 1:
        parts.append(f"{window.groups:,} groups")
    return ", ".join(parts)


def stride_text(layer: Layer) -> str:
    """How far the window moves: "2", or "2 × 1"; empty without a window that moves."""
    return _short(layer.window.strides) if layer.window and layer.window.strides else ""


def trained_kind(layers: Sequence[Layer]) -> Literal["plain", "trainable", "frozen", "partly"]:
    """Whether layers learn, "plain" without parameters.

    The moving statistics of a normalisation are never trained and do not count.
    """
    trainable = sum(layer.trainable_parameters for layer in layers)
    fixed = sum(
        layer.parameters - layer.trainable_parameters
        for layer in layers
        if "Normalization" not in layer.type
    )
    if not any(layer.parameters for layer in layers):
        return "plain"
    if not trainable:
        return "frozen"
    return "partly" if fixed else "trainable"


def frozen_text(layers: Sequence[Layer]) -> str:
    """What is not trained: "frozen", "trainable in part", or empty for nothing."""
    return {"frozen": "frozen", "partly": "trainable in part"}.get(trained_kind(layers), "")


def multiply_adds_text(layer: Layer) -> str:
    """Multiply-adds for one image: "1.85 G"; "–" where none are counted, or "unknown"."""
    if layer.multiply_adds is None:
        return "unknown"
    return amount(layer.multiply_adds) if layer.multiply_adds else "–"


def total_multiply_adds(layers: Sequence[Layer]) -> str:
    """Those of several layers: "15.5 G", or "at least 15.5 G" where some are not known."""
    known = [layer.multiply_adds for layer in layers if layer.multiply_adds is not None]
    if not known:
        return "unknown"
    return f"{'' if len(known) == len(layers) else 'at least '}{amount(sum(known))}"


def total_memory(layers: Sequence[Layer]) -> str:
    """The memory of the outputs of several layers: "12.8 MB", or "at least 12.8 MB"."""
    # The input is no output of a layer.
    layers = [layer for layer in layers if layer.type != "InputLayer"]
    known = [layer.output_bytes for layer in layers if layer.output_bytes is not None]
    if not known:
        return "unknown"
    return f"{'' if len(known) == len(layers) else 'at least '}{size_of(sum(known))}"


def memory_text(layer: Layer) -> str:
    """Memory of the output for one image: "12.8 MB"; "unknown" where a size is open."""
    if layer.type == "InputLayer":
        return ""
    return "unknown" if layer.output_bytes is None else size_of(layer.output_bytes)


def receptive_field_text(layer: Layer) -> str:
    """What a unit of the layer depends on: "at most 38 × 38 px"; empty where there are no maps."""
    if layer.cells is None:
        return ""
    size = f" {TIMES} ".join(f"{side:g}" for side in layer.cells.size)
    return f"{'' if layer.cells.exact else 'at most '}{size} px"


def _sides(sizes: Sequence[int]) -> str:
    return f" {TIMES} ".join(map(str, sizes))


def _short(sizes: Sequence[int]) -> str:
    """One number where all are the same."""
    return str(sizes[0]) if len(set(sizes)) == 1 else _sides(sizes)
