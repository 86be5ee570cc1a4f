"""Exemplars equal a search that keeps every activation of every image."""

import gc
import hashlib
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.analysis.top_images import scan
from reportgen.config import make_settings
from reportgen.errors import SettingsError
from reportgen.pipeline import build
from reportgen.progress import Silent
from tests.analysis.bench import bench_of
from tests.report.links import check_site
from tests.support.options import SCAN
from tests.support.results import stored_data

pytestmark = pytest.mark.slow

SIDE = 14


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.Conv2D(4, 3, activation="relu", name="near"),
            keras.layers.MaxPooling2D(name="pool"),
            keras.layers.Conv2D(5, 3, activation="relu", name="far"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    kernel, bias = model.get_layer("far").get_weights()
    kernel[..., 3], bias[3] = 0, -1
    model.get_layer("far").set_weights([kernel, bias])
    return model


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Twenty photos, two of which hold the same pixels in different files."""
    folder = tmp_path_factory.mktemp("photos")
    for at in range(20):
        pixels = np.random.default_rng(max(at, 1)).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{at:02d}.{'png' if at else 'bmp'}")
    return folder


def make(model, images, place, **options):
    model.save(place / "model.keras")
    known = {"preprocess": "unit", "no_cache": True, "sections": ["exemplars"]}
    settings = make_settings({**known, "out": str(place / "r"), **options})
    path, arguments = str(place / "model.keras"), [str(image) for image in images]
    return build(path, arguments, settings, progress=Silent(), command="")


def maps_of(model, photos, layer):
    """Names of the files, and the maps of all of them."""
    files = sorted(photos.iterdir())
    pixels = np.stack([np.asarray(Image.open(file)) for file in files]).astype(np.float32) / 255
    outputs = keras.Model(model.inputs, model.get_layer(layer).output)
    return [file.name for file in files], outputs.predict(pixels, verbose=0)


@pytest.mark.parametrize(("batch", "alone"), [(1, 256), (7, 256), (7, 2)])
def test_exemplars_are_those_of_a_brute_force_search(
    model, photos, tmp_path, monkeypatch, batch, alone
):
    monkeypatch.setattr(scan, "ALONE", alone)
    monkeypatch.setattr(scan, "SMALLEST", 6)
    built = make(model, [photos], tmp_path, exemplars=4, batch_size=batch, unit=["far:1,2,0"])
    found = built.report.exemplars
    assert (found.images, found.dataset) == (20, "")
    assert [(one.layer, one.channel) for one in found.channels] == [
        *(("near", channel) for channel in range(4)),
        *(("far", channel) for channel in range(5)),
    ]
    for one in [*found.channels, *found.units]:
        names, maps = maps_of(model, photos, one.layer)
        values = maps[..., one.channel]
        if one.unit is not None:
            values = values[:, one.unit[0], one.unit[1]][:, None, None]
        most = values.max((1, 2))
        order = [at for at in np.argsort(-most, kind="stable")[:4] if most[at] > 0]
        assert [e.value for e in one.exemplars] == pytest.approx(most[order], rel=1e-3)
        for exemplar, at in zip(one.exemplars, order, strict=True):
            here = values[names.index(exemplar.image)]
            row, column = (0, 0) if one.unit else (exemplar.row, exemplar.column)
            assert here[row, column] == pytest.approx(most[at], rel=1e-4)
        assert bool(one.picture) == bool(order)
    silent = next(one for one in found.channels if (one.layer, one.channel) == ("far", 3))
    assert silent.exemplars == []
    assert check_site(built.folder) == []


def test_only_images_at_work_are_in_memory(model, photos):
    """The best of thousands of channels are held for each unit: ten thousand would fill memory."""
    files = {file.stem: file for file in sorted(photos.iterdir())}
    search, bench = scan.Scan(), bench_of(model, files, batch_size=4)
    options = replace(SCAN, layers=["near", "far"])
    units = search.plan("m", [f"{at:08x}" for at in range(20)], options).units
    bench.photos = {f"{at:08x}": file for at, file in enumerate(files.values())}
    bench.photos["00000007"] = files["07"].with_name("gone.png")
    held, done = [], []
    for unit, result in search.compute(units, bench):
        held.append(sum(isinstance(one, scan._Group) for one in gc.get_objects()))
        done.append(unit.key)
        assert list(stored_data(result)["unread"]) == (
            ["00000007"] if "00000007" in unit.photos else []
        )
    assert sorted(done) == sorted(unit.key for unit in units)
    assert max(held) <= 5


def test_the_patch_is_what_the_unit_can_see(model, photos, tmp_path):
    report = make(model, [photos], tmp_path, exemplars=2).report
    for one in report.exemplars.channels:
        for exemplar in one.exemplars:
            assert exemplar.exact
            row, column = exemplar.row, exemplar.column
            side = 3 if one.layer == "near" else 8
            step = 1 if one.layer == "near" else 2
            assert exemplar.box == [row * step, column * step, side, side]


def test_a_dataset_is_searched_and_not_shown(model, photos, tmp_path):
    alone = tmp_path / "alone.png"
    Image.new("RGB", (SIDE, SIDE), (200, 30, 90)).save(alone)
    extra = tmp_path / "more"
    extra.mkdir()
    for file in sorted(photos.iterdir())[:6]:
        (extra / file.name).write_bytes(file.read_bytes())
    (extra / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n no picture")
    built = make(model, [alone], tmp_path, dataset=str(extra), exemplars=3, dataset_pages=0)
    report = built.report
    assert [image.name for image in report.images] == ["alone.png"]
    assert (report.exemplars.images, report.exemplars.dataset) == (6, "more")
    names = {e.image for one in report.exemplars.channels for e in one.exemplars}
    assert names <= {"00.bmp", *(f"{at:02d}.png" for at in range(1, 6))}
    (lost,) = [one for one in report.skipped if one.what == "image of the dataset"]
    assert lost.name == "broken.png"
    assert lost.reason
    assert str(tmp_path) not in (built.folder / "report.json").read_text(encoding="utf-8")
    assert check_site(built.folder) == []


@pytest.mark.parametrize(
    ("unit", "sentence"),
    [
        ("fra:0,0,0", "no layer “fra”; did you mean “far”"),
        ("far:4,0,0", "there is no row 4; the layer has 4"),
        ("far:0,4,0", "there is no column 4"),
        ("far:0,0,5", "there is no channel 5; the layer has 5"),
        ("dense:0,0,0", "the layer has no maps"),
    ],
)
def test_a_unit_that_is_not_there_is_refused(model, photos, tmp_path, unit, sentence):
    name = model.layers[-1].name
    with pytest.raises(SettingsError, match=sentence):
        make(model, [photos], tmp_path, unit=[unit.replace("dense", name)])


def test_a_unit_is_of_a_form():
    with pytest.raises(SettingsError, match="LAYER:ROW,COLUMN,CHANNEL"):
        make_settings({"unit": ["conv:1,2"]})


def test_the_same_bytes_twice(model, photos, tmp_path):
    digests = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        folder = make(model, [photos], tmp_path / name, exemplars=3).folder
        pictures = sorted((folder / "pictures" / "exemplars").rglob("*.jpg"))
        digests.append([hashlib.sha256(one.read_bytes()).hexdigest() for one in pictures])
    assert digests[0] == digests[1]
    assert len(digests[0]) >= 7
