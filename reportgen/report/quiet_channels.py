"""What channels with one value everywhere are called: silent where it is zero, else constant.

The record of an image states the values of the channels that its picture holds. Of the others it
is not known whether the value is zero: they are called inactive.
"""

from collections.abc import Sequence
from typing import Literal

from reportgen.records.image import Activations, Channel
from reportgen.records.over_images import LayerHealth
from reportgen.report.outline import Outline

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
