"""Trust: means over the images, verdicts in words, and the warning on the overview."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from reportgen.analysis.heatmap_trust.randomisation import Stage
from reportgen.analysis.heatmap_trust.sanity_checks import Between, Check, SanityData
from reportgen.analysis.heatmap_trust.trust import Draws, Measured, Measures, TrustData
from reportgen.assembly.trust import assemble_trust, outcome_of
from reportgen.execution.runner import Failure, Outcome
from reportgen.execution.store import Store
from reportgen.execution.units import Result, Unit
from reportgen.records.report import Skipped
from reportgen.records.trust import SanityCheck, SanityNull, SanityStage, Spread
from reportgen.report.chance_verdicts import AgainstChance
from reportgen.report.sections.trust import verdict
from tests.report.conftest import Site
from tests.support.options import TRUST


def entry(method: str, value: float | None) -> Measured:
    if value is None:
        return Measured(method, None)
    names = ("deletion_area", "insertion_area", "drop", "increase", "sparseness", "blurred_drop",
             "blurred_increase", "kept_brightness")  # fmt: skip
    numbers = dict.fromkeys(names, value)
    measures = Measures(deletion=[value, 0.0], insertion=[0.0, value], **numbers)
    areas = [value + 0.01 * at for at in range(10)]
    return Measured(method, measures, Draws(areas, areas) if method == "chance" else None)


def units(folder: Path) -> tuple[list[Unit], Unit, dict[str, Outcome]]:
    store = Store(folder / "store")
    images = [Unit("trust", 1, "image", "m", (str(at),), TRUST) for at in range(3)]
    check = Unit("sanity", 1, "model", "m", (), TRUST)
    found = [
        [entry("gradcam", 0.5), entry("chance", 1.0)],
        [entry("gradcam", None), entry("chance", 0.5)],
    ]
    outcomes: dict[str, Outcome] = {
        unit.key: store.put(unit, Result(TrustData(0, measured)))
        for unit, measured in zip(images, found, strict=False)
    }
    outcomes[images[2].key] = Failure("it failed", ValueError())
    stage = Stage("a", 1, [0.9, 0.94], [0.5, 0.6])
    between = Between(3, [0.1, 0.2, 0.3], [0.1, 0.1, 0.1])
    checks = [Check("gradcam", [stage], between, 0.5)]
    outcomes[check.key] = store.put(check, Result(SanityData(checks)))
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
    # Student's t of 95 %, nine degrees of freedom, for one more draw
    draws = 0.75 + 0.01 * np.arange(10)
    stats = pytest.importorskip("scipy.stats")
    reach = stats.t.ppf(0.975, 9) * draws.std(ddof=1) * np.sqrt(1.1)
    wanted = [draws.mean() - reach, draws.mean() + reach]
    assert chance.deletion_interval == pytest.approx(wanted, rel=1e-3)
    assert (gradcam.deletion_interval, gradcam.draws, chance.draws) == (None, 1, 10)
    check = trust.checks[0]
    assert check.outcome == "kept"
    assert check.between_images is not None
    assert (check.between_images.pairs, check.between_images.correlation.mean) == (3, 0.2)
    last = check.stages[0]
    assert (last.seeds, last.correlation.mean, last.correlation.low) == (2, 0.92, 0.9)
    assert trust.chart is not None
    assert b"Grad-CAM" in (tmp_path / trust.chart).read_bytes()


def test_nothing_asked_for_is_no_record(tmp_path: Path) -> None:
    assert assemble_trust(tmp_path, {}, [], [], {}, []) is None


def spread(mean: float, reach: float = 0.0) -> Spread:
    return Spread(mean=mean, low=mean - reach, high=mean + reach)


def null_of(mean: float, error: float = 0.05, pairs: int = 6) -> SanityNull:
    found = {"correlation": spread(mean, 0.2), "similarity": spread(0.3), "error": error}
    return SanityNull(images=4, pairs=pairs, **found)


@pytest.mark.parametrize(
    ("seeds", "null", "outcome"),
    [
        ([-0.27, 0.1, 0.26, 0.0, 0.1], null_of(0.1), "gone"),
        ([0.41, 0.45, 0.43, 0.44, 0.42], null_of(0.1), "in part"),
        ([0.41, 0.45, 0.43, 0.44, 0.42], null_of(0.4), "gone"),
        ([0.9, 0.85, 0.9, 0.9, 0.9], null_of(0.1), "kept"),
        ([0.9, 0.85, 0.9, 0.9, 0.9], null_of(0.7), "in part"),
        ([0.9], None, "unknown"),
        ([0.40, 0.30, 0.53, 0.35, 0.42], null_of(0.16, 0.14, pairs=1), "unknown"),
        ([0.95, 0.96, 0.94, 0.95, 0.95], null_of(0.16, 0.14, pairs=1), "kept"),
        ([], null_of(0.1), "unknown"),
    ],
)
def test_the_outcome_compares_the_seeds_with_maps_of_different_images(
    seeds: list[float], null: SanityNull | None, outcome: str
) -> None:
    assert outcome_of(seeds, null) == outcome


@pytest.mark.parametrize(
    ("first", "outcome", "other", "words"),
    [
        (
            0.5,
            "gone",
            0.2,
            ["Grad-CAM depends on the model:", "no more like", "0.30 (0.20 to 0.40) over 5"],
        ),
        (0.5, "in part", 0.2, ["depends on the model in part", "partly survive"]),
        (0.95, "gone", 0.2, ["barely changes when only the last layer is randomised"]),
        (0.5, "gone", 0.95, ["different classes are almost the same"]),
        (0.5, "unknown", 0.2, ["4 images with a map are too few to say whether it depends"]),
        (1.0, "kept", 1.0, ["does not depend on the model", "0.10 (−0.10 to 0.30) between maps"]),
    ],
)
def test_a_verdict_says_what_the_check_found(
    first: float, outcome: str, other: float, words: list[str]
) -> None:
    stages = [
        SanityStage(
            layer=name, layers=at, seeds=5, correlation=spread(value, 0.1), similarity=spread(0.0)
        )
        for at, (name, value) in enumerate((("dense", first), ("conv", 0.3)), 1)
    ]
    check = SanityCheck(
        method="gradcam",
        stages=stages,
        between_images=null_of(0.1),
        other_class=other,
        outcome=outcome,  # type: ignore[arg-type]
    )
    assert all(word in verdict(check) for word in words), verdict(check)


def test_a_kind_without_maps_was_not_checked() -> None:
    check = SanityCheck(
        method="layercam", stages=[], between_images=None, other_class=None, outcome="unknown"
    )
    assert (
        verdict(check) == "LayerCAM could not be checked: there is no map, or there are no weights."
    )


@pytest.mark.parametrize(
    ("test", "area", "verdict", "tone", "place"),
    [
        ("deletion", 0.1, "better", "good", "below"),
        ("deletion", 0.209, "uncertain", "warn", "inside"),
        ("deletion", 0.349, "uncertain", "warn", "inside"),
        ("deletion", 0.4, "no better", "bad", "inside"),
        ("deletion", 0.6, "no better", "bad", "above"),
        ("insertion", 0.6, "better", "good", "above"),
        ("insertion", 0.4, "uncertain", "warn", "inside"),
        ("insertion", 0.3, "no better", "bad", "inside"),
        ("insertion", 0.1, "no better", "bad", "below"),
    ],
)
def test_only_an_area_on_the_bad_side_of_the_random_mean_is_no_better(
    test: Literal["deletion", "insertion"], area: float, verdict: str, tone: str, place: str
) -> None:
    compared = AgainstChance(test, area, 0.349, 0.191, 0.507)
    assert (compared.verdict, compared.badge.tone) == (verdict, tone)
    assert f", {place} the interval of 95 % of random maps (0.191 to 0.507): " in compared.sentence


def test_an_area_inside_the_interval_is_not_called_no_better() -> None:
    assert AgainstChance("deletion", 0.209, 0.349, 0.191, 0.507).sentence == (
        "deletion 0.209, random mean 0.349, inside the interval of 95 % of random maps"
        " (0.191 to 0.507): the difference is not certain"
    )


@pytest.mark.slow
def test_areas_are_compared_with_random_maps_and_the_masking_is_stated(site: Site) -> None:
    page = site.text("trust.html")
    assert (
        "deletion 0.5, random mean 0.5, inside the interval of 95 % of random maps (0.45 to 0.55):"
        " the difference is not certain" in page
    )
    assert "not clearly better than random" in page
    assert "Remaining brightness: 2 % with Grad-CAM." in page
    assert "Images: Grad-CAM 1, LayerCAM 0, Random maps 1." in page


def test_a_map_that_ignores_the_model_is_a_warning_on_the_overview(site: Site) -> None:
    overview = site.text("index.html")
    assert "Eigen-CAM does not depend on the model" in overview
    assert "Grad-CAM does not depend on the model" not in overview
    assert 'href="trust.html#trust--checks"' in overview
