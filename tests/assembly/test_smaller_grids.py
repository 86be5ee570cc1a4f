"""Grids that take much are drawn smaller unasked, the largest first, and the report says so."""

from pathlib import Path

import pytest

from reportgen.analysis.feature_maps.activations import Activations
from reportgen.analysis.feature_maps.grids import ActivationData
from reportgen.assembly.smaller_grids import GRID_BYTES, light_sides, said
from reportgen.execution.store import Store, Stored
from reportgen.execution.units import Result
from tests.support.grids import grid_of
from tests.support.options import ACTIVATIONS
from tests.support.small_builds import make

pytestmark = pytest.mark.slow


def finished(folder: Path, **layers: tuple[int, float]) -> list[Stored]:
    """Activations of one image: of each layer the side of its tiles and its share of the limit."""
    grids = [
        grid_of(layer=name, size=(side, side // 2), picture=f"{name}.png")
        for name, (side, _) in layers.items()
    ]
    files = {f"{name}.png": bytes(int(share * GRID_BYTES)) for name, (_, share) in layers.items()}
    unit = Activations().unit("model", "photo", ACTIVATIONS)
    return [Store(folder).put(unit, Result(ActivationData([], [], {}, grids), files))]


@pytest.mark.parametrize(
    ("layers", "sides"),
    [
        ({"first": (56, 0.9), "second": (56, 1.1)}, {}),
        ({"first": (56, 1.1), "second": (56, 1.2)}, {"second": 28}),
        ({"first": (75, 3.0), "second": (56, 1.0)}, {"first": 38}),
        ({"first": (75, 9.0), "second": (56, 1.5)}, {"first": 19, "second": 28}),
        ({"first": (31, 9.0), "second": (56, 1.5)}, {"second": 28}),
        ({}, {}),
    ],
)
def test_the_largest_pictures_are_halved_first(
    tmp_path: Path, layers: dict[str, tuple[int, float]], sides: dict[str, int]
) -> None:
    assert light_sides(finished(tmp_path, **layers)) == sides
    assert bool(said(sides)) == bool(sides)


def test_a_build_says_what_it_made_smaller_and_can_be_told_not_to(
    small_model,
    photos,
    tmp_path,
    monkeypatch,
):
    monkeypatch.setattr("reportgen.assembly.smaller_grids.LEAST_SIDE", 8)
    monkeypatch.setattr("reportgen.assembly.smaller_grids.GRID_BYTES", 300)
    made = make(small_model, photos, tmp_path / "less").report
    grids = {grid.layer: grid for grid in made.images[0].activations}
    assert grids["first"].map_size == [22, 22]
    assert grids["first"].size == [11, 11]
    assert ["resolution", "activation grids"] in [[one.what, one.name] for one in made.skipped]
    about = (tmp_path / "less" / "about.html").read_text(encoding="utf-8")
    assert "--full-resolution keeps all" in about
    made = make(small_model, photos, tmp_path / "all", full_resolution=True).report
    assert all(grid.size == grid.map_size for image in made.images for grid in image.activations)
    assert "resolution" not in [one.what for one in made.skipped]
