"""Channels with one value everywhere: on how many images, and folded where that is all there is."""

from collections.abc import Iterator, Mapping, Sequence

from reportgen.report.layer_facts import Word, meaning
from reportgen.report.outline import Outline, href, row_anchor
from reportgen.report.site.channels.contexts import ChannelLabel, FoldedChannels
from reportgen.report.site.channels.gathering import KnownChannel, channel_place
from reportgen.wording import count, number, numbers, sentence

_RUNS = 8
"""Runs of channel numbers in the heading of a fold."""


def span_text(known: KnownChannel) -> str:
    """The range of a channel over the images, or that it has one value on all of them."""
    if not known.images:
        return ""
    if word := word_always(known):
        return f"{word} on {_all(known.images)}"
    images = count(known.images, "image")
    text = f"{number(known.span.low)} to {number(known.span.high)} over {images}"
    amounts = (f"{word} on {amount:,}" for word, amount in images_by_word(known))
    return " · ".join([text, *amounts])


def word_always(known: KnownChannel) -> Word | None:
    """What a channel with one value everywhere on every image is called; None for any other."""
    if not known.images or known.inactive < known.images:
        return None
    if known.silent == known.images:
        return "silent"
    return "constant" if known.silent + known.constant == known.images else "inactive"


def images_by_word(known: KnownChannel) -> Iterator[tuple[Word, int]]:
    """On how many images the channel is silent, constant, or one of both that is not known."""
    rest = known.inactive - known.silent - known.constant
    amounts: tuple[tuple[Word, int], ...] = (
        ("silent", known.silent), ("constant", known.constant), ("inactive", rest)
    )  # fmt: skip
    yield from (amount for amount in amounts if amount[1])


def is_empty(known: KnownChannel) -> bool:
    """Whether a channel has one value on every image, and neither a pattern nor a top image."""
    has_pattern = any(pattern.status == "ok" for _, pattern, _ in known.patterns)
    return word_always(known) is not None and not known.patches and not has_pattern


def folded_channels(
    outline: Outline, page: str, path: str, by_word: Mapping[Word, Sequence[int]], images: int
) -> tuple[FoldedChannels, ...]:
    """Channels of a layer that a page lists by number alone, a fold for each word."""
    return tuple(
        FoldedChannels(
            title=f"{count(len(channels), f'{word} channel')}: {numbers(channels, _RUNS)}",
            text=sentence(f"{meaning(word)}, on {_all(images)}"),
            channels=tuple(
                ChannelLabel(
                    row_anchor(channel),
                    str(channel),
                    href(page, channel_place(outline, path, channel)),
                )
                for channel in channels
            ),
        )
        for word, channels in by_word.items()
        if channels
    )


def _all(images: int) -> str:
    return "the image" if images == 1 else f"all {count(images, 'image')}"
