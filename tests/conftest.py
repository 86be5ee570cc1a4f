"""Fixtures that every room's tests share."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real models and photos; the test skips where it is absent."""
    folder = Path(os.environ.get("REPORTGEN_CORPUS", REPOSITORY.parent / "shared" / "corpus"))
    if not (folder / "models").is_dir():
        pytest.skip("the corpus of real models and photos is not here")
    return folder
