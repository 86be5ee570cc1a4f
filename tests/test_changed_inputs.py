"""Models and images that somebody writes while the report is made of them."""

import os
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.build_steps.model_job import ModelJob
from reportgen.errors import ImageError, InputChangedError, SettingsError
from tests.support.small_builds import make

pytestmark = pytest.mark.slow

ONLY = {"sections": ["activations"]}


@pytest.fixture
def own(small_model, photos, tmp_path):
    """A model and an image of the test's own, and other ones of the same sizes."""
    model, image = tmp_path / "own.keras", tmp_path / "a.png"
    shutil.copy(small_model, model)
    shutil.copy(photos / "a.png", image)
    other = keras.models.load_model(small_model)
    for weights in other.trainable_variables:
        weights.assign(-weights)
    other.save(tmp_path / "other.keras")
    return model, image, tmp_path / "other.keras"


def overwriting(monkeypatch, target, source, times):
    """Let training write its next checkpoint while the model is opened."""
    opened, left = ModelJob._open, [times]

    def late(job):
        found = opened(job)
        if left[0]:
            left[0] -= 1
            target.write_bytes(source.read_bytes())
        return found

    monkeypatch.setattr(ModelJob, "_open", late)


def test_a_checkpoint_written_meanwhile_is_read_again(own, tmp_path, monkeypatch):
    model, image, other = own
    kept = {"no_cache": False, "cache_dir": str(tmp_path / "store"), **ONLY}
    overwriting(monkeypatch, model, other, 1)
    made = make(model, image, tmp_path / "report", **kept)
    right = make(other, image, tmp_path / "right", **ONLY)
    assert made.report.model.sha256 == right.report.model.sha256
    assert made.report.images[0].predictions == right.report.images[0].predictions


def test_one_that_is_written_again_and_again_is_refused_and_not_kept(own, tmp_path, monkeypatch):
    model, image, other = own
    kept = {"no_cache": False, "cache_dir": str(tmp_path / "store"), **ONLY}
    overwriting(monkeypatch, model, other, 5)
    with pytest.raises(InputChangedError, match=r"own\.keras is being written"):
        make(model, image, tmp_path / "report", **kept)
    assert not (tmp_path / "report").exists()
    assert not list((tmp_path / "store").glob("??/*"))


def test_an_image_written_meanwhile_is_read_again(own, tmp_path, monkeypatch):
    model, image, _ = own
    import reportgen.analysis.workbench as workbench

    decode, left = workbench.decode, [1]

    def early(path, *arguments, **options):
        if left[0]:
            left[0] = 0
            Image.fromarray(np.full((30, 30, 3), 200, np.uint8)).save(path)
        return decode(path, *arguments, **options)

    monkeypatch.setattr(workbench, "decode", early)
    made = make(model, image, tmp_path / "report", **ONLY)
    assert made.report.images[0].width == 30


@pytest.mark.skipif(os.name != "posix", reason="pipes are those of POSIX")
def test_huge_images_and_pipes_cost_themselves_only(own, tmp_path):
    model, image, _ = own
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(image, folder)
    (folder / "video.jpg").touch()
    os.truncate(folder / "video.jpg", 20 * 10**9)
    os.mkfifo(folder / "pipe.jpg")
    made = make(model, folder, tmp_path / "report", **ONLY)
    said = {one.name: one.reason for one in made.report.skipped}
    assert "20 GB" in said["video.jpg"]
    assert "not a regular file" in said["pipe.jpg"]
    assert len(made.report.images) == 1


def test_own_code_that_is_not_there_is_an_error_with_a_warm_cache_too(own, tmp_path):
    model, image, _ = own
    kept = {"no_cache": False, "cache_dir": str(tmp_path / "store"), **ONLY}
    make(model, image, tmp_path / "report", **kept)
    with pytest.raises(SettingsError, match=r"there is no file nope\.py"):
        make(model, image, tmp_path / "report", custom_objects=str(tmp_path / "nope.py"), **kept)


def test_a_report_made_among_the_images_does_not_show_itself(own, tmp_path, monkeypatch):
    model, image, _ = own
    photos = tmp_path / "photos"
    for name in "cats", "dogs", "owls":
        (photos / name).mkdir(parents=True)
        shutil.copy(image, photos / name)
    monkeypatch.chdir(photos)
    kept = {"no_cache": False, "cache_dir": "work", "sections": ["activations", "evaluation"]}
    first = make(model, ".", "report", **kept)
    assert len(first.report.images) == 3
    assert first.report.evaluation is not None
    again = make(model, ".", "report", **kept)
    assert again.unchanged
    other = make(model, ".", "second", **kept)
    assert other.report.images == first.report.images
    with pytest.raises(ImageError, match="in the folder of the report"):
        make(model, "report/images/../../report/pictures", "report", **kept)
