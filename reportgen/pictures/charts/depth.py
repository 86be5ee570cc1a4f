"""Charts: curves over the depth of the network, and the legend of a colour map."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reportgen.pictures.charts import svg
from reportgen.pictures.charts.svg import INK, RULE
from reportgen.pictures.colormaps import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = (
    ("#0072b2", "o"),
    ("#d55e00", "s"),
    ("#009e73", "^"),
    ("#aa4499", "D"),
    ("#56b4e9", "v"),
    (INK, "P"),
)
_WIDTH, _PLOT_HEIGHT = 900, 240
_LEFT, _TOP, _RIGHT, _LEGEND = 64, 34, 20, 190
LABEL_SIZE, _COLUMN, _LABEL_PITCH = 10, 6.2, 14
_LONGEST_LABEL, _LONGEST_NAME = 26, 24
_MOST_MARKERS = 60
_SIDE = 32


def sparsity_by_depth(layers: Sequence[str], series: Mapping[str, Sequence[float]]) -> bytes:
    """The share of zeros in each layer's activations, from the first layer to the last.

    Up to six images have a line each; of more, the median and the range are drawn.

    Args:
        layers: paths of the layers in order of depth, at least one.
        series: for each image the share of zeros in every layer, 0..1, NaN where unknown.

    Returns:
        SVG, see ``svg.render``.

    Raises:
        ValueError: no layer or no image, a series of another length, a share outside 0..1.

    """
    shares = _shares(layers, series)
    one_each = len(series) <= len(LINES)
    right = _LEGEND if one_each else _RIGHT
    step = max(1, math.ceil(len(layers) * _LABEL_PITCH / (_WIDTH - _LEFT - right)))
    shown = range(0, len(layers), step)
    paths = [_label(layers[at]) for at in shown]
    longest = max(svg.columns(path) for path in paths)
    below = math.ceil(longest * _COLUMN) + 16
    height = _TOP + _PLOT_HEIGHT + below

    def draw(figure: "Figure", names: svg.Names) -> None:
        axes = card_axes(figure, (_LEFT, below, _WIDTH - _LEFT - right, _PLOT_HEIGHT))
        labels = [names.place(path) for path in paths]
        axes.set_xticks(
            list(shown), labels, rotation=90, rotation_mode="anchor", ha="right", va="center"
        )
        axes.set_xlim(-0.5, len(layers) - 0.5)
        axes.set_ylim(-2, 102)
        axes.set_yticks(range(0, 101, 25), [f"{percent} %" for percent in range(0, 101, 25)])
        axes.set_ylabel("share of zeros", color=INK, fontsize=LABEL_SIZE + 1)
        axes.grid(axis="y", color=RULE, linewidth=1)
        if one_each:
            _lines(axes, shares, [names.place(svg.shorten(name, _LONGEST_NAME)) for name in series])
        else:
            _median_and_range(axes, shares)

    known = shares[~np.isnan(shares)]
    extent = f" from {known.min():.0%} to {known.max():.0%}" if known.size else " unknown"
    return svg.render(
        draw,
        _WIDTH,
        height,
        "Sparsity by depth",
        f"Share of zeros in {len(layers)} layers for {len(series)} images:{extent}."
        + (f" One layer in {step} is named." if step > 1 else ""),
    )


def colorbar(
    colormap: str, low: float, high: float, width: int = 320, *, rounded: bool = False
) -> bytes:
    """A horizontal legend: the colours of a map with the values that they stand for.

    Args:
        colormap: see ``colormaps.NAMES``.
        low: the value of the first colour, finite.
        high: the value of the last colour, finite, not below ``low``.
        width: of the picture in pixels, at least 120.
        rounded: marks stand at round values, which the ends need not be.

    Returns:
        SVG, see ``svg.render``.

    Raises:
        ValueError: the values are not a range.
        SettingsError: the colour map is unknown.

    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"{low} to {high} is not a range of values")
    if width < 120:
        raise ValueError(f"no room for a colour bar in {width} pixels")
    colours = table(colormap)[None]
    marks = [at / 4 for at in range(5)] if width >= 300 else [0.0, 1.0]
    if low == high:
        marks = [0.5]
    # The weighted sum, unlike low + at · (high - low), stays in range for the largest floats.
    labels = [f"{(1 - at) * low + at * high:.4g}" for at in marks]

    if rounded and low < high and math.isfinite(high - low):
        from matplotlib.ticker import MaxNLocator

        values = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        inside = [float(value) for value in values if low <= value <= high]
        marks = [(value - low) / (high - low) for value in inside]
        labels = [f"{value:.4g}" for value in inside]

    def draw(figure: "Figure", names: svg.Names) -> None:  # noqa: ARG001 - draws no names
        axes = card_axes(figure, (_SIDE, 20, width - 2 * _SIDE, 16))
        axes.imshow(colours, aspect="auto", extent=(0, 1, 0, 1), interpolation="none")
        axes.set_xticks(marks, labels)
        axes.set_yticks([])

    return svg.render(draw, width, 44, "Colour bar", f"{colormap}, from {low:.4g} to {high:.4g}.")


