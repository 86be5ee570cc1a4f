"""Whether the network tells a class by a mark at the border of the images, not by the object.

Such marks are source tags, borders and logos: S. Lapuschkin et al., "Unmasking Clever Hans
Predictors and Assessing What Machines Really Learn", 2019. Here three signs must come together: the
heat of a class gathers in one small window that touches the border; it does so on nearly all images
of the class; and the pixels of this window are alike on them, and others on the other images.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SIDE = 24
"""Cells on a side of the grid that heat and photos are averaged to."""
BORDER = SIDE // 8
"""Cells on each side that are the border."""
BORDER_AREA = 1 - (1 - 2 * BORDER / SIDE) ** 2
WINDOW = SIDE // 4
"""Cells on a side of a window: a sixteenth of the image."""
LEAST_IMAGES = 8
"""Images of a class, and as many of others, that a shortcut is looked for with."""

_AREA = (WINDOW / SIDE) ** 2
_LEAST_HEAT, _LEAST_EACH, _LEAST_SHARE = 4.0, 2.5, 0.8
"""Heat of a window by its area, in the mean and on an image; share of images that reach it."""
_LEAST_LIKENESS = 0.9


@dataclass(frozen=True)
class Window:
    """A window by the cell of its corner; `heat` is its share of all heat, 0..1.

    `images` is the share of the images on which it is hot; `likeness` the share of pairs, an image
    of the class and another one, of which the former is more like the window's usual pixels.
    """

    top: int
    left: int
    heat: float
    images: float
    likeness: float

    @property
    def is_shortcut(self) -> bool:
        """Whether all three signs come together."""
        return (
            self.heat >= _LEAST_HEAT * _AREA
            and self.images >= _LEAST_SHARE
            and self.likeness >= _LEAST_LIKENESS
        )

    @property
    def place(self) -> str:
        """Where it is, in words: "top left corner", "left edge"."""
        last = SIDE - WINDOW
        down = "top" if self.top < last / 3 else "bottom" if self.top > last * 2 / 3 else ""
        across = "left" if self.left < last / 3 else "right" if self.left > last * 2 / 3 else ""
        return f"{down} {across} corner" if down and across else f"{down or across} edge"


def border_share(heat: Floats) -> float:
    """Share of the heat (SIDE, SIDE) in the border, the outer eighth on each side, 0..1."""
    inner = heat[BORDER:-BORDER, BORDER:-BORDER].sum()
    return max(0.0, float(1 - inner / heat.sum()))


def border_reached(heats: Floats) -> float:
    """Share of the border's cells that any of the heatmaps (images, SIDE, SIDE) reaches, 0..1."""
    border = np.ones((SIDE, SIDE), bool)
    border[BORDER:-BORDER, BORDER:-BORDER] = False
    return float((heats.max(axis=0) > 0)[border].mean())


def border_window(heats: Floats, photos: Floats, others: Floats) -> Window:
    """The hottest window that touches the border, over all images of a class.

    Args:
        heats: (images, SIDE, SIDE), each with a sum of 1.
        photos: of the same images, (images, SIDE, SIDE, 3).
        others: of images of other classes, likewise.

    """
    sums = np.stack([_window_sums(heat) for heat in heats])
    mean = sums.mean(axis=0)
    last = SIDE - WINDOW
    mean[BORDER : last - BORDER + 1, BORDER : last - BORDER + 1] = -1.0
    top, left = (int(at) for at in np.unravel_index(mean.argmax(), mean.shape))
    hot = float((sums[:, top, left] >= _LEAST_EACH * _AREA).mean())
    own, rest = (_pixels(part, top, left) for part in (photos, others))
    usual = np.median(own, axis=0)
    near, far = (np.abs(part - usual).mean(axis=1) for part in (own, rest))
    likeness = float(
        np.mean([(far > distance).mean() + (far == distance).mean() / 2 for distance in near])
    )
    return Window(top, left, float(mean[top, left]), hot, likeness)


def _window_sums(heat: Floats) -> Floats:
    """The sum of each window of a grid, by its corner."""
    total = np.pad(heat, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    found: Floats = (
        total[WINDOW:, WINDOW:] - total[:-WINDOW, WINDOW:] - total[WINDOW:, :-WINDOW]
        + total[:-WINDOW, :-WINDOW]
    )  # fmt: skip
    return found


def _pixels(photos: Floats, top: int, left: int) -> Floats:
    """The window's colours in nine parts, (images, 27)."""
    part = WINDOW // 3
    window = photos[:, top : top + WINDOW, left : left + WINDOW]
    found: Floats = window.reshape(len(photos), 3, part, 3, part, 3).mean(axis=(2, 4))
    return found.reshape(len(photos), -1)
