"""A running top-K is that of all values at once, however they come in."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reportgen.analysis.top_images.scan import ALONE, Scan
from reportgen.analysis.top_images.top_k import TopK
from tests.support.options import SCAN


@given(
    images=st.integers(1, 30),
    channels=st.integers(1, 5),
    k=st.integers(1, 6),
    parts=st.integers(1, 5),
    seed=st.integers(0, 999),
)
def test_parts_in_any_order_give_what_all_give_at_once(images, channels, k, parts, seed):
    random = np.random.default_rng(seed)
    values = random.integers(0, 8, (images, channels)).astype(np.float32) / 3  # many are equal
    values[random.random(values.shape) < 0.1] = np.nan
    places = random.integers(0, 99, (images, channels))
    merged = TopK(channels, k)
    for part in random.permutation(parts):
        chosen = np.arange(images)[part::parts]
        one = TopK(channels, k)
        for at in random.permutation(len(chosen)):
            row = chosen[at : at + 1]
            own = places[row]
            one.add(
                values[row], np.array([at]), lambda rows, channels, own=own: own[rows, channels]
            )
        merged.merge(TopK.of_arrays(one.values, one.images, one.places), chosen.tolist())
    for channel in range(channels):
        column = np.nan_to_num(values[:, channel], nan=-np.inf)
        order = [at for at in np.argsort(-column, kind="stable")[:k] if column[at] > 0]
        expected = [(float(column[at]), int(at), int(places[at, channel])) for at in order]
        assert list(merged.of(channel)) == expected


def digests(count, seed=0):
    random = np.random.default_rng(seed)
    return [random.bytes(32).hex() for _ in range(count)]


def test_every_image_is_searched_once():
    for count in (1, ALONE, ALONE + 1, 3000):
        units = Scan().plan("m", digests(count), SCAN).units
        assert sorted(one for unit in units for one in unit.photos) == sorted(digests(count))
        assert len({unit.key for unit in units}) == len(units) <= max(ALONE, count // 4)


def test_another_image_changes_one_unit():
    for count in (5, 3000):
        before = {unit.key for unit in Scan().plan("m", digests(count), SCAN).units}
        changed = [*digests(count)[1:], *digests(1, seed=7)]
        after = {unit.key for unit in Scan().plan("m", changed, SCAN).units}
        assert 1 <= len(after - before) <= 2


def test_how_many_to_show_does_not_change_the_search_of_a_few():
    few = digests(9)
    assert [unit.key for unit in Scan().plan("m", few, SCAN).units] == [
        unit.key for unit in Scan().plan("m", few, replace(SCAN, k=9)).units
    ]
