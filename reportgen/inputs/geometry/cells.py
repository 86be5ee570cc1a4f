"""Where the cells of a feature map lie on the network's input."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class CellAxis:
    """The cells of a map along one axis, in pixels of the input; pixel i covers i to i + 1.

    `start` is the centre of the first cell's receptive field, `jump` the distance to the next
    cell's, `size` the length of a receptive field (not cut at the border of the image).
    """

    start: float
    jump: float
    size: float

    def cells_at(self, pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The (fractional) cell numbers at these coordinates of the input."""
        return (pixels - self.start) / self.jump

    def inside(self, at: npt.NDArray[np.float64], cells: int) -> npt.NDArray[np.float32]:
        """1 for cell numbers on the map, half a cell around it included; within one more half to 0.

        Where a network without padding leaves a margin, no cell's centre lies.
        """
        outside = np.maximum(-0.5 - at, at - (cells - 0.5))
        return np.clip(1.0 - 2.0 * outside, 0.0, 1.0).astype(np.float32)

    def weights(self, cells: int, pixels: int) -> npt.NDArray[np.float32]:
        """The share (pixels, cells) of each cell in each pixel, bilinear between their centres.

        Outside of the outermost centres the nearest cell has all of it.
        """
        at = np.clip(self.cells_at(np.arange(pixels, dtype=np.float64) + 0.5), 0, cells - 1)
        shares = 1.0 - np.abs(at[:, None] - np.arange(cells))
        return np.maximum(shares, 0.0).astype(np.float32)

    def edges(self, cells: int) -> npt.NDArray[np.float64]:
        """Where the cells border on each other, (cells + 1,): half a jump beside the centres."""
        return self.start + (np.arange(cells + 1, dtype=np.float64) - 0.5) * self.jump


@dataclass(frozen=True)
class CellGrid:
    """The cells of a map, by rows and columns.

    `beyond` is True where each cell also depends on the whole image, by way of a pooled or
    normalised value (squeeze-and-excitation, group normalisation): the grid is then that of the
    convolutional path alone. `exact` is False where a layer on the way is not known: its cells are
    taken to divide its input evenly.
    """

    rows: CellAxis
    columns: CellAxis
    beyond: bool = False
    exact: bool = True


def even_grid(cells: tuple[int, int], pixels: tuple[int, int], exact: bool = True) -> CellGrid:
    """Cells (rows, columns) that divide an input (height, width) evenly."""
    rows, columns = (
        CellAxis(length / count / 2, length / count, length / count)
        for count, length in zip(cells, pixels, strict=True)
    )
    return CellGrid(rows, columns, exact=exact)
