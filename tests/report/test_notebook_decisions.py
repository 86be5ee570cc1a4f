"""The notebook's cells on a decision: the contributions are the report's, and NumPy's."""

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.records.decisions import Decisions
from reportgen.report.notebook.choices import choose
from tests.report.sample import SMALL, write_sample
from tests.support.notebooks import legacy_nested, run_here, unrun

pytest.importorskip("nbformat")

pytestmark = pytest.mark.slow

WITHOUT_CAM = {"sections": ["decisions"]}
WITH_CAM = {"sections": ["gradcam", "decisions"]}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(5)
    for name in ("a.png", "b.png"):
        Image.fromarray(random.integers(0, 256, (16, 12, 3), np.uint8)).save(folder / name)
    return folder


def averaged() -> Any:
    """Ten channels behind a convolution, and a head that is linear in their means."""
    return keras.Sequential(
        [keras.Input((16, 12, 3)), keras.layers.Conv2D(10, 3, activation="relu", name="look"),
         keras.layers.GlobalAveragePooling2D(),
         keras.layers.Dense(3, activation="softmax", bias_initializer="normal", name="say")]
    )  # fmt: skip


def one_logit() -> Any:
    model = keras.Sequential(
        [keras.Input((16, 12, 3)), keras.layers.Conv2D(5, 3, activation="relu"),
         keras.layers.Flatten(), keras.layers.Dense(1)]
    )  # fmt: skip
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    return model


def sigmoids() -> Any:
    return keras.Sequential(
        [keras.Input((16, 12, 3)), keras.layers.Conv2D(5, 3, activation="relu"),
         keras.layers.Flatten(), keras.layers.Dense(6, activation="relu"),
         keras.layers.Dense(3, activation="sigmoid")]
    )  # fmt: skip


def channels_first() -> Any:
    """A permutation and a pooling: convolutions on a CPU want their channels last."""
    entry = keras.Input((3, 16, 12))
    last = keras.layers.Permute((2, 3, 1))(entry)
    maps = keras.layers.Conv2D(7, 3, activation="relu")(last)
    first = keras.layers.Permute((3, 1, 2))(maps)
    maps = keras.layers.AveragePooling2D(2, data_format="channels_first", name="pool")(first)
    flat = keras.layers.Flatten()(maps)
    return keras.Model(entry, keras.layers.Dense(3, activation="softmax")(flat))


def nested() -> Any:
    inner = keras.Sequential(
        [keras.Input((16, 12, 3)), keras.layers.Conv2D(6, 3, activation="relu", name="look")],
        name="base",
    )
    entry = keras.Input((16, 12, 3))
    means = keras.layers.GlobalAveragePooling2D()(inner(entry))
    return keras.Model(entry, keras.layers.Dense(3, activation="softmax")(means))


def shared() -> Any:
    entry = keras.Input((16, 12, 3))
    look = keras.layers.Conv2D(3, 3, padding="same", activation="relu", name="look")
    flat = keras.layers.Flatten()(look(look(entry)))
    return keras.Model(entry, keras.layers.Dense(3, activation="softmax")(flat))


def film() -> Any:
    entry = keras.Input((4, 16, 12, 3))
    maps = keras.layers.Conv3D(4, 3, activation="relu")(entry)
    flat = keras.layers.GlobalAveragePooling3D()(maps)
    return keras.Model(entry, keras.layers.Dense(3, activation="softmax")(flat))


def made(make: Any, photos: Path, folder: Path, **options: Any) -> tuple[Any, Any, Any]:
    keras.utils.set_random_seed(4)
    model = make()
    model.save(folder / "model.keras")
    return model, *unrun(str(folder / "model.keras"), photos, folder / "notebook", **options)


def cell_of(notebook: Any, name: str = "decision") -> Any:
    return next(cell for cell in notebook.cells if cell.id == name)


