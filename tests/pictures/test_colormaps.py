import matplotlib as mpl
import numpy as np
import pytest

from reportgen.errors import ReportgenError
from reportgen.pictures import colormaps


@pytest.mark.parametrize("name", colormaps.NAMES)
def test_every_table_is_matplotlibs_to_one_level(name):
    expected = mpl.colormaps[name](np.arange(256), bytes=True)[:, :3].astype(int)
    assert np.abs(colormaps.table(name).astype(int) - expected).max() <= 1


def test_jet_is_matplotlibs_exactly():
    expected = mpl.colormaps["jet"](np.arange(256), bytes=True)[:, :3]
    assert np.array_equal(colormaps.table("jet"), expected)


def test_gray_is_the_level_itself():
    assert np.array_equal(colormaps.table("gray"), np.arange(256)[:, None].repeat(3, axis=1))


@pytest.mark.parametrize(
    ("wrong", "nearest"), [("Viridis", "viridis"), ("virdis", "viridis"), ("grey", "gray")]
)
def test_an_unknown_name_is_answered_with_the_nearest(wrong, nearest):
    with pytest.raises(ReportgenError, match=f"did you mean “{nearest}”"):
        colormaps.table(wrong)


def test_a_name_near_to_none_is_answered_with_all():
    with pytest.raises(ReportgenError, match="viridis"):
        colormaps.table("☃" * 500)


def test_the_palette_is_the_table_but_for_its_two_special_indices():
    palette = colormaps.palette("viridis")
    assert np.array_equal(palette[:254], colormaps.table("viridis")[:254])
    assert tuple(palette[colormaps.BACKGROUND]) == colormaps.BACKGROUND_COLOUR
    assert tuple(palette[colormaps.INACTIVE]) == colormaps.INACTIVE_COLOUR


def test_no_map_can_be_changed_by_who_uses_it():
    with pytest.raises(ValueError, match="read-only"):
        colormaps.table("jet")[0] = 0
