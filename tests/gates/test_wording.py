"""Values and requirements in words."""

import pytest

from reportgen.gates.wording import measured_text, required_text
from reportgen.records.gates import Gate


@pytest.mark.parametrize(
    ("metric", "value", "bound", "texts"),
    [
        ("accuracy", 0.9917, 0.9, ("99.17 %", "≥ 90 %")),
        ("accuracy", 0.8999999, 0.9, ("89.99999 %", "≥ 90 %")),
        ("accuracy", 0.9, 0.9, ("90 %", "≥ 90 %")),
        ("accuracy", 1.0, 0.9, ("100 %", "≥ 90 %")),
        ("regressions", 0.00001, 0.0, ("0.001 %", "≥ 0 %")),
        ("regressions", 1e-8, 0.0, ("0.000001 %", "≥ 0 %")),
        ("accuracy_change", -0.6583333, -0.01, ("−65.83 pp", "≥ −1 pp")),
        ("parameters", 12345678.0, 5e6, ("12,345,678", "≥ 5,000,000")),
        ("loss", 0.31415926, 0.5, ("0.3142", "≥ 0.5")),
    ],
)
def test_numbers_in_words(metric: str, value: float, bound: float, texts: tuple[str, str]) -> None:
    gate = Gate(
        metric=metric, subject="", operator=">=", bound=bound, asked="", given="--require",
        status="passed", value=value,
    )  # fmt: skip
    assert (measured_text(gate), required_text(gate)) == texts
