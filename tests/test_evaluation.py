"""Images in class folders, end to end: counted as the model predicts, each mistake explained."""

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.config import make_settings
from reportgen.pipeline import build
from reportgen.progress import Silent
from tests.report.links import check_site

pytestmark = pytest.mark.slow

CLASSES = ("ants", "bees", "cats", "dogs")


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Conv2D(6, 3, activation="relu", name="conv"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(4, activation="softmax", kernel_initializer="orthogonal"),
        ]
    )
    path = tmp_path_factory.mktemp("model") / "small.keras"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Four class folders of three photos of the model's input size, and a photo outside."""
    root = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(5)
    for name in CLASSES:
        (root / name).mkdir()
        for at in range(3):
            pixels = random.integers(0, 256, (1, 1, 3)) * np.ones((16, 16, 1))
            Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{name} {at}.png")
    Image.new("RGB", (16, 16)).save(root / "outside.png")
    return root


def make(model, images, place, **options):
    known = {"preprocess": "unit", "no_cache": True, "sections": ["gradcam", "evaluation"]}
    settings = make_settings({**known, "out": str(place), **options})
    return build(str(model), [str(images)], settings, progress=Silent(), command="").report


@pytest.fixture(scope="module")
def report(model_file, folders, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "report"
    return folder, make(model_file, folders, folder, top=1)


def test_the_numbers_are_those_of_the_models_own_predictions(report, model_file, folders):
    model = keras.models.load_model(model_file)
    loader = keras.utils.image_dataset_from_directory
    data = loader(folders, image_size=(16, 16), shuffle=False, verbose=False)
    assert data.class_names == list(CLASSES)
    data = data.map(lambda images, true: (images / 255, true))
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(data, verbose=0)
    found = report[1].evaluation
    assert found.accuracy == pytest.approx(accuracy)
    assert found.loss == pytest.approx(loss, rel=1e-4)
    assert (found.images, found.unknown) == (12, 1)
    assert found.folders == {name: at for at, name in enumerate(CLASSES)}
    assert 0 < found.correct < 12


def test_classes_without_labels_have_the_names_of_their_folders(report):
    assert report[1].model.labels == list(CLASSES)


def test_each_mistake_has_its_grad_cam_for_the_true_and_the_predicted_class(report):
    folder, made = report
    images = {image.name: image for image in made.images}
    wrong = {mistake.image for mistake in made.evaluation.mistakes}
    for mistake in made.evaluation.mistakes:
        image = images[mistake.image]
        assert mistake.predicted == image.predictions[0].index
        assert {mistake.true, mistake.predicted} == {one.index for one in image.gradcam}
    for name, image in images.items():
        assert len(image.gradcam) == (2 if name in wrong else 1)
    text = (folder / "evaluation.html").read_text(encoding="utf-8")
    for mistake in made.evaluation.mistakes:
        assert mistake.image in text
    assert check_site(folder) == []
    assert "How often the prediction matches" in text


def test_a_class_that_was_asked_for_is_explained_beside_the_mistakes_own(
    model_file, folders, tmp_path
):
    made = make(model_file, folders, tmp_path / "r", **{"class": "dogs"})
    images = {image.name: image for image in made.images}
    for mistake in made.evaluation.mistakes:
        explained = [one.index for one in images[mistake.image].gradcam]
        assert explained[0] == 3
        assert set(explained) == {3, mistake.true, mistake.predicted}


def test_folders_that_are_not_the_classes_are_named_as_the_reason(model_file, folders, tmp_path):
    for name in CLASSES[:3]:
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.new("RGB", (9, 9)).save(tmp_path / "photos" / name / "one.png")
    photos = tmp_path / "photos"
    made = make(model_file, photos, tmp_path / "r")
    assert made.evaluation is None
    assert "evaluation" not in made.sections
    (skipped,) = [one for one in made.skipped if one.name == "evaluation"]
    assert "there are 3 folders (ants, bees, cats), but the model has 4 classes" in skipped.reason
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(CLASSES))
    again = make(model_file, photos, tmp_path / "r", labels=str(labels))
    assert again.evaluation.images == 3


def test_without_explanations_the_page_opens_with_its_numbers(model_file, folders, tmp_path):
    make(model_file, folders, tmp_path / "r", explanations=False)
    text = (tmp_path / "r" / "evaluation.html").read_text(encoding="utf-8")
    assert "How often the prediction matches" not in text
    assert "Confusion matrix" in text
