"""Strips of exemplars: the cell of a unit is marked where the layer's grid lies."""

import numpy as np

from reportgen.inputs.geometry.cells import CellAxis
from reportgen.pictures.box import Box
from reportgen.pictures.strips import Cell, StripImage, strip

MARK = (214, 51, 108)


def test_a_cell_is_marked_and_the_grid_drawn_where_its_edges_lie() -> None:
    pixels = np.zeros((96, 96, 3), np.uint8)
    edges = CellAxis(start=19, jump=8, size=24).edges(8)  # 15, 23, ... 79: a margin around them
    cell = Cell(row=0, column=2, downs=edges, acrosses=edges)
    picture = strip([StripImage(pixels, Box(0, 0, 9, 9), cell)])  # twice the size
    rows, columns = np.nonzero((picture == MARK).all(axis=2))
    assert (rows.min(), rows.max() + 1) == (30, 46)
    assert (columns.min(), columns.max() + 1) == (62, 78)
    lines = np.flatnonzero((picture[5] > 0).any(axis=1))
    assert lines.tolist() == [at * 16 + 30 for at in range(9)]
    assert not picture[5, :30].any()
