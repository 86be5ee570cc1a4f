"""The chart of a layer's channels: what it draws is what it was given."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from reportgen.pictures.charts.distribution import HEIGHT, WIDTH, distribution, round_ticks, short

SVG = "{http://www.w3.org/2000/svg}"


def drawn(values: np.ndarray, channels: int = 9) -> ElementTree.Element:
    return ElementTree.fromstring(distribution(*np.sort(values, axis=0).tolist(), channels))  # noqa: S314 - our own


def points(element: ElementTree.Element) -> np.ndarray:
    numbers = [float(one) for one in re.split("[ ,]", element.attrib["points"])]
    return np.array(numbers).reshape(-1, 2)


@pytest.mark.parametrize("shift", [0.0, -0.4, -5.0])
def test_line_and_bands_stand_at_their_values(shift: float) -> None:
    values = np.sort(np.random.default_rng(0).uniform(0, 1, (5, 12)), axis=0) + shift
    root = drawn(values)
    median = points(root.findall(f"{SVG}polyline")[0])
    assert np.all(np.diff(median[:, 0]) > 0)
    # pixels fall as values rise, in one proportion for all
    spans = np.polyfit(values[2], median[:, 1], 1)
    assert spans[0] < 0
    np.testing.assert_allclose(np.polyval(spans, values[2]), median[:, 1], atol=0.1)
    outer, inner = (points(one) for one in root.findall(f"{SVG}polygon"))
    for band, (low, high) in ((outer, (0, 4)), (inner, (1, 3))):
        np.testing.assert_allclose(band[:12, 1], np.polyval(spans, values[high]), atol=0.2)
        np.testing.assert_allclose(band[12:][::-1, 1], np.polyval(spans, values[low]), atol=0.2)
    assert (outer >= 0).all()
    assert (outer[:, 0] <= WIDTH).all()
    assert (outer[:, 1] <= HEIGHT).all()


def test_it_is_plain_svg_and_the_same_every_time() -> None:
    values = np.zeros((5, 3))
    one = distribution(*values.tolist(), 3)
    assert one == distribution(*values.tolist(), 3)
    assert not re.search(rb"style=|script|href|nan|inf", one)
    assert b"3 of 3 channels" in one


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0, 328, ["0", "100", "200", "300"]),
        (0, 0.083, ["0", "0.025", "0.05", "0.075"]),
        (-1.2, 1.1, ["−1", "0", "1"]),
        (0, 31_000, ["0", "10,000", "20,000", "30,000"]),
        (0, 4.1e6, ["0", "2e6", "4e6"]),
        (0, 3e-5, ["0", "1e-5", "2e-5", "3e-5"]),
    ],
)
def test_ticks_are_round_and_have_room(low: float, high: float, wanted: list[str]) -> None:
    labels = [short(tick) for tick in round_ticks(low, high, 5)]
    assert labels == wanted
    assert max(map(len, labels)) <= 7


def test_a_single_channel_is_a_line_across() -> None:
    median = points(drawn(np.arange(5.0)[:, None]).findall(f"{SVG}polyline")[0])
    assert len(median) == 2
    assert median[0, 1] == median[1, 1]
    assert median[0, 0] < median[1, 0]


def test_series_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one value for each channel"):
        distribution([0.0], [0.0], [0.0, 1.0], [0.0], [0.0], 2)
    with pytest.raises(ValueError, match="at least one"):
        distribution([], [], [], [], [], 0)
