"""Fixtures that every room's tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is says nothing about what it computes: no example has a time limit. New
# examples are looked for at every run but those of CI, which judges a change and nothing else.
settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize="CI" in os.environ,
)
settings.load_profile("any machine")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real models and photos; the test skips where it is absent."""
    folder = Path(os.environ.get("REPORTGEN_CORPUS", REPOSITORY.parent / "shared" / "corpus"))
    if not (folder / "models").is_dir():
        pytest.skip("the corpus of real models and photos is not here")
    return folder


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out unless they are asked for by their marker."""
    if "slow" in config.getoption("markexpr", ""):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(slow)
        items[:] = [item for item in items if item not in slow]
