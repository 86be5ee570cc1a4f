"""The language of gates: what is read, what is refused, and what holds."""

import math
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.config import make_settings
from reportgen.errors import SettingsError
from reportgen.gates.conditions import opposite, requirement
from reportgen.gates.metrics import METRICS, metric_named

SIGNS = {"<": operator.lt, "<=": operator.le, "==": operator.eq,
         "!=": operator.ne, ">=": operator.ge, ">": operator.gt}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("accuracy >= 0.9", 0.9),
        ("accuracy>=90%", 0.9),
        ("Accuracy ≥ 90 %", 0.9),
        ("parameters <= 5e6", 5e6),
        ("parameters <= 5_000_000", 5e6),
        ("parameters <= 1.5E+3", 1500),
        ("accuracy_change >= -1%", -0.01),
        ("accuracy-change >= −0.01", -0.01),
        ("loss < .5", 0.5),
        ("silent_channels <= 0.1%", 0.001),
    ],
)
def test_bounds_are_decimal_percent_or_scientific(text: str, bound: float) -> None:
    assert requirement(text).bound == bound


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("value", [0.1, 0.2, 0.3])
def test_a_requirement_holds_and_its_opposite_does_not(sign: str, value: float) -> None:
    holds = SIGNS[sign](value, 0.2)
    assert requirement(f"accuracy {sign} 20%").holds(value) is holds
    assert opposite(f"accuracy {sign} 20%").holds(value) is not holds


@pytest.mark.parametrize("sign", SIGNS)
def test_nan_meets_nothing(sign: str) -> None:
    assert not requirement(f"loss {sign} 1").holds(math.nan)
    assert not opposite(f"loss {sign} 1").holds(math.nan)


def test_rounding_does_not_fail_a_gate() -> None:
    assert 0.99 - 1.0 < -0.01
    assert requirement("accuracy_change >= -0.01").holds(0.99 - 1.0)
    assert not requirement("accuracy_change > -0.01").holds(0.99 - 1.0)
    assert not requirement("accuracy_change >= -0.01").holds(-0.0100001)


def test_the_subject_may_hold_brackets_and_signs() -> None:
    assert requirement("recall[cat [tame] > 3] >= 0.5").subject == "cat [tame] > 3"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("acuracy < 0.9", "did you mean “accuracy”?"),
        ("silent-chanels < 0.9", "did you mean “silent_channels”?"),
        ("accuracy", "is no condition"),
        ("", "is no condition"),
        ("0.9 < accuracy", "is no condition"),
        ("accuracy = 0.9", "no comparison of accuracy"),
        ("accuracy < 0.9 < 1", "no comparison of accuracy"),
        ("accuracy < ninety", "is not a number"),
        ("accuracy < nan", "is not a number"),
        ("accuracy < 0,9", "is not a number"),
        ("accuracy < 90", "is a share"),
        ("accuracy < 120%", "is a share"),
        ("accuracy < -1%", "is a share"),
        ("accuracy_change < -101%", "from -1 to 1"),
        ("parameters < 5%", "is a count"),
        ("loss < 5%", "is no share"),
        ("loss < 1e999", "too large"),
        ("recall < 0.9", r'\[gates.class."NAME"\]'),
        ("zeros < 0.9", r'\[gates.layer."NAME"\]'),
        ("accuracy[cat] < 0.9", "of the whole report"),
        ("loss < " + "9" * 600, "at most 500 characters"),
    ],
)
@pytest.mark.parametrize("option", ["fail_if", "require"])
def test_what_cannot_be_read_is_a_usage_error(text: str, reason: str, option: str) -> None:
    with pytest.raises(SettingsError, match=reason) as error:
        make_settings({option: (text,)})
    assert error.value.exit_code == 2
    assert str(error.value).startswith(f"--{option.replace('_', '-')}: ")
    assert str(error.value)[-1] in ".?"
    assert not str(error.value).endswith("?.")


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        found = requirement(text)
    except ValueError as error:
        assert str(error)
    else:
        assert found.metric.name in METRICS


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_is_found_by_its_name_and_suggested_for_one_that_is_near(name: str) -> None:
    assert metric_named(name.upper().replace("_", "-")).name == name
    with pytest.raises(ValueError, match=f"did you mean “{name}”"):
        metric_named(f"{name}z")
