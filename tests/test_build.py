"""The whole trip on a small model: what the report states, and what a build leaves and keeps."""

import json
import os
import shutil
import sys
from pathlib import Path

import jsonschema
import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.build_steps.compose_report import compose
from reportgen.config import make_settings
from reportgen.errors import ImageError, OutputError, ReportgenError, SettingsError
from reportgen.pipeline import build, inspect
from reportgen.progress import Silent
from reportgen.report.schema import SCHEMA, schema_text
from tests.report.links import check_site
from tests.support.small_builds import FAST, HOSTILE, make

pytestmark = pytest.mark.slow

layers = keras.layers


@pytest.fixture(scope="session")
def built(small_model, photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "report"
    return make(small_model, photos, folder, channels=["first:1,3"])


def test_nothing_kept_for_computing_is_in_memory_while_pages_are_written(
    small_model, photos, tmp_path, monkeypatch
):
    known = []

    def watched(context, *arguments):
        known.append((len(context.bench._recent), len(context.bench._compiled)))
        return compose(context, *arguments)

    monkeypatch.setattr("reportgen.pipeline.compose", watched)
    settings = make_settings({**FAST, "out": str(tmp_path / "r")})
    build(str(small_model), [str(photos)], settings, progress=Silent(), command="")
    assert known == [(0, 0)]


def test_the_report_is_what_its_schema_says(built):
    report = json.loads((built.folder / "report.json").read_text(encoding="utf-8"))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.validate(report, schema)
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()
    assert set(report) >= {
        "schema_version", "generator", "environment", "command", "settings", "model", "images",
        "filters", "skipped", "warnings", "timings",
    }  # fmt: skip


def test_every_part_is_there(built, small_model):
    report = built.report
    model = keras.models.load_model(small_model)
    assert report.model.parameters == model.count_params()
    assert [image.name for image in report.images] == ["a.png", "b.jpg", HOSTILE]
    for image in report.images:
        assert [one.layer for one in image.activations] == ["first", "pool", "second"]
        assert sum(one.probability for one in image.predictions) == pytest.approx(1, abs=1e-5)
        assert {cam.layer for cam in image.gradcam} == {"second"}
    assert [one.channel for one in report.images[0].activations[0].singles] == [1, 3]
    assert {(one.layer, one.channel) for one in report.filters} == {
        ("first", 0), ("first", 1), ("second", 0), ("second", 1)
    }  # fmt: skip
    for one in report.filters:
        assert one.status != "ok" or one.score_end > one.score_start


def test_every_picture_that_is_named_is_there_and_of_its_size(built):
    for image in built.report.images:
        for one in image.activations:
            with Image.open(built.folder / one.picture) as picture:
                assert picture.size == (one.width, one.height)
                assert picture.mode == "P"
    for gallery in built.report.galleries:
        with Image.open(built.folder / gallery.picture) as picture:
            assert picture.size == (gallery.width, gallery.height)


def test_what_is_skipped_is_said(built):
    skipped = {(one.what, one.name) for one in built.report.skipped}
    assert skipped == {("image", "broken.jpg"), ("layer", "drop"), ("section", "exemplars")}


def test_all_links_resolve(built):
    assert check_site(built.folder) == []


def test_no_folder_of_the_machine_is_in_a_report(built, small_model, photos):
    for file in built.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for folder in (small_model.parent, photos, built.folder.parent):
                assert str(folder).encode() not in content, file


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_two_builds_are_the_same_byte_for_byte(small_model, photos, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = make(small_model, photos, tmp_path / "one")
    second = make(small_model, photos, tmp_path / "elsewhere" / "two")
    assert first.report.created == "2023-11-14T22:13:20Z"
    assert first.report.timings == {}
    assert contents(first.folder) == contents(second.folder)


def test_a_rebuild_from_the_cache_is_the_same(small_model, photos, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    cached = {"no_cache": False, "cache_dir": tmp_path / "cache"}
    first = make(small_model, photos, tmp_path / "report", **cached)
    before = contents(first.folder)
    again = make(small_model, photos, tmp_path / "report", **cached)
    assert contents(again.folder) == before
    assert make(small_model, photos, tmp_path / "none").report == again.report


def test_trust_and_dreams_are_made_when_they_are_asked_for(small_model, photos, tmp_path):
    cams = ["gradcam", "eigencam"]
    asked = {"cam": cams, "trust": True, "dream": ["second", "second:1"], "dream_steps": 3}
    result = make(small_model, photos, tmp_path / "r", sections=["gradcam"], **asked)
    report = result.report
    assert report.sections == ["gradcam", "trust", "dreams"]
    assert [one.method for one in report.trust.measures] == [*cams, "chance"]
    assert [one.layer for one in report.trust.checks[0].stages] == ["out", "second", "first"]
    assert len(report.trust.images) == 3
    assert len(report.dreams) == 6
    assert {one.channel for one in report.dreams} == {None, 1}
    assert check_site(result.folder) == []
    plain = make(small_model, photos, tmp_path / "s", sections=["gradcam"], cam=cams)
    assert [one.gradcam for one in plain.report.images] == [one.gradcam for one in report.images]
    assert plain.report.trust is None


def test_maps_through_the_depth_and_differences_on_request(small_model, photos, tmp_path):
    asked = {
        "cam": ["gradcam", "scorecam", "integrated-gradients"],
        "cam_layers": ["blocks", "first"],
        "cam_difference": ["0,class 2", "top"],
    }
    result = make(small_model, photos, tmp_path / "r", sections=["gradcam"], top=1, **asked)
    for image in result.report.images:
        kinds = [one.method for one in image.gradcam]
        assert kinds == asked["cam"]
        assert image.gradcam[2].layer == result.report.model.image_input.name
        assert [one.layer for one in image.through_depth] == ["first", "pool", "second"]
        assert {one.index for one in image.through_depth} == {image.predictions[0].index}
        assert image.through_depth[-1].status == image.gradcam[0].status
        named = image.differences[0]
        assert (named.first, named.second, named.second_label) == (0, 2, "class 2")
        for one in (*image.through_depth, *image.differences):
            assert one.picture is None or (result.folder / one.picture).is_file()
    text = next((result.folder / "images").glob("a*.html")).read_text(encoding="utf-8")
    assert "Through the depth" in text
    assert "class 0 against class 2" in text
    assert "Score-CAM needs no gradients" in text
    assert check_site(result.folder) == []
    plain = make(small_model, photos, tmp_path / "s", sections=["gradcam"], top=1)
    assert not any(one.through_depth or one.differences for one in plain.report.images)
    text = next((plain.folder / "images").glob("a*.html")).read_text(encoding="utf-8")
    assert "Through the depth" not in text
    assert "image--difference" not in text


@pytest.mark.parametrize(
    ("dream", "words"),
    [("secnd", "did you mean “second”"), ("second:6", "counted from 0 to 5"), ("out", "no maps")],
)
def test_a_dream_that_cannot_be_says_why(small_model, photos, tmp_path, dream, words):
    with pytest.raises(SettingsError, match=words):
        make(small_model, photos / "a.png", tmp_path / "r", dream=[dream])


def test_sections_can_be_left_out(small_model, photos, tmp_path):
    only = make(small_model, photos / "a.png", tmp_path / "a", sections=["gradcam"])
    assert only.report.sections == ["gradcam"]
    assert only.report.images[0].predictions
    assert not only.report.images[0].activations
    assert check_site(only.folder) == []
    without = make(small_model, photos / "a.png", tmp_path / "b", skip_section=["gradcam"])
    assert without.report.sections == ["activations", "filters", "decisions", "kernels"]
    assert not without.report.images[0].gradcam


def test_filter_patterns_by_both_methods(built, small_model, photos, tmp_path):
    options = {"sections": ["filters"], "strict": True}
    both = make(small_model, photos / "a.png", tmp_path / "b", filter_method="both", **options)
    assert both.galleries == 4
    assert [(one.layer, one.method) for one in both.report.galleries] == [
        (layer, method) for layer in ("first", "second") for method in ("classic", "fourier")
    ]
    classic = [one for one in both.report.filters if one.method == "classic"]
    assert classic == built.report.filters
    fourier = [one for one in both.report.filters if one.method == "fourier"]
    assert [(one.layer, one.channel) for one in fourier] == [
        (one.layer, one.channel) for one in classic
    ]
    assert check_site(both.folder) == []
    alone = make(small_model, photos / "a.png", tmp_path / "f", filter_method="fourier", **options)
    assert alone.report.filters == fourier
    for one in both.report.galleries:
        picture = (both.folder / one.picture).read_bytes()
        other = alone if one.method == "fourier" else built
        assert (other.folder / one.picture).read_bytes() == picture


def test_a_mixed_report_has_fourier_patterns_of_the_channels_that_respond_most(
    small_model, photos, tmp_path
):
    import keras

    made = make(
        small_model,
        photos,
        tmp_path / "r",
        filter_method="mixed",
        sections=["activations", "filters"],
    )
    kinds = [(one.layer, one.method, one.shown) for one in made.report.galleries]
    assert kinds == [
        ("first", "classic", 2), ("first", "fourier", 2),
        ("second", "classic", 2), ("second", "fourier", 2),
    ]  # fmt: skip
    model = keras.models.load_model(small_model)
    fed = np.stack(
        [np.asarray(Image.open(made.folder / one.network_photo)) for one in made.report.images]
    )
    for name in ("first", "second"):
        part = keras.Model(model.inputs, model.get_layer(name).output)
        highest = np.asarray(part(fed.astype(np.float32) / 255)).max(axis=(0, 1, 2))
        wanted = sorted(np.argsort(-highest, kind="stable")[:2].tolist())
        assert wanted == [
            one.channel
            for one in made.report.filters
            if (one.layer, one.method) == (name, "fourier")
        ]
    assert check_site(made.folder) == []


def test_layers_classes_and_labels(small_model, photos, tmp_path):
    (tmp_path / "labels.txt").write_text("cat\ndog\nowl\n")
    options = {"labels": tmp_path / "labels.txt", "class": "Dog", "gradcam_layer": "pool"}
    report = make(
        small_model, photos / "a.png", tmp_path / "r", layers=["sec*"], top=2, **options
    ).report
    (image,) = report.images
    assert [one.layer for one in image.activations] == ["second"]
    assert {one.layer for one in report.filters} == {"second"}
    assert [(cam.layer, cam.label) for cam in image.gradcam] == [("pool", "dog")]
    assert len(image.predictions) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": ["nothing*"]}, "no layer “nothing"),
        ({"gradcam_layer": "secnd"}, "did you mean “second”"),
        ({"gradcam_layer": "out"}, "no maps"),
        ({"channels": ["first:4"]}, "counted from 0 to 3"),
        ({"channels": ["frist:0"]}, "did you mean “first”"),
        ({"class": "7"}, "7"),
        ({"cam_layers": ["secnd"]}, "did you mean “second”"),
        ({"cam_layers": ["out"]}, "no maps"),
        ({"cam_difference": ["0,7"]}, "no class “7”"),
        ({"preprocess": "nosuchmodule:f"}, "nosuchmodule"),
    ],
)
def test_what_the_model_has_not_is_named(small_model, photos, tmp_path, options, message):
    with pytest.raises(ReportgenError, match=message):
        make(small_model, photos / "a.png", tmp_path / "r", **options)
    assert not (tmp_path / "r").exists()


def test_a_skipped_image_is_an_error_when_strict(small_model, photos, tmp_path):
    with pytest.raises(ReportgenError, match=r"broken\.jpg|Thumbs\.db"):
        make(small_model, photos, tmp_path / "r", strict=True)
    assert not (tmp_path / "r").exists()
    assert not list(tmp_path.glob(".r-*"))
    assert make(small_model, photos / "a.png", tmp_path / "r", strict=True).report.images


def test_no_image_left_is_an_error(small_model, photos, tmp_path):
    with pytest.raises(ImageError, match=r"broken\.jpg"):
        make(small_model, photos / "broken.jpg", tmp_path / "r")


def test_a_folder_with_other_things_is_not_touched(small_model, photos, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    (mine / "index.html").write_text("my page")
    with pytest.raises(OutputError, match="--force"):
        make(small_model, photos / "a.png", mine)
    assert sorted(path.name for path in mine.iterdir()) == ["index.html", "thesis.txt"]
    make(small_model, photos / "a.png", mine, force=True)
    assert (mine / "thesis.txt").read_text() == "years of work"
    assert (mine / "index.html.kept").read_text() == "my page"
    assert (mine / "report.json").is_file()


def test_a_new_report_replaces_the_old_one_whole(small_model, photos, tmp_path):
    make(small_model, photos, tmp_path / "r")
    (tmp_path / "r" / "remark.txt").write_text("mine")
    make(small_model, photos / "a.png", tmp_path / "r")
    assert (tmp_path / "r" / "remark.txt").read_text() == "mine"
    assert [path.name for path in (tmp_path / "r" / "pictures").iterdir() if path.is_dir()]
    assert not list((tmp_path / "r").rglob("b.*html"))
    assert check_site(tmp_path / "r") == []


def test_a_failed_build_leaves_the_old_report(small_model, photos, tmp_path, monkeypatch):
    make(small_model, photos / "a.png", tmp_path / "r")
    before = contents(tmp_path / "r")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reportgen.pipeline.write_site", fail)
    with pytest.raises(OutputError, match="No space left"):
        make(small_model, photos, tmp_path / "r")
    assert contents(tmp_path / "r") == before
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


@pytest.mark.parametrize("output", [".", ".."])
def test_the_current_folder_is_not_replaced(small_model, photos, tmp_path, monkeypatch, output):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    with pytest.raises(OutputError, match="folder of its own"):
        make(small_model, photos / "a.png", Path(output))


def test_two_files_of_one_name_and_one_content(small_model, photos, tmp_path):
    for folder in ("x", "y"):
        (tmp_path / "in" / folder).mkdir(parents=True)
        shutil.copy(photos / "a.png", tmp_path / "in" / folder / "same.png")
    result = make(small_model, tmp_path / "in", tmp_path / "r")
    assert [image.name for image in result.report.images] == ["x/same.png", "y/same.png"]
    assert check_site(result.folder) == []


def test_the_users_own_preprocessing(small_model, photos, tmp_path, monkeypatch):
    (tmp_path / "own_preprocessing.py").write_text("def half(x):\n    return x / 255.0 / 2\n")
    monkeypatch.chdir(tmp_path)
    own = make(small_model, photos / "a.png", tmp_path / "r", preprocess="own_preprocessing:half")
    unit = make(small_model, photos / "a.png", tmp_path / "u")
    assert own.report.model.preprocessing.source == "given"
    assert own.report.images[0].predictions != unit.report.images[0].predictions
    assert own.report.filters


def test_what_is_assumed_is_said(small_model, photos, tmp_path):
    report = make(small_model, photos / "a.png", tmp_path / "r", preprocess="auto").report
    assert report.model.preprocessing.source == "assumed"
    assert any("x / 255" in warning for warning in report.warnings)


def test_notes_that_cannot_be_read(small_model, photos, tmp_path):
    with pytest.raises(SettingsError, match=r"nothing\.md"):
        make(small_model, photos / "a.png", tmp_path / "r", notes=tmp_path / "nothing.md")


def test_a_model_without_an_image_gets_a_summary(photos, tmp_path):
    model = keras.Sequential([keras.Input((6,)), layers.Dense(2, activation="softmax")])
    model.save(tmp_path / "vector.keras")
    result = make(tmp_path / "vector.keras", photos / "a.png", tmp_path / "r")
    reasons = {one.name: one.reason for one in result.report.skipped if one.what == "section"}
    assert "image" in reasons["gradcam"]
    assert result.report.sections == []
    assert result.report.model.parameters == model.count_params()
    assert check_site(result.folder) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file names are text there")
def test_names_of_files_that_are_no_text(small_model, photos, tmp_path):
    folder = tmp_path / os.fsdecode(b"\xe9t\xe9")
    folder.mkdir()
    model, labels = folder / os.fsdecode(b"mod\xe8le.keras"), folder / os.fsdecode(b"\xe9.txt")
    shutil.copy(small_model, model)
    labels.write_text("a\nb\nc\n")
    image = folder / os.fsdecode(b"\xe9.png")
    shutil.copy(photos / "a.png", image)
    result = make(model, image, folder / "r", labels=labels, format=["site", "pdf"])
    assert result.report.model.file == "mod\N{REPLACEMENT CHARACTER}le.keras"
    assert result.report.settings["labels"] == "\N{REPLACEMENT CHARACTER}.txt"
    assert check_site(result.folder) == []
    assert (result.folder / "report.pdf").is_file()


def test_inspect_tells_the_same_model(small_model, built):
    facts = inspect(str(small_model), make_settings(FAST), progress=Silent())
    assert facts == built.report.model


def test_values_for_another_input_change_what_is_computed(photos, tmp_path):
    keras.utils.set_random_seed(4)
    image, age = keras.Input((16, 16, 3), name="photo"), keras.Input((2,), name="age")
    mean = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 3, name="conv")(image))
    joined = layers.Concatenate()([mean, age])
    species = layers.Dense(3, activation="softmax", name="species")(joined)
    sex = layers.Dense(2, activation="softmax", name="sex")(joined)
    keras.Model([image, age], [species, sex]).save(tmp_path / "two.keras")
    np.save(tmp_path / "age.npy", np.array([3.0, -2.0], "float32"))
    given = f"age={tmp_path / 'age.npy'}"
    plain = make(tmp_path / "two.keras", photos / "a.png", tmp_path / "a").report
    fed = make(tmp_path / "two.keras", photos / "a.png", tmp_path / "b", input=[given]).report
    other = make(tmp_path / "two.keras", photos / "a.png", tmp_path / "c", output="sex").report
    assert [one.name for one in plain.skipped if one.what == "input"] == ["age"]
    assert not [one for one in fed.skipped if one.what == "input"]
    assert plain.images[0].predictions != fed.images[0].predictions
    assert fed.settings["input"] == ["age=age.npy"]
    assert [one.name for one in plain.model.outputs] == ["species", "sex"]
    assert (plain.model.head.name, other.model.head.name) == ("species", "sex")
    for options, message in [
        ({"input": [f"size={tmp_path / 'age.npy'}"]}, "no input “size”"),
        ({"input": ["age=nothing.npy"]}, "no file nothing.npy"),
        ({"output": "nothing"}, "no output “nothing”"),
    ]:
        with pytest.raises(ReportgenError, match=message):
            make(tmp_path / "two.keras", photos / "a.png", tmp_path / "d", **options)


