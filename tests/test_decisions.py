"""Contributions of channels: exact where the network is linear behind the layer."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import reportgen
from reportgen.analysis.decisions import (
    DecisionData,
    DecisionShares,
    contributions,
    decisive_channels,
    shares_of,
)
from reportgen.records.decisions import ChannelShare, Decision, Decisions
from reportgen.records.linearity import is_linear_behind
from reportgen.report.blocks import Cards, Details, Links, Part, Parts, plain
from reportgen.report.outline import Outline
from reportgen.report.sections.decisions import decision_place, decisions
from tests.report.sample import write_sample

PHOTOS = np.random.default_rng(2).integers(0, 256, (3, 16, 16, 3), np.uint8)


def ending(*layers: Any) -> keras.Model:
    """A network whose last maps go through these layers to the scores of four classes."""
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [keras.Input((16, 16, 3)), keras.layers.Rescaling(1 / 255),
         keras.layers.Conv2D(6, 3, activation="relu"),
         keras.layers.Conv2D(7, 3, activation="relu", name="last"),
         *layers, keras.layers.Dense(4, activation="softmax", bias_initializer="normal",
                                     name="scores")]
    )  # fmt: skip


def decided(model: keras.Model, **options: Any) -> Decisions:
    options = {"sections": ["gradcam", "decisions"], "progress": False, **options}
    report = reportgen.build(model, PHOTOS, **options)
    assert report.data.decisions is not None
    return report.data.decisions


@pytest.fixture(scope="module")
def averaged() -> keras.Model:
    return ending(keras.layers.GlobalAveragePooling2D(), keras.layers.Dropout(0.5))


@pytest.fixture(scope="module")
def found(averaged: keras.Model) -> Decisions:
    return decided(averaged)


@pytest.mark.slow
def test_behind_global_averages_contributions_are_means_times_weights(
    averaged: keras.Model, found: Decisions
) -> None:
    last = keras.Model(averaged.inputs, averaged.get_layer("last").output)
    means = np.asarray(last(PHOTOS.astype(np.float32)), np.float64).mean(axis=(1, 2))
    weights = np.asarray(averaged.get_layer("scores").kernel, np.float64)
    alone = [one for one in found.decisions if one.against is None]
    assert found.exact and len(alone) == 6
    for at, decision in enumerate(alone):
        expected = means[at // 2] * weights[:, decision.index]
        told = {one.channel: one.contribution for one in [*decision.strongest, *decision.opposing]}
        assert told == pytest.approx({k: expected[k] for k in told}, abs=1e-5)
        assert next(iter(told)) == int(expected.argmax())
        assert decision.total == pytest.approx(expected.sum(), abs=1e-5)


def test_the_sum_is_the_score_but_for_the_bias(averaged: keras.Model, found: Decisions) -> None:
    bias = np.asarray(averaged.get_layer("scores").bias)
    for one in found.decisions:
        rest = bias[one.index] - (bias[one.against] if one.against is not None else 0)
        assert one.score == pytest.approx(one.total + rest, abs=1e-4)
        assert one.total == pytest.approx(one.raising + one.lowering, abs=1e-6)


def test_the_third_decision_compares_the_two_likeliest_classes(found: Decisions) -> None:
    first, second, contrast = found.decisions[:3]
    assert (contrast.index, contrast.against) == (first.index, second.index)
    assert contrast.total == pytest.approx(first.total - second.total, abs=1e-6)


def test_pictures_are_in_the_report_and_scores_are_those_of_the_predictions(
    averaged: keras.Model,
) -> None:
    report = reportgen.build(averaged, PHOTOS, sections=["gradcam", "decisions"], progress=False)
    assert report.data.decisions is not None
    first: Decision = report.data.decisions.decisions[0]
    assert first.score == pytest.approx(report.predictions[first.image][0].score, abs=1e-6)
    assert all((report.path / one.picture).is_file() for one in first.strongest)
    assert "Why this decision?" in (report.path / "decisions.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_one_chosen_class_has_one_decision_an_image(averaged: keras.Model) -> None:
    found = decided(averaged, target_class="2")
    assert [(one.index, one.against) for one in found.decisions] == [(2, None)] * 3


LAYERS = keras.layers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layers", "linear"),
    [
        ([LAYERS.GlobalAveragePooling2D()], True),
        ([LAYERS.AveragePooling2D(2), LAYERS.Flatten(), LAYERS.Dropout(0.2)], True),
        ([LAYERS.GlobalMaxPooling2D()], False),
        ([LAYERS.Flatten(), LAYERS.Dense(5, activation="relu")], False),
        ([LAYERS.ReLU(), LAYERS.GlobalAveragePooling2D()], False),
    ],
)
def test_a_network_is_called_linear_only_where_it_is(layers: Any, linear: bool) -> None:
    model = ending(*layers)
    assert is_linear_behind(reportgen.inspect(model), "last") is linear


def test_contributions_are_sums_in_double_precision() -> None:
    maps = np.full((50, 50, 1), 1e4, np.float32)
    slopes = np.full((50, 50, 1), 1e-4, np.float32)
    slopes[0] = 1e4
    expected = (maps.astype(np.float64) * slopes.astype(np.float64)).sum()
    assert contributions(maps, slopes)[0] == expected


def test_only_channels_that_raise_the_score_are_called_so() -> None:
    (shares,) = shares_of([0], [np.array([0.0, -1.0, 2.0, 0.0, -3.0])])
    assert (shares.strongest, shares.opposing) == ([2], [4, 1])


def test_a_report_without_the_section_has_no_page(averaged: keras.Model, tmp_path: Path) -> None:
    report = reportgen.build(averaged, PHOTOS, sections=["gradcam"], progress=False)
    assert report.data.decisions is None and not (report.path / "decisions.html").exists()


def test_channels_count_by_their_share_of_each_score() -> None:
    def shares(raising: float, *strongest: tuple[int, float]) -> DecisionData:
        return DecisionData(
            [DecisionShares(0, None, raising, raising, 0.0, 8, list(strongest), [])]
        )

    small, large = shares(1.0, (5, 0.9), (3, 0.1)), shares(1000.0, (3, 500.0), (4, 500.0))
    assert decisive_channels([small, large]) == [5, 3, 4]
    assert decisive_channels([]) == []


@pytest.mark.slow
def test_channels_that_decide_get_patterns_beside_those_asked_for(averaged: keras.Model) -> None:
    found = decided(
        averaged,
        sections=["activations", "gradcam", "filters", "decisions"],
        filters=["2"],
        filter_steps=2,
        filter_size=16,
    )
    parts: dict[int, float] = {}
    patterns = {}
    for decision in found.decisions:
        for share in (*decision.strongest, *decision.opposing):
            part = abs(share.contribution) / (decision.raising - decision.lowering)
            parts[share.channel] = parts.get(share.channel, 0.0) + part
            patterns[share.channel] = share.pattern
    first, second, *_ = sorted(parts, key=lambda channel: -parts[channel])
    assert patterns[first] and patterns[second]
    assert not all(patterns.values())


def decision(image: str, index: int, against: int | None = None) -> Decision:
    """A decision with more channels than a group shows."""

    def shares(first: int, many: int, sign: float) -> list[ChannelShare]:
        return [
            ChannelShare(channel=at, contribution=sign * (many - at + first), picture="map.jpg")
            for at in range(first, first + many)
        ]

    return Decision(
        image=image, index=index, label=f"class{index}", against=against,
        against_label=None if against is None else f"class{against}",
        score=1.0, total=1.0, raising=40.0, lowering=-39.0, channels=20,
        strongest=shares(0, 9, 1.0), opposing=shares(10, 4, -1.0),
    )  # fmt: skip


def outline_of(
    folder: Path, names: list[str], wrong: set[str], *, compared: bool = True
) -> Outline:
    """The outline of a report with these images and a decision on each."""
    report = write_sample(folder, names=names)
    alone = [decision(name, index) for name in names for index in (0, 1)]
    pairs = [decision(name, 0, 1) for name in names] if compared else []
    layer = report.model.last_spatial_layer or ""
    found = Decisions(layer=layer, exact=True, images=len(names), decisions=[*alone, *pairs])
    outline = Outline(report.model_copy(update={"decisions": found}))
    vars(outline)["mistaken"] = frozenset(wrong)
    return outline


def test_misclassified_images_come_first_and_have_the_places_that_other_pages_link_to(
    tmp_path: Path,
) -> None:
    names = [f"{letter}.jpg" for letter in "abcdef"]
    outline = outline_of(tmp_path, names, {"c.jpg", "f.jpg"})
    (page,) = decisions(outline)
    (parts,) = (block for block in page.blocks if isinstance(block, Parts))
    expected = ["c.jpg", "f.jpg", "a.jpg", "b.jpg", "d.jpg", "e.jpg"]
    assert [part.title[0].text for part in parts.parts] == expected  # type: ignore[union-attr]
    assert [len(part.title) > 1 for part in parts.parts] == [True] * 2 + [False] * 4
    (jumps,) = (block for block in page.blocks if isinstance(block, Links))
    assert [(link.text, link.href) for link in jumps.links] == [
        (name, decision_place(outline, name)) for name in expected
    ]
    assert [link.note for link in jumps.links] == ["misclassified"] * 2 + [""] * 4
    for part, name in zip(parts.parts, expected, strict=True):
        assert decision_place(outline, name).endswith(f"#{part.anchor}")
    assert decision_place(outline, "e.jpg").startswith("decisions--2.html#")
    assert decision_place(outline, "other.jpg") == ""


@pytest.mark.parametrize("compared", [True, False])
def test_the_comparison_is_open_and_the_classes_are_folded(tmp_path: Path, compared: bool) -> None:
    outline = outline_of(tmp_path, ["a.jpg"], set(), compared=compared)
    (page,) = decisions(outline)
    (parts,) = (block for block in page.blocks if isinstance(block, Parts))
    opened, *folded = parts.parts[0].blocks
    assert isinstance(opened, Part) and all(isinstance(one, Details) for one in folded)
    headings = [block.title for block in (opened, *folded) if isinstance(block, Part | Details)]
    wanted = ["Why class0 over class1"] * compared + ["Why class0", "Why class1"]
    assert headings == [(words,) for words in wanted]
    cards = opened.blocks[-1]
    assert isinstance(cards, Cards)
    assert [card.title[0].text for card in cards.cards] == [  # type: ignore[union-attr]
        f"Channel {at}" for at in (0, 1, 2, 3, 4, 5, 10, 11)
    ]
    assert "The first 6 channels below: 98 % of" in plain(opened.blocks[0].words)  # type: ignore[union-attr]
