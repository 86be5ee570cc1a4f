"""Wilson's interval is SciPy's."""

import pytest

from reportgen.few_images import wilson_interval


@pytest.mark.parametrize(
    ("hits", "images"), [(0, 1), (1, 1), (11, 12), (0, 12), (12, 12), (437, 500), (1, 100_000)]
)
def test_the_interval_is_scipys(hits: int, images: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    wanted = stats.binomtest(hits, images).proportion_ci(0.95, method="wilson")
    assert wilson_interval(hits, images) == pytest.approx((wanted.low, wanted.high), abs=1e-6)


def test_no_image_has_no_share() -> None:
    with pytest.raises(ValueError, match="an image"):
        wilson_interval(0, 0)
