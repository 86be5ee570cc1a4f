"""Trust: means over the images, verdicts in words, and the warning on the overview."""

from pathlib import Path

import pytest

from reportgen.assembly.trust import assemble_trust
from reportgen.execution.runner import Failure, Outcome
from reportgen.execution.store import Store
from reportgen.execution.units import Result, Unit
from reportgen.records.report import SanityCheck, SanityStage, Skipped
from reportgen.report.sections.trust import verdict
from tests.report.conftest import Site


def entry(method: str, value: float | None) -> dict[str, object]:
    if value is None:
        return {"method": method, "measures": None}
    names = ("deletion_area", "insertion_area", "drop", "increase", "sparseness")
    curves = {"deletion": [value, 0.0], "insertion": [0.0, value]}
    return {"method": method, "measures": {**curves, **dict.fromkeys(names, value)}}


def units(folder: Path) -> tuple[list[Unit], Unit, dict[str, Outcome]]:
    store = Store(folder / "store")
    images = [Unit("trust", 1, "image", ("m", str(at)), {"layer": "conv"}) for at in range(3)]
    check = Unit("sanity", 1, "model", ("m",), {"layer": "conv"})
    found = [
        [entry("gradcam", 0.5), entry("chance", 1.0)],
        [entry("gradcam", None), entry("chance", 0.5)],
    ]
    outcomes: dict[str, Outcome] = {
        unit.key: store.put(unit, Result({"index": 0, "measured": measured}))
        for unit, measured in zip(images, found, strict=False)
    }
    outcomes[images[2].key] = Failure("it failed", ValueError())
    stage = {"layer": "a", "layers": 1, "correlation": 0.9, "similarity": 0.5}
    checks = [{"method": "gradcam", "stages": [stage], "other_class": 0.5}]
    outcomes[check.key] = store.put(check, Result({"checks": checks}))
    return images, check, outcomes


def test_means_are_over_the_images_that_have_a_map(tmp_path: Path) -> None:
    images, check, outcomes = units(tmp_path)
    names = {"0": "a.jpg", "1": "b.jpg", "2": "c.jpg"}
    skipped: list[Skipped] = []
    trust = assemble_trust(tmp_path, names, images, [check], outcomes, skipped)
    assert trust is not None
    assert trust.images == ["a.jpg", "b.jpg"]
    gradcam, chance = trust.measures
    assert (gradcam.images, gradcam.drop, gradcam.deletion) == (1, 0.5, [0.5, 0.0])
    assert (chance.images, chance.drop, chance.insertion) == (2, 0.75, [0.0, 0.75])
    assert [(one.name, one.reason) for one in skipped] == [("c.jpg", "it failed")]
    assert not trust.checks[0].depends
    assert trust.chart is not None
    assert b"Grad-CAM" in (tmp_path / trust.chart).read_bytes()


def test_nothing_asked_for_is_no_record(tmp_path: Path) -> None:
    assert assemble_trust(tmp_path, {}, [], [], {}, []) is None


@pytest.mark.parametrize(
    ("first", "last", "other", "words"),
    [
        (0.5, 0.1, 0.2, ["Grad-CAM depends on the model:", "little"]),
        (0.5, 0.6, 0.2, ["depends on the model in part"]),
        (0.95, 0.1, 0.2, ["hardly changes when only the last layer"]),
        (0.5, 0.1, 0.95, ["different classes are almost the same"]),
        (1.0, 1.0, 1.0, ["does not depend on the model"]),
    ],
)
def test_a_verdict_says_what_the_check_found(
    first: float, last: float, other: float, words: list[str]
) -> None:
    stages = [
        SanityStage(layer=name, layers=at, correlation=value, similarity=0.0)
        for at, (name, value) in enumerate((("dense", first), ("conv", last)), 1)
    ]
    check = SanityCheck(method="gradcam", stages=stages, other_class=other, depends=last < 0.8)
    assert all(word in verdict(check) for word in words)


def test_a_kind_without_maps_was_not_checked() -> None:
    check = SanityCheck(method="layercam", stages=[], other_class=None, depends=True)
    assert verdict(check) == "LayerCAM could not be checked: there is no map, or nothing to forget."


def test_a_map_that_ignores_the_model_is_a_warning_on_the_overview(site: Site) -> None:
    overview = site.text("index.html")
    assert "Eigen-CAM does not depend on the model" in overview
    assert "Grad-CAM does not depend on the model" not in overview
    assert 'href="trust.html#trust--checks"' in overview
