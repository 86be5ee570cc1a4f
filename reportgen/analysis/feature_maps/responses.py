"""Which channels of each layer respond most to a report's images."""

from collections.abc import Iterable, Mapping, Sequence

from reportgen.analysis.feature_maps.grids import ActivationData

Responses = Mapping[str, Sequence[int]]
"""The channels of each layer, by its path, the strongest first; silent ones are left out."""


def strongest_channels(seen: Iterable[ActivationData]) -> Responses:
    """The channels of each layer in the order of their highest activation on any of the images.

    A channel that has one value everywhere on an image counts for nothing there. Channels of equal
    strength stand in their own order.
    """
    highest: dict[str, dict[int, float]] = {}
    for data in seen:
        for grid in data.activations:
            best = highest.setdefault(grid.layer, {})
            constant = set(grid.inactive)
            for channel, high in enumerate(grid.highs):
                if high is not None and channel not in constant:
                    best[channel] = max(high, best.get(channel, high))
    return {
        layer: sorted(best, key=lambda channel: (-best[channel], channel))
        for layer, best in highest.items()
    }