def test_pickles_are_not_loaded(small_model, photos, tmp_path):
    np.save(tmp_path / "bad.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(SettingsError, match="plain"):
        make(small_model, photos / "a.png", tmp_path / "r", input=[f"x={tmp_path / 'bad.npy'}"])


NOTES = """# My homework

<b>not bold</b> #panic("x") costs $5$ *and* @home. ![A plot](my%20plot.png) ![gone](gone.png)

# First

The layer `first`.

# b.jpg

A photo.

# Intro

words
"""


class Remembering(Silent):
    """Keeps what a user would be warned of."""

    def __init__(self):
        self.said = []

    def warn(self, text):
        self.said.append(text)


def test_notes_come_with_their_pictures_and_at_most_one_warning_on_headings(
    small_model, photos, tmp_path
):
    (tmp_path / "notes.md").write_text(NOTES, encoding="utf-8")
    Image.new("RGB", (7, 5), "navy").save(tmp_path / "my plot.png")
    options = {"notes": str(tmp_path / "notes.md"), "format": ["site", "pdf"], "layers": ["first"]}
    settings = make_settings({**FAST, "out": str(tmp_path / "report"), **options})
    face = Remembering()
    report = build(str(small_model), [str(photos)], settings, progress=face, command="r").report
    assert [one.file for one in report.note_pictures] == ["pictures/notes/my-plot.png"]
    lost = "The picture gone.png of the notes is left out: there is no such file."
    (about_headings,) = [said for said in face.said if "headings" in said]
    assert "“My homework”, “Intro”" in about_headings
    assert lost in face.said
    assert lost in report.warnings
    assert about_headings not in report.warnings
    assert 'src="pictures/notes/my-plot.png"' in (tmp_path / "report/index.html").read_text("utf-8")
    assert "The layer" in (tmp_path / "report" / "layers" / "first.html").read_text("utf-8")
    assert "A photo." in (tmp_path / "report" / "images" / "b.html").read_text("utf-8")
    assert not check_site(tmp_path / "report")
    assert str(tmp_path) not in (tmp_path / "report" / "report.json").read_text("utf-8")


def test_damaged_pictures_in_the_store_are_made_again(small_model, photos, tmp_path):
    store, options = tmp_path / "store", {"no_cache": False, "format": ["site", "pdf"]}
    make(small_model, photos, tmp_path / "first", cache_dir=str(store), **options)
    damaged = [file for file in store.rglob("*") if file.suffix in (".png", ".jpg")]
    for file in damaged:
        file.write_bytes(file.read_bytes()[:40])
    assert damaged
    made = make(small_model, photos, tmp_path / "second", cache_dir=str(store), **options)
    for file in damaged:
        assert file.stat().st_size > 40
    assert (made.folder / "report.pdf").stat().st_size > 10_000
    assert not check_site(made.folder)


def test_a_changed_picture_of_the_notes_changes_the_report(small_model, photos, tmp_path):
    (tmp_path / "notes.md").write_text("![A plot](plot.png)", encoding="utf-8")
    options = {"notes": str(tmp_path / "notes.md"), "sections": ["activations"],
               "cache_dir": str(tmp_path / "store"), "no_cache": False}  # fmt: skip
    for colour, unchanged in (("navy", False), ("navy", True), ("red", False)):
        Image.new("RGB", (7, 5), colour).save(tmp_path / "plot.png")
        made = make(small_model, photos, tmp_path / "report", **options)
        assert made.unchanged == unchanged
        shown = Image.open(made.folder / "pictures" / "notes" / "plot.png")
        assert shown.getpixel((0, 0)) == Image.new("RGB", (1, 1), colour).getpixel((0, 0))


def test_a_place_that_takes_no_folder_is_one_sentence(small_model, photos, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="The report cannot be written to report: "):
        make(small_model, photos, tmp_path / "file" / "report")


def test_one_file_own_templates_and_colours_come_from_the_options(small_model, photos, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "about.html").write_text("<main><h1>Ours</h1></main>", "utf-8")
    choices = {"format": "single", "templates": str(own), "sections": ["gradcam"]}
    made = make(small_model, photos / "a.png", tmp_path / "r", **choices)
    assert made.page.name == "report.html"
    assert "<h1>Ours</h1>" in made.page.read_text("utf-8")
    assert not (made.folder / "index.html").exists()
    assert made.report.settings["templates"] == "own"
    turbo = make(small_model, photos / "a.png", tmp_path / "t", colormap="turbo", **choices)
    overlays = [
        (one.folder / cam.picture).read_bytes()
        for one in (made, turbo)
        for cam in one.report.images[0].gradcam[:1]
        if cam.picture
    ]
    assert len(overlays) == 2
    assert overlays[0] != overlays[1]
    assert 'data-colormap="turbo"' in turbo.page.read_text("utf-8")
    (own / "about.html").write_text("{{ page.nothing }}", "utf-8")
    with pytest.raises(ReportgenError, match=r"about\.html, line 1"):
        make(small_model, photos / "a.png", tmp_path / "t", **choices)
    assert "<h1>Ours</h1>" in turbo.page.read_text("utf-8")


def test_no_image_shares_a_place_with_other_pictures(small_model, photos, tmp_path):
    """Images may be called like the folders and charts that a report has."""
    folder = tmp_path / "in"
    folder.mkdir()
    names = ["notes.jpg", "sparsity.svg.png", "reliability.svg.png", "health.png", "images.png"]
    random = np.random.default_rng(3)
    for name in names:
        pixels = random.integers(0, 256, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    Image.new("RGB", (20, 10), "red").save(tmp_path / "photo.png")
    (tmp_path / "notes.md").write_text("![mine](photo.png)\n", encoding="utf-8")
    notes = str(tmp_path / "notes.md")
    report = make(small_model, folder, tmp_path / "report", notes=notes).report
    assert sorted(image.name for image in report.images) == sorted(names)
    for image in report.images:
        with Image.open(tmp_path / "report" / image.photo) as shown:
            assert shown.size == (40, 30)
    with Image.open(tmp_path / "report" / report.note_pictures[0].file) as mine:
        assert mine.size == (20, 10)
    assert (tmp_path / "report" / str(report.sparsity_chart)).is_file()
