"""`reportgen inspect` in a narrow window: columns are dropped before a name is broken."""

import pytest

from reportgen.cli import summary_table
from reportgen.cli.summary_table import COLUMNS, DROPPED_FIRST, print_summary
from reportgen.records.model import Layer, Model
from tests.support.model_record import MODEL

LONG = (
    "mobilenetv2_1.00_160/block_16_project_batch_normalization_of_the_residual_branch_with_a_name"
)


def model_with(*paths: str) -> Model:
    known = {key: value for key, value in MODEL["layers"][0].items() if key in Layer.model_fields}
    layers = [{**known, "path": path, "block": "", "inputs": [paths[0], "photo"]} for path in paths]
    values = {key: value for key, value in MODEL.items() if key in Model.model_fields}
    return Model.model_validate({**values, "layers": layers})


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighty columns behind stdout."""
    monkeypatch.setattr(summary_table, "LOG_WIDTH", 80)


def heads(text: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.lstrip().startswith("Layer "))
    return [title for title in COLUMNS if title in line]


def test_short_names_keep_the_columns_that_fit(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(model_with("conv2d", "conv2d_1"))
    text = capsys.readouterr().out
    assert heads(text) == [title for title in COLUMNS if title != DROPPED_FIRST[0]]
    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())


def test_a_path_costs_columns_and_is_not_broken(capsys: pytest.CaptureFixture[str]) -> None:
    path = "mobilenetv2_1.00_160/block_6_expand"
    print_summary(model_with("conv2d", path))
    text = capsys.readouterr().out
    assert heads(text) == ["Layer", "Type", "Output", "Parameters"]
    assert f" {path} " in text
    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())


def test_a_path_wider_than_the_window_stays_whole(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(model_with("conv2d", LONG))
    assert LONG in capsys.readouterr().out


def test_a_wide_window_has_every_column(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary_table, "LOG_WIDTH", 140)
    print_summary(model_with("conv2d", "conv2d_1"))
    assert heads(capsys.readouterr().out) == list(COLUMNS)
