"""A scanned data set: its numbers are those of showing all images, of Keras and of NumPy."""

import tarfile

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.top_images import scan
from reportgen.config import make_settings
from reportgen.errors import ImageError, SettingsError
from reportgen.pipeline import build
from reportgen.progress import Silent
from tests.report.links import check_site
from tests.support.options import SCAN

pytestmark = pytest.mark.slow

CLASSES = ("ants", "bees", "cats")
EACH = 12
SIDE = 16


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """A network with a silent channel, a constant one and one saturated, beside others."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.Conv2D(6, 3, activation="relu", name="near"),
            keras.layers.MaxPooling2D(name="pool"),
            keras.layers.Conv2D(5, 3, activation="tanh", name="far"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation="softmax", kernel_initializer="orthogonal"),
        ]
    )
    kernel, bias = model.get_layer("near").get_weights()
    kernel[..., 2], bias[2] = 0, -1
    kernel[..., 3], bias[3] = 0, 2
    model.get_layer("near").set_weights([kernel, bias])
    kernel, bias = model.get_layer("far").get_weights()
    bias[4] = 90
    model.get_layer("far").set_weights([kernel, bias])
    path = tmp_path_factory.mktemp("model") / "small.keras"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Three class folders; two files are the same image, and one is none."""
    root = tmp_path_factory.mktemp("data") / "insects"
    random = np.random.default_rng(5)
    for name in CLASSES:
        (root / name).mkdir(parents=True)
        for at in range(EACH):
            pixels = random.integers(0, 256, (SIDE, SIDE, 3), np.uint8) // (1 + at % 3)
            Image.fromarray(pixels).save(root / name / f"{name} {at}.png")
    twin = root / "bees" / "twin.png"
    twin.write_bytes((root / "bees" / "bees 1.png").read_bytes())
    (root / "cats" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n no picture")
    return root


def make(model, images, place, **options):
    known = {
        "preprocess": "unit",
        "no_cache": True,
        "sections": ["activations", "health", "exemplars", "gradcam", "evaluation"],
        "exemplars": 4,
    }
    settings = make_settings({**known, "out": str(place), **options})
    return build(str(model), list(map(str, images)), settings, progress=Silent(), command="")


@pytest.fixture(scope="module")
def shown(model_file, folders, tmp_path_factory):
    return make(model_file, [folders], tmp_path_factory.mktemp("shown") / "report").report


@pytest.fixture(scope="module")
def small_groups():
    """Groups of a few images, so that there are several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "ALONE", 4)
        patch.setattr(scan, "SMALLEST", 8)
        yield


@pytest.fixture(scope="module")
def scanned(model_file, folders, small_groups, tmp_path_factory):
    place = tmp_path_factory.mktemp("scanned") / "report"
    return make(model_file, [], place, dataset=str(folders), dataset_pages=6)


def test_a_data_set_that_no_section_uses_is_told(model_file, folders, tmp_path):
    photo = folders / "bees" / "bees 1.png"
    made = make(model_file, [photo], tmp_path / "report", dataset=str(folders),
                sections=["activations"])  # fmt: skip
    assert made.report.warnings == [
        "--dataset insects is not read: the sections that use it, evaluation, regression, health, "
        "similarity, exemplars, robustness and concepts, are left out."
    ]


def without_texts(evaluation):
    left_out = {"reliability_chart", "dataset", "mistakes", "loss", "calibration_error"}
    return evaluation.model_dump(exclude={*left_out, "reliability"})


def test_the_evaluation_is_that_of_showing_all(shown, scanned):
    ours, theirs = scanned.report.evaluation, shown.evaluation
    assert without_texts(ours) == without_texts(theirs)
    assert ours.images == 3 * EACH + 1
    assert ours.loss == pytest.approx(theirs.loss, rel=1e-6)
    assert ours.calibration_error == pytest.approx(theirs.calibration_error, rel=1e-5)
    for one, other in zip(ours.reliability, theirs.reliability, strict=True):
        assert one.images == other.images
        assert one.accuracy == other.accuracy
        assert one.confidence == (other.confidence and pytest.approx(other.confidence, rel=1e-5))
    assert [one.image for one in ours.mistakes] == [one.image for one in theirs.mistakes]
    assert ours.dataset == "insects"


def test_the_evaluation_is_that_of_keras(scanned, model_file, folders, tmp_path):
    model = keras.models.load_model(model_file)
    pixels, true = [], []
    for at, name in enumerate(CLASSES):
        for file in sorted((folders / name).glob("*.png")):
            if file.name != "broken.png":
                pixels.append(np.asarray(Image.open(file), np.float32) / 255)
                true.append(at)
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(np.stack(pixels), np.array(true), verbose=0)
    found = scanned.report.evaluation
    assert found.accuracy == pytest.approx(accuracy)
    assert found.loss == pytest.approx(loss, rel=1e-4)
    predicted = model.predict(np.stack(pixels), verbose=0).argmax(1)
    matrix = np.zeros((3, 3), int)
    np.add.at(matrix, (true, predicted), 1)
    assert {(one.true, one.predicted): one.images for one in found.confusion} == {
        (int(row), int(column)): int(matrix[row, column]) for row, column in np.argwhere(matrix)
    }


def test_the_health_is_that_of_showing_all(shown, scanned):
    ours, theirs = scanned.report.health, shown.health
    assert (ours.images, ours.dataset) == (3 * EACH + 1, "insects")
    for kind in ("silent", "constant", "saturated", "non_finite", "layers_with_zeros"):
        assert getattr(ours, kind) == getattr(theirs, kind)
    for one, other in zip(ours.layers, theirs.layers, strict=True):
        left_out = {"zeros", "zeros_low", "zeros_high", "distribution"}
        assert one.model_dump(exclude=left_out) == other.model_dump(exclude=left_out)
        for name in ("zeros", "zeros_low", "zeros_high"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-6)
        here, there = one.distribution, other.distribution
        order = [here.channels.index(channel) for channel in there.channels]
        for name in ("lows", "highs"):
            values = [getattr(here, name)[at] for at in order]
            assert values == pytest.approx(getattr(there, name), rel=1e-3, abs=1e-6)
        # Here the quartiles are those of different images: one file is a copy of another.
        medians = [here.medians[at] for at in order]
        assert medians == pytest.approx(there.medians, rel=0.05, abs=1e-2)
    near, _, far = ours.layers
    assert 2 in near.silent
    assert (near.constant, far.saturated) == ([3], [4])


def test_zeros_and_moments_are_numpys(scanned, model_file, folders):
    model = keras.models.load_model(model_file)
    files = [file for file in sorted(folders.rglob("*.png")) if file.name != "broken.png"]
    pixels = np.stack([np.asarray(Image.open(file), np.float64) for file in files]) / 255
    for layer in scanned.report.health.layers:
        outputs = keras.Model(model.inputs, model.get_layer(layer.layer).output)
        maps = outputs.predict(pixels, verbose=0).astype(np.float64)
        assert layer.zeros == pytest.approx((maps == 0).mean(), abs=1e-5)
        means = maps.mean((1, 2))
        order = layer.distribution.channels
        assert layer.distribution.lows == pytest.approx(means.min(0)[order], rel=1e-3, abs=1e-6)
        assert layer.distribution.highs == pytest.approx(means.max(0)[order], rel=1e-3, abs=1e-6)


def test_the_top_images_are_those_of_showing_all(shown, scanned):
    ours, theirs = scanned.report.exemplars, shown.exemplars
    assert (ours.images, ours.dataset) == (3 * EACH, "insects")
    for one, other in zip(ours.channels, theirs.channels, strict=True):
        assert (one.layer, one.channel) == (other.layer, other.channel)
        assert [(e.image, e.row, e.column) for e in one.exemplars] == [
            (e.image, e.row, e.column) for e in other.exemplars
        ]


def test_mistakes_and_top_images_get_pages(scanned):
    report = scanned.report
    names = [image.name for image in report.images]
    assert len(names) == 6
    mistakes = [one.image for one in report.evaluation.mistakes]
    top = {one.exemplars[0].image for one in report.exemplars.channels if one.exemplars}
    assert mistakes[0] in names
    assert set(names) <= {*mistakes, *top}
    assert set(names) & top
    assert all(image.true_class is not None for image in report.images)
    assert [one.name for one in report.skipped if one.what == "image of the dataset"] == [
        "broken.png"
    ]
    assert check_site(scanned.folder) == []


def test_images_that_are_given_keep_their_pages(model_file, folders, tmp_path):
    other = tmp_path / "bees 1.png"  # named like one of the data set
    Image.new("RGB", (SIDE, SIDE), (200, 30, 90)).save(other)
    inside = folders / "ants" / "ants 0.png"
    made = make(model_file, [other, inside], tmp_path / "r", dataset=str(folders), dataset_pages=2)
    names = [image.name for image in made.report.images]
    assert names[:2] == ["bees 1.png", "ants 0.png"]
    assert len(names) == 4
    assert made.report.evaluation.images == 3 * EACH + 1
    assert made.report.images[1].true_class == 0
    listed = {one.image for one in made.report.evaluation.mistakes}
    assert "bees 1.png" not in listed


def test_no_page_is_made_where_none_is_asked_for(model_file, folders, tmp_path):
    alone = tmp_path / "alone.png"
    Image.new("RGB", (SIDE, SIDE), (200, 30, 90)).save(alone)
    made = make(model_file, [alone], tmp_path / "r", dataset=str(folders), dataset_pages=0)
    assert [image.name for image in made.report.images] == ["alone.png"]
    assert check_site(made.folder) == []
    with pytest.raises(SettingsError, match="--dataset-pages 0 leaves no image to show"):
        make(model_file, [], tmp_path / "s", dataset=str(folders), dataset_pages=0)


def test_groups_stay_below_the_largest():
    random = np.random.default_rng(0)
    for images in (257, 5000, 100_000, 131_000):
        digests = [random.bytes(8).hex() for _ in range(images)]
        sizes = [len(unit.photos) for unit in scan.Scan().plan("m", digests, SCAN).units]
        assert sum(sizes) == images
        assert max(sizes) <= (1024 if images >= 100_000 else max(64, images // 64))
        if images >= 100_000:
            assert np.mean(sizes) > 400


def as_list(folders, place):
    rows = [f"{file},{file.parent.name}" for file in sorted(folders.rglob("*.png"))]
    place.joinpath("list.csv").write_text("\n".join(["path,label", *rows, "missing.png,cats"]))
    return place / "list.csv"


def as_tar(folders, place):
    with tarfile.open(place / "s.tar", "w") as tar:
        for file in sorted(folders.rglob("*.png")):
            tar.add(file, f"{file.parent.name}/{file.name}")
    return place / "s.tar"


@pytest.mark.parametrize("make_set", [as_list, as_tar])
def test_a_list_and_a_tar_give_the_numbers_of_the_folder(
    model_file, folders, small_groups, scanned, tmp_path, make_set
):
    place = make_set(folders, tmp_path)
    kept = {"cache_dir": str(tmp_path / "store"), "no_cache": False}
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(CLASSES))
    made = make(model_file, [], tmp_path / "r", dataset=str(place), dataset_pages=6,
                labels=str(labels), **kept)  # fmt: skip
    ours, theirs = made.report, scanned.report
    assert ours.evaluation.dataset == place.name
    left_out = {"dataset", "reliability_chart"}
    assert ours.evaluation.model_dump(exclude=left_out) == theirs.evaluation.model_dump(
        exclude=left_out
    )
    assert [one.sha256 for one in ours.images] == [one.sha256 for one in theirs.images]
    assert check_site(made.folder) == []
    again = make(model_file, [], tmp_path / "r", dataset=str(place), dataset_pages=6,
                 labels=str(labels), **kept)  # fmt: skip
    assert again.unchanged
    if make_set is as_list:  # another class of an image is another report
        place.write_text(place.read_text().replace("ants 0.png,ants", "ants 0.png,bees"))
        assert not make(model_file, [], tmp_path / "r", dataset=str(place), dataset_pages=6,
                        labels=str(labels), force=True, **kept).unchanged  # fmt: skip


def test_a_list_of_missing_files_says_so(model_file, tmp_path):
    (tmp_path / "list.csv").write_text("path,label\nx.png,ants\ny.png,bees\n")
    with pytest.raises(ImageError, match=r"list\.csv: none .* can be read\. x\.png:.* relative to"):
        make(model_file, [], tmp_path / "r", dataset=str(tmp_path / "list.csv"))
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(SettingsError, match="--split"):
        make(model_file, [], tmp_path / "r", dataset=str(tmp_path / "list.csv"), split="test")


def test_a_column_of_a_list_chooses_the_images(model_file, folders, tmp_path):
    rows = [
        f"{file},{file.parent.name},{'val' if at % 3 == 0 else 'train'}"
        for at, file in enumerate(sorted(folders.rglob("ants*.png")))
    ]
    (tmp_path / "list.csv").write_text("\n".join(["path,label,split", *rows]))
    (tmp_path / "labels.txt").write_text("\n".join(CLASSES))
    for wanted, used, other in ((None, 4, ("train", 8)), ("train", 8, ("val", 4))):
        made = make(model_file, [], tmp_path / f"r{used}", dataset=str(tmp_path / "list.csv"),
                    labels=str(tmp_path / "labels.txt"), split=wanted, sections=["evaluation"],
                    dataset_pages=1)  # fmt: skip
        assert made.report.evaluation.images == used
        told = [(part.name, part.reason) for part in made.report.skipped if part.what == "split"]
        name = "val" if wanted is None else wanted
        reason = f"{other[1]} images; those of {name} are used, --split chooses"
        assert told == [(other[0], reason)]


@pytest.mark.parametrize("section", ["robustness", "concepts"])
def test_a_section_alone_takes_a_sample_of_the_data_set(model_file, folders, tmp_path, section):
    photo = folders / "bees" / "bees 1.png"
    made = make(model_file, [photo], tmp_path / "report", dataset=str(folders), dataset_pages=0,
                sections=[section], **{section: True})  # fmt: skip
    found = getattr(made.report, section)
    assert found.dataset == folders.name
    assert made.report.warnings == []
    assert found.images > 20
    assert [image.name for image in made.report.images] == ["bees 1.png"]


def test_an_unreadable_image_alone_in_its_group_costs_no_other(
    model_file, folders, tmp_path, scanned, monkeypatch
):
    monkeypatch.setattr(scan, "ALONE", 256)
    made = make(model_file, [], tmp_path / "r", dataset=str(folders), dataset_pages=2,
                sections=["health", "similarity", "evaluation"])  # fmt: skip
    found = made.report
    assert found.evaluation.images == scanned.report.evaluation.images
    assert found.health.images == found.evaluation.images
    assert [lost.name for lost in found.skipped if lost.what == "image of the dataset"] == [
        "broken.png"
    ]


def test_the_first_images_that_can_be_read_get_pages(tmp_path):
    root = tmp_path / "set"
    root.mkdir()
    (root / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n no picture")
    for at in range(1, 4):
        Image.new("RGB", (SIDE, SIDE), (60 * at, 0, 0)).save(root / f"{at}.png")
    inputs = keras.Input((SIDE, SIDE, 3))
    maps = keras.layers.Conv2D(2, 3, name="maps")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(maps)))
    model.save(tmp_path / "values.keras")
    options = {"dataset": str(root), "dataset_pages": 2, "sections": ["health", "regression"]}
    made = make(tmp_path / "values.keras", [], tmp_path / "r", **options)
    assert [image.name for image in made.report.images] == ["1.png", "2.png"]
    rows = [f"{at}.png,{at}.5" for at in range(1, 4)]
    (tmp_path / "values.csv").write_text("\n".join(["image,age", *rows]))
    fitted = make(tmp_path / "values.keras", [], tmp_path / "s", **options,
                  values_csv=str(tmp_path / "values.csv")).report  # fmt: skip
    assert (len(fitted.images), fitted.regression.images) == (2, 3)
    assert fitted.warnings == []


@pytest.mark.parametrize("count", [5, 300])
def test_the_regression_is_over_the_whole_data_set(tmp_path, count):
    root = tmp_path / "set"
    root.mkdir()
    random = np.random.default_rng(0)
    rows = ["image,age,height"]
    for at in range(count):
        Image.fromarray(random.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(root / f"{at}.png")
        rows.append(f"{at}.png,{at % 7}.5,{'' if at == 3 else at % 5}")
    (tmp_path / "values.csv").write_text("\n".join(rows))
    (tmp_path / "names.txt").write_text("age\nheight")
    inputs = keras.Input((SIDE, SIDE, 3))
    maps = keras.layers.Conv2D(2, 3, name="maps")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(maps)))
    model.save(tmp_path / "values.keras")
    options = {"sections": ["regression"], "values_csv": str(tmp_path / "values.csv"),
               "labels": str(tmp_path / "names.txt"), "head": ["values"],
               "preprocess": "unit"}  # fmt: skip
    scanned = make(tmp_path / "values.keras", [], tmp_path / "r", dataset=str(root),
                   dataset_pages=2, **options).report  # fmt: skip
    found = scanned.regression
    pixels = np.stack([np.asarray(Image.open(root / f"{at}.png")) for at in range(count)])
    values = model.predict(pixels / np.float32(255), verbose=0).astype(np.float64)
    errors = values[:, 0] - np.array([at % 7 + 0.5 for at in range(count)])
    assert (len(scanned.images), found.images, found.unknown) == (2, count, 0)
    assert [fit.images for fit in found.fits] == [count, count - 1]
    assert found.fits[0].mae == pytest.approx(np.abs(errors).mean(), rel=1e-5)
    assert found.fits[0].rmse == pytest.approx(np.sqrt(np.square(errors).mean()), rel=1e-5)
    assert scanned.warnings == []


def test_labels_that_are_no_classes_are_told(model_file, folders, tmp_path):
    place = as_list(folders, tmp_path)
    place.write_text(place.read_text().replace(",bees", ",wasps"))
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(CLASSES))
    made = make(model_file, [], tmp_path / "r", dataset=str(place), labels=str(labels))
    assert made.report.evaluation is None
    assert any("“wasps” is not among" in one.reason for one in made.report.skipped)
