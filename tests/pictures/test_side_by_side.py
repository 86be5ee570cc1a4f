import numpy as np
import pytest

from reportgen.pictures.side_by_side import GAP, GROUND, side_by_side


def test_gaps_lie_between_the_pictures_and_not_around_them() -> None:
    first, second = np.full((3, 2, 3), 10, np.uint8), np.full((3, 5, 3), 20, np.uint8)
    picture = side_by_side([first, second])
    assert picture.shape == (3, 2 + GAP + 5, 3)
    assert picture[0, :, 0].tolist() == [10] * 2 + [GROUND] * GAP + [20] * 5


def test_nothing_cannot_be_shown() -> None:
    with pytest.raises(ValueError, match="no picture"):
        side_by_side([])
