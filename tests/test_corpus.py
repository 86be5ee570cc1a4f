"""The real models end to end: each gives a complete report, or one sentence. Prints a table."""

import pytest

from reportgen.config import make_settings
from reportgen.errors import ReportgenError
from reportgen.pipeline import build, inspect
from reportgen.progress import Silent
from tests.report.links import check_site
from tests.support.corpus import MODELS

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

SMALL = {"skip_section": "filters", "max_channels": 16, "top": 1}
GALLERIES = {"filters": 2, "filter_steps": 3, "filter_size": 32, "max_channels": 16, "top": 1}
WITH_GALLERIES = {"autoencoder_compress.keras", "cats_dogs_seagap.h5", "mnist_moonflower.keras"}
"""Models so small that their galleries are drawn here too."""


@pytest.fixture(scope="module")
def table():
    rows: list[str] = []
    yield rows
    print("\n" + "\n".join(rows))


@pytest.mark.parametrize("name", MODELS)
def test_a_complete_report_or_one_sentence(corpus, tmp_path, name, table):
    expected = MODELS[name]
    options = {
        **(GALLERIES if name in WITH_GALLERIES else SMALL),
        "out": tmp_path / "report",
        "cache_dir": tmp_path / "cache",
    }
    model = str(corpus / "models" / name)
    if expected.model:
        model, options["weights"] = expected.model, model
    if expected.code:
        (tmp_path / "own.py").write_text(expected.code)
        options["custom_objects"] = str(tmp_path / "own.py")
    options["replace_layer"] = expected.replace
    settings = make_settings(options)
    photo = str(corpus / "images" / "photos" / "kerassquee_cat.jpeg")
    if expected.sentence:
        for attempt in (
            lambda: inspect(model, settings, progress=Silent()),
            lambda: build(model, [photo], settings, progress=Silent(), command=""),
        ):
            with pytest.raises(ReportgenError, match=expected.sentence) as raised:
                attempt()
            assert "\n" not in str(raised.value)
        table.append(f"{name:40} {raised.value}")
        return
    facts = inspect(model, settings, progress=Silent())
    report = build(model, [photo], settings, progress=Silent(), command="").report
    (image,) = report.images
    assert report.model.layers == facts.layers
    drawn = [layer.path for layer in facts.layers if layer.spatial and not layer.passes_through]
    assert [one.layer for one in image.activations] == drawn
    others = [one for one in report.skipped if one.what not in ("layer", "section")]
    wanted = [("end of the network", expected.cut)] if expected.cut else []
    assert [(one.what, one.name) for one in others] == wanted
    assert facts.head is not None
    assert facts.head.kind == expected.kind
    # Of a map, only that of a single class (ship or not) can be explained.
    explained = expected.kind in ("classes", "values") or name == "ship_unet.h5"
    assert bool(image.gradcam) == explained
    assert bool(image.values) == (expected.kind == "values")
    if not explained:
        reasons = {one.name: one.reason for one in report.skipped if one.what == "section"}
        assert reasons["gradcam"]
    galleries = list(dict.fromkeys(gallery.layer for gallery in report.galleries))
    convolutions = [layer.path for layer in facts.layers if layer.convolution]
    assert galleries == (convolutions if name in WITH_GALLERIES else [])
    assert check_site(tmp_path / "report") == []
    table.append(
        f"{name:40} {len(drawn)} grids, {len(image.gradcam)} Grad-CAM, {len(galleries)} galleries"
    )


@pytest.mark.parametrize(
    ("name", "folder", "mode", "own_layer", "correct"),
    [
        ("cats_vs_dogs_jeanxl.h5", "cats_dogs", "unit", "", 114),
        ("potatoes_akash.h5", "potato_leaves", "none", "sequential/rescaling", 119),
    ],
)
def test_class_folders_confirm_the_preprocessing_and_are_evaluated(
    corpus, tmp_path, name, folder, mode, own_layer, correct
):
    """A model that rescales by itself is not tried: its layer is named instead."""
    sections = ["gradcam", "evaluation"]
    settings = make_settings({"sections": sections, "out": tmp_path / "r", "no_cache": True})
    model, photos = str(corpus / "models" / name), str(corpus / "datasets" / folder)
    report = build(model, [photos], settings, progress=Silent(), command="").report
    preprocessing = report.model.preprocessing
    assert (preprocessing.mode, preprocessing.source) == (mode, "detected")
    assert preprocessing.own_layer == own_layer
    if own_layer:
        assert preprocessing.trials == []
        assert f"in its layer “{own_layer}”" in preprocessing.reason
    else:
        (chosen,) = [trial for trial in preprocessing.trials if trial.mode == mode]
        assert chosen.correct / chosen.images >= 0.88
        assert chosen.correct == max(trial.correct for trial in preprocessing.trials)
    found = report.evaluation
    assert (found.images, found.correct) == (120, pytest.approx(correct, abs=1))
    page = (tmp_path / "r" / "evaluation.html").read_text(encoding="utf-8")
    assert found.mistakes
    assert all(mistake.image in page for mistake in found.mistakes)
    assert check_site(tmp_path / "r") == []


def test_the_odd_images_are_shown_or_skipped_with_a_reason(corpus, tmp_path):
    settings = make_settings({"sections": ["gradcam"], "out": tmp_path / "r", "no_cache": True})
    model, odd = str(corpus / "models" / "mnist_moonflower.keras"), corpus / "images" / "odd"
    report = build(model, [str(odd)], settings, progress=Silent(), command="").report
    shown = {image.name for image in report.images}
    skipped = {one.name: one.reason for one in report.skipped if one.what == "image"}
    # What systems leave in folders is no image that could be skipped.
    assert shown | set(skipped) == {path.name for path in odd.iterdir()} - {"Thumbs.db"}
    assert not shown & set(skipped)
    assert all(skipped.values())
    assert check_site(tmp_path / "r") == []
