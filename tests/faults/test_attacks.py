"""One attack of each kind with a fixed seed; `python -m tests.faults` tries random ones."""

import os
from pathlib import Path

import pytest

from tests.faults.attacks import ATTACKS, attack
from tests.faults.world import World, new_world

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="kills, pipes and mounts are POSIX's"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world with a finished report."""
    world = new_world(tmp_path_factory.mktemp("finished"))
    done = world.build()
    assert done.code == 0, done.said
    return world


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_an_attack_finds_no_fault(name: str, finished: World, tmp_path: Path) -> None:
    attack(name, 0, finished, tmp_path / "world")
