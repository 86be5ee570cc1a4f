"""Errors survive the way from one process to another."""

import pickle

import pytest

from reportgen.errors import (
    InputChangedError,
    ModelFileError,
    ReportgenError,
    SettingsError,
    UnreadableImageError,
)
from reportgen.inputs.model_files.hdf5_check import DamagedFileError
from reportgen.inputs.model_files.parts import UnknownLayersError

ERRORS = [
    UnreadableImageError("cat.jpg", "it is empty"),
    InputChangedError("m.h5"),
    DamagedFileError("m.h5", "zip"),
    UnknownLayersError("m.h5", {"a": "say what it is"}),
    ModelFileError("one sentence"),
    SettingsError("one sentence"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_unpickles_as_it_was(error: ReportgenError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
    assert again.exit_code == error.exit_code