@pytest.mark.parametrize("options", [WITH_CAM, WITHOUT_CAM], ids=["with", "without Grad-CAM"])
def test_contributions_behind_an_average_are_means_times_weights(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], options: dict[str, Any],
) -> None:  # fmt: skip
    model, report, notebook = made(averaged, photos, tmp_path, **options)
    names = run_here(notebook, tmp_path / "notebook", monkeypatch)
    pixels = np.asarray(Image.open(photos / "a.png"))[None] / 255
    look = keras.Model(model.inputs, model.get_layer("look").output)
    means = np.asarray(look(pixels), np.float64).mean(axis=(0, 1, 2))
    kernel, bias = (np.asarray(array, np.float64) for array in model.get_layer("say").weights)
    index = report.decisions.decisions[0].index
    expected = means * kernel[:, index]
    np.testing.assert_allclose(names["contributions"], expected, atol=1e-6)
    order = np.argsort(expected)
    raising = [channel for channel in order[::-1] if expected[channel] > 0][:6]
    assert names["raising"] == raising
    assert names["lowering"] == [channel for channel in order if expected[channel] < 0][:3]
    assert [title for title, _ in names["overlays"]] == [f"channel {it}" for it in raising[:3]]
    said = capsys.readouterr().out
    left = re.search(r"Part of the biases: (\S+)", said)
    assert left is not None
    assert float(left[1]) == pytest.approx(bias[index], abs=1e-4)
    assert len(re.findall(r"^Channel \d+: .* \(in the report", said, re.MULTILINE)) >= 4
    defined = sum(cell.source.count("def show_overlays") for cell in notebook.cells)
    assert defined == 1


@pytest.mark.parametrize("make", [one_logit, sigmoids, channels_first, nested, shared, film])
def test_the_sum_is_the_reports_for_every_kind_of_model(
    make: Any, tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, report, notebook = made(make, photos, tmp_path, **WITH_CAM)
    names = run_here(notebook, tmp_path / "notebook", monkeypatch)  # its own checks stop it
    decision = report.decisions.decisions[0]
    assert names["total"] == pytest.approx(decision.total, rel=1e-3)
    assert names["contributions"].shape == (decision.channels,)
    exact = "The network is linear behind" in cell_of(notebook, "decision-text").source
    assert exact == report.decisions.exact


def test_a_legacy_nested_model_has_its_decision(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = legacy_nested(tmp_path / "old.h5")
    report, notebook = unrun(model, photos, tmp_path / "notebook", **WITHOUT_CAM)
    names = run_here(notebook, tmp_path / "notebook", monkeypatch)
    assert report.decisions.layer.startswith("base/")
    assert names["total"] == pytest.approx(report.decisions.decisions[0].total, rel=1e-3)


def test_another_contribution_stops_the_notebook(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, report, notebook = made(averaged, photos, tmp_path, **WITHOUT_CAM)
    first = report.decisions.decisions[0].strongest[0]
    cell = cell_of(notebook)
    told = f"{first.channel}: {first.contribution:.7g},"
    assert told in cell.source
    changed = f"{first.channel}: {first.contribution * 1.01},"
    cell.source = cell.source.replace(told, changed)
    with pytest.raises(AssertionError, match=f"Channel {first.channel} is not as in the report"):
        run_here(notebook, tmp_path / "notebook", monkeypatch)


def test_it_is_left_out_where_the_report_has_none(tmp_path: Path, photos: Path) -> None:
    _, _, notebook = made(averaged, photos, tmp_path, sections=["gradcam"])
    assert not {"decision", "decision-text"} & {cell.id for cell in notebook.cells}


def test_the_layer_of_the_scores_has_no_decision(tmp_path: Path, photos: Path) -> None:
    """The notebook takes its softmax away, so its maps are not those of the report."""

    def scores_on_a_map() -> Any:
        entry = keras.Input((16, 12, 3))
        maps = keras.layers.Conv2D(4, 3, activation="relu")(entry)
        scores = keras.layers.Conv2D(3, 1, activation="softmax", name="say")(maps)
        return keras.Model(entry, scores)

    _, report, notebook = made(
        scores_on_a_map, photos, tmp_path, gradcam_layer="say", **WITHOUT_CAM
    )
    assert report.decisions.layer == "say"
    assert "decision" not in {cell.id for cell in notebook.cells}


def test_the_decision_is_on_a_photo_of_the_notebook(tmp_path: Path) -> None:
    report = write_sample(tmp_path, plan=SMALL[:3], names=[f"{at:02}.jpg" for at in range(8)])
    assert report.decisions is not None

    def chosen(image: str, **changes: Any) -> Any:
        assert report.decisions is not None
        decision = report.decisions.decisions[0].model_copy(update={"image": image, **changes})
        decisions = Decisions(
            layer=report.decisions.layer, exact=True, images=8, decisions=[decision]
        )
        return choose(report.model_copy(update={"decisions": decisions})).sections.decision

    names = [image.name for image in report.images]
    third = chosen(names[2])
    assert (third.photo, third.name) == (2, names[2])
    assert third.reported == [(3, 2.5), (0, 0.75), (2, -0.5)]
    assert chosen(names[7]) is None  # its photo does not come along
    assert chosen(names[2], score=None) is None
    assert chosen(names[2], strongest=[], opposing=[]) is None