def _shares(layers: Sequence[str], series: Mapping[str, Sequence[float]]) -> NDArray[np.float64]:
    """All series as one array (images, layers), checked."""
    if not layers or not series:
        raise ValueError("a chart needs at least one layer and one image")
    for name, values in series.items():
        if len(values) != len(layers):
            raise ValueError(f"{name!r} has {len(values)} values for {len(layers)} layers")
    shares = np.array([list(values) for values in series.values()], dtype=np.float64)
    if ((shares < 0) | (shares > 1)).any():
        raise ValueError("a share of zeros lies outside 0..1")
    return shares


def _label(path: str) -> str:
    """A layer's path, or where it is too long its last part, or the end of that."""
    if svg.columns(path) > _LONGEST_LABEL:
        path = path.rpartition("/")[2]
    return svg.shorten(path, _LONGEST_LABEL, keep="end")


def card_axes(figure: "Figure", box: tuple[int, int, int, int]) -> "Axes":
    """Bare axes in a box (left, bottom, width, height) of pixels, on the page's own ground."""
    width, height = figure.get_size_inches() * figure.dpi
    figure.patch.set_visible(False)
    left, bottom, across, up = box
    axes = figure.add_axes((left / width, bottom / height, across / width, up / height))
    axes.patch.set_visible(False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(colors=INK, labelsize=LABEL_SIZE)
    return axes


def _lines(axes: "Axes", shares: NDArray[np.float64], labels: list[str]) -> None:
    """One line an image, told apart by colour and, where points are few, by marker."""
    marked = shares.shape[1] <= _MOST_MARKERS
    for values, label, (colour, marker) in zip(shares, labels, LINES, strict=False):
        axes.plot(
            values * 100, color=colour, marker=marker if marked else "", markersize=4, label=label
        )
    # Without a frame: its width would be that of the place holders.
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=11, labelcolor=INK
    )


def _median_and_range(axes: "Axes", shares: NDArray[np.float64]) -> None:
    """The middle of many images as a line on the band between the lowest and the highest."""
    known = ~np.isnan(shares).all(axis=0)
    low, middle, high = np.full((3, shares.shape[1]), np.nan)
    percent = shares[:, known] * 100
    low[known], high[known] = np.nanmin(percent, axis=0), np.nanmax(percent, axis=0)
    middle[known] = np.nanmedian(percent, axis=0)
    colour, marker = LINES[0]
    marker = marker if shares.shape[1] <= _MOST_MARKERS else ""
    images = f"{len(shares)} images"
    axes.plot(middle, color=colour, marker=marker, markersize=4, label=f"median of {images}")
    axes.fill_between(
        range(shares.shape[1]),
        low,
        high,
        color=colour,
        alpha=0.25,
        linewidth=0,
        label=f"lowest to highest of {images}",
    )
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1, 1),
        frameon=False,
        ncols=2,
        fontsize=11,
        labelcolor=INK,
    )
