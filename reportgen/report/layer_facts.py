"""What a layer computes, what it costs, and which of its channels never change, in words.

A channel with one value everywhere is silent where the value is zero, else constant. The record of
an image states the values of the channels that its picture holds; of the others it is not known
whether the value is zero, and they are called inactive.
"""

from collections.abc import Sequence
from typing import Literal

from reportgen.records.image import Activations, Channel
from reportgen.records.model import Layer
from reportgen.records.over_images import LayerHealth
from reportgen.report.outline import Outline
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


Word = Literal["silent", "constant", "inactive"]
WORDS: tuple[Word, ...] = ("silent", "constant", "inactive")

_EVERYWHERE: dict[Word, str] = {
    "silent": "the value zero everywhere",
    "constant": "one value everywhere, other than zero",
    "inactive": "one value everywhere; whether it is zero is not recorded",
}


def meaning(word: Word) -> str:
    """What the word says of a channel's map."""
    return _EVERYWHERE[word]


def by_word(grid: Activations) -> dict[Word, list[int]]:
    """The channels that have one value everywhere on an image; only words that some have."""
    lows, highs = list(grid.lows), list(grid.highs)
    found: dict[Word, list[int]] = {word: [] for word in WORDS}
    for channel in grid.inactive:
        shown = channel < min(len(lows), len(highs))
        span = (lows[channel], highs[channel]) if shown else (None, None)
        found[_word(*span)].append(channel)
    return {word: channels for word, channels in found.items() if channels}


def word_of(channel: Channel) -> Word | None:
    """What a channel that is drawn large is called; None for one that is active."""
    return _word(channel.low, channel.high) if channel.inactive else None


def amounts(grid: Activations) -> str:
    """How many channels are so on the image: "37 silent", "3 silent, 2 constant", "0 silent".

    Where the word of one is not known, all count as inactive.
    """
    found = by_word(grid)
    if "inactive" in found or grid.inactive_channels > len(grid.inactive):
        return f"{grid.inactive_channels:,} inactive"
    return ", ".join(f"{len(ids):,} {word}" for word, ids in found.items()) or "0 silent"


def over_images(outline: Outline, path: str) -> dict[Word, list[int]]:
    """The channels of a layer with one value everywhere on every image, by word.

    A channel that is zero on some images and has another value on others is constant.
    """
    inactive = outline.images.totals[path].inactive
    if not inactive:
        return {}
    health = health_of(outline, path)
    seen = _as_health_says(health, inactive) if health else _on_all(outline, path, inactive)
    found: dict[Word, list[int]] = {word: [] for word in WORDS}
    for channel, word in seen.items():
        found[word].append(channel)
    return {word: channels for word, channels in found.items() if channels}


def health_of(outline: Outline, path: str) -> LayerHealth | None:
    """The health of a layer over the images of the report; None where it is that of a data set."""
    health = outline.report.health if outline.has("health") else None
    if health is None or health.dataset:
        return None
    return next((layer for layer in health.layers if layer.layer == path), None)


def _word(low: float | None, high: float | None) -> Word:
    if low is None or high is None:
        return "inactive"
    return "silent" if low == high == 0 else "constant"


def _as_health_says(health: LayerHealth, inactive: Sequence[int]) -> dict[int, Word]:
    silent, broken = set(health.silent), set(health.non_finite)
    return {
        channel: "silent" if channel in silent else "inactive" if channel in broken else "constant"
        for channel in inactive
    }


def _on_all(outline: Outline, path: str, inactive: Sequence[int]) -> dict[int, Word]:
    words: dict[int, set[Word]] = {channel: set() for channel in inactive}
    for _, grid in outline.activations[path]:
        for word, channels in by_word(grid).items():
            for channel in channels:
                if channel in words:
                    words[channel].add(word)
    return {
        channel: "inactive"
        if "inactive" in said
        else "constant"
        if "constant" in said
        else "silent"
        for channel, said in words.items()
    }
