"""Arithmetic in x: it computes what Python would, and runs nothing else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.errors import SettingsError
from reportgen.inputs.model_files.arithmetic import (
    as_scale_and_offset,
    evaluate,
    parse_arithmetic,
)


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("x/127.5-1", 255.0, 1.0),
        ("x / 255", 51.0, 0.2),
        ("(x - 0.5) * 2", 1.0, 1.0),
        ("-x**2", 3.0, -9.0),
        ("2**-1*x", 4.0, 2.0),
        ("1 - -x", 1.0, 2.0),
        ("x0*x0", 3.0, 9.0),
        ("1e2 + .5 + 3.", 0.0, 103.5),
        ("2**3**2", 0.0, 512.0),
    ],
)
def test_values(text: str, x: float, expected: float) -> None:
    assert evaluate(parse_arithmetic(text), [x]) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "x+", "(x", "x)", "x y", "y", "__import__('os').system('true')", "x.__class__",
        "x[0]", "lambda: 1", "x;x", "x//2", "x if x else x", "abs(x)", "1j", "True", "x = 1",
        "(" * 1000 + "x", "x" + "+x" * 400, "2**" * 60 + "x",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        parse_arithmetic(text)


@pytest.mark.slow
@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        expression = parse_arithmetic(text)
    except SettingsError:
        return
    as_scale_and_offset(expression)


def expressions() -> st.SearchStrategy[str]:
    leaves = st.one_of(st.just("x"), st.floats(0.25, 8).map(str), st.integers(1, 9).map(str))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*/"), inner).map(
                lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
            ),
            inner.map(lambda text: f"-{text}"),
        ),
        max_leaves=8,
    )


@given(expressions(), st.floats(-4, 4))
def test_the_value_is_that_of_python(text: str, x: float) -> None:
    expression = parse_arithmetic(text)
    try:
        expected = eval(text, {"__builtins__": {}}, {"x": x})  # noqa: S307 - text is made above
        found = evaluate(expression, [x])
    except (ZeroDivisionError, SettingsError):
        return
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    line = as_scale_and_offset(expression)
    if line is not None and math.isfinite(expected):
        assert line[0] * x + line[1] == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_lines_are_recognised() -> None:
    assert as_scale_and_offset(parse_arithmetic("x/127.5-1")) == (1 / 127.5, -1.0)
    assert as_scale_and_offset(parse_arithmetic("x")) == (1.0, 0.0)
    assert as_scale_and_offset(parse_arithmetic("x*x")) is None
    assert as_scale_and_offset(parse_arithmetic("1/x")) is None
    assert as_scale_and_offset(parse_arithmetic("x1+1")) is None


def test_inputs_that_are_not_there() -> None:
    with pytest.raises(SettingsError, match="names x2, but the layer has 2"):
        evaluate(parse_arithmetic("x0 - x2"), [1.0, 2.0])
