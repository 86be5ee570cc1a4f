"""Numbers for report.json, many at once, are those that are rounded one by one."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reportgen.analysis.workbench import number, numbers


@given(arrays(np.float32, st.integers(0, 40), elements=st.floats(width=32)))
def test_many_are_rounded_as_one_is(values):
    found = numbers(values)
    assert json.dumps(found, allow_nan=False)
    for one, value in zip(found, values, strict=True):
        expected = number(value)
        assert one == (expected if expected is None else pytest.approx(expected, rel=1.01e-3))
        assert one is None or one == float(f"{one:.4g}")


def test_four_digits_of_everyday_numbers():
    given = np.array([1 / 3, -123456.0, 0.00099996, 9999.6, 0.0, 1e-30, np.nan, np.inf])
    assert numbers(given) == [0.3333, -123500.0, 0.001, 10000.0, 0.0, 1e-30, None, None]
