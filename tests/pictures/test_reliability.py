"""The reliability diagram is drawn as its numbers say."""

import re
from typing import Any

import pytest

from reportgen.pictures.charts.reliability import reliability_diagram


def test_bins_without_images_have_no_bar_and_the_others_say_how_many() -> None:
    drawing = reliability_diagram([0, 3, 1204], [None, 0.5, 0.9], [None, 0.25, 1.0]).decode()
    assert drawing.startswith("<svg")
    assert "style=" not in drawing
    assert "confidence 50%, accuracy 25% (3), confidence 90%, accuracy 100% (1204)" in drawing
    assert ">3<" in drawing
    assert ">1,204<" in drawing
    assert ">0<" not in drawing
    assert not re.search(r"\d{4}-\d\d-\d\d", drawing)


def test_the_same_numbers_give_the_same_bytes() -> None:
    numbers = ([1, 2], [0.4, 0.8], [0.0, 0.5])
    assert reliability_diagram(*numbers) == reliability_diagram(*numbers)


@pytest.mark.parametrize("lists", [([], [], []), ([1], [0.5], []), ([1], [], [0.5])])
def test_lists_that_do_not_fit_are_refused(
    lists: tuple[list[Any], ...],
) -> None:
    with pytest.raises(ValueError, match="three lists"):
        reliability_diagram(*lists)
