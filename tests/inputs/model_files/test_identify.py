"""What a file is, told from its bytes."""

import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import pytest

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files import check_weights_given, identify

from .stored_files import layer, numbers, write_hdf5, write_weights

ONNX = b"\x08\x07\x12\x07pytorch\x1a\x052.1.0:\x80\x01\x0a\x10\x0a\x01x\x12\x01y"
UNSUITABLE = {
    "lfs.h5": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "Git LFS pointer.*git lfs pull",
    ),
    "page.h5": (b"\n<!DOCTYPE html>\n<html><body>404</body></html>", "web page"),
    "page.keras": (b"<head></head><HTML>", "web page"),
    "error.h5": (b"<?xml version='1.0'?><Error>AccessDenied</Error>", "XML document"),
    "empty.h5": (b"", "empty"),
    "zeros.h5": (b"\0" * 5000, "empty"),
    "model.tflite": (b"\x20\x00\x00\x00TFL3\x14\x00", "TensorFlow Lite"),
    "model.onnx": (ONNX, "ONNX"),
    "model.pkl": (pickle.dumps([1, 2]), "pickle.*never opened"),
    "model.safetensors": (
        (30).to_bytes(8, "little") + b'{"weight":{"dtype":"F32"}}    ' + b"\0" * 99,
        "safetensors",
    ),
    "model.tar.gz": (b"\x1f\x8b\x08\x00", "gzip"),
    "cat.jpg": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
    "array.npy": (b"\x93NUMPY\x01\x00", "NumPy"),
    "checkpoint": (b'model_checkpoint_path: "model.ckpt"\n', "checkpoint"),
    "noise.h5": (b"what is this, then? " * 20, "not a Keras model"),
    "broken.json": (b'{"class_name": "Sequential", ', "it is not JSON"),
    "deep.json": (b'{"a":' * 100_000, "it is not JSON"),
    "other.json": (b'{"name": "x"}', "not a Keras architecture"),
    "tfjs.json": (b'{"modelTopology": {}, "weightsManifest": []}', "TensorFlow.js"),
    "cut.keras": (b"PK\x03\x04\x14\x00\x00\x00" + b"\0" * 90, "damaged or truncated zip"),
    "short.h5": (b"\x89HDF\r\n\x1a\n\x00\x00", "damaged HDF5"),
}


@pytest.mark.parametrize("name", list(UNSUITABLE))
def test_what_cannot_hold_a_model_is_named_in_one_sentence(name: str, tmp_path: Path) -> None:
    content, expected = UNSUITABLE[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFileError, match=expected) as caught:
        identify(str(tmp_path / name))
    assert str(caught.value).startswith(name)
    assert str(tmp_path) not in str(caught.value)
    assert "\n" not in str(caught.value)


def zip_of(path: Path, names: list[str]) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    return str(path)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["archive/data.pkl", "archive/data/0"], "PyTorch file, which is never opened"),
        (["cats/model.h5"], "a model inside; unpack it"),
        (["readme.txt"], "holds no Keras model"),
    ],
)
def test_zip_files_of_others(names: list[str], expected: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=expected):
        identify(zip_of(tmp_path / "m.zip", names))


def sequential() -> dict:
    return layer("Sequential", name="s", layers=[layer("Flatten", batch_input_shape=[None, 2, 2])])


def test_hdf5_model(tmp_path: Path) -> None:
    path = write_hdf5(tmp_path / "anything", sequential(), {}, "2.1.6")
    file = identify(path)
    assert (file.name, file.kind, file.application) == ("anything", "hdf5", None)
    assert file.description == "Keras model in HDF5, written by Keras 2.1.6 (tensorflow)"
    assert file.size == Path(path).stat().st_size


def test_a_download_that_stopped_early(tmp_path: Path) -> None:
    path = Path(write_hdf5(tmp_path / "m.h5", sequential(), {}, "2.1.6"))
    content = path.read_bytes()
    path.write_bytes(content[:-200])
    with pytest.raises(ModelFileError, match=rf"cut off: it has {len(content) - 200} of"):
        identify(str(path))


def test_weights_and_architecture(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        write_weights(file, {"c": [("c/kernel:0", numbers(2, 2))]})
    assert identify(str(tmp_path / "w.h5")).kind == "weights"
    (tmp_path / "a.json").write_text(json.dumps({**sequential(), "keras_version": "2.4.3"}))
    plain = identify(str(tmp_path / "a.json"))
    assert plain.kind == "architecture"
    both = identify(str(tmp_path / "a.json"), weights=str(tmp_path / "w.h5"))
    assert both.weights == tmp_path / "w.h5"
    assert both.sha256 != plain.sha256


def test_digests_depend_on_bytes_only(tmp_path: Path) -> None:
    first = write_hdf5(tmp_path / "a.h5", sequential(), {})
    (tmp_path / "b.h5").write_bytes(Path(first).read_bytes())
    assert identify(first).sha256 == identify(str(tmp_path / "b.h5")).sha256
    for name in ["one", "two"]:
        (tmp_path / name / "variables").mkdir(parents=True)
        (tmp_path / name / "saved_model.pb").write_bytes(b"")
        (tmp_path / name / "keras_metadata.pb").write_bytes(b"x")
    one, two = identify(str(tmp_path / "one")), identify(str(tmp_path / "two"))
    assert one.kind == "savedmodel"
    assert one.sha256 == two.sha256
    (tmp_path / "two" / "variables" / "v").write_bytes(b"1")
    assert one.sha256 != identify(str(tmp_path / "two")).sha256


def test_folders_that_are_no_model(tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_bytes(b"")
    with pytest.raises(ModelFileError, match=r"no saved_model.pb; give the file itself.*m\.keras"):
        identify(str(tmp_path))


def test_applications() -> None:
    file = identify("MobileNetV2")
    assert (file.kind, file.application, file.path) == ("application", "mobilenetv2", None)
    assert identify("mobilenet_v2").sha256 == file.sha256
    assert identify("vgg16").sha256 != file.sha256
    assert identify("vgg16", weights="imagenet").sha256 != identify("vgg16").sha256


def test_an_application_without_weights_is_refused_with_the_three_ways_to_give_them() -> None:
    with pytest.raises(ModelFileError) as refused:
        check_weights_given("VGG16", None)
    for way in ("--weights imagenet", "--weights FILE", "--weights none"):
        assert way in str(refused.value)
    for weights in ("imagenet", "none", "own.weights.h5"):
        check_weights_given("vgg16", weights)
    check_weights_given("my_model.keras", None)
    assert identify("vgg16", weights="none").sha256 == identify("vgg16").sha256
    with pytest.raises(ModelFileError, match="none works only with the name"):
        identify(__file__, weights="none")


def test_images_where_the_model_belongs_are_told_apart(tmp_path: Path) -> None:
    photos = tmp_path / "photos" / "cats"
    photos.mkdir(parents=True)
    (photos / "cat.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(1, 99)))
    first = r"Give the model first: reportgen build MODEL IMAGE\.\.\."
    with pytest.raises(ModelFileError, match=rf"cat\.jpg is an image \(JPEG\).* {first}"):
        identify(str(photos / "cat.jpg"))
    with pytest.raises(ModelFileError, match=f"folder photos holds images, not a model. {first}"):
        identify(str(tmp_path / "photos"))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ModelFileError, match="not a SavedModel"):
        identify(str(empty))


@pytest.mark.parametrize("wanted", ["Cats.keras", "catz.keras", "cats.h5", "cat.keras"])
def test_a_model_file_of_nearly_that_name_is_suggested(tmp_path: Path, wanted: str) -> None:
    (tmp_path / "cats.keras").touch()
    (tmp_path / "README.md").touch()
    with pytest.raises(ModelFileError, match=r"did you mean “.*cats\.keras”\?$"):
        identify(str(tmp_path / wanted))
    with pytest.raises(ModelFileError, match=r"no weights file .*did you mean “.*cats\.keras”"):
        identify("vgg16", weights=str(tmp_path / wanted))
    with pytest.raises(ModelFileError) as refused:
        identify(str(tmp_path / "shapes.keras"))
    assert "did you mean" not in str(refused.value)


def test_absent_files() -> None:
    with pytest.raises(ModelFileError, match=r"did you mean vgg19|did you mean vgg16"):
        identify("vgg17")
    with pytest.raises(ModelFileError, match=r"no model file “cats/model\.h5”"):
        identify("cats/model.h5")
    with pytest.raises(ModelFileError, match=r"no weights file “imagenet” .*only with the name"):
        identify(__file__, weights="imagenet")
    with pytest.raises(ModelFileError, match="not a file of Keras weights"):
        identify("vgg16", weights=__file__)


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    path = write_hdf5(tmp_path / "m.h5", sequential(), {})
    code = (
        "import sys; from reportgen.inputs.model_files import identify, open_model;"
        f"identify({path!r}); identify('vgg16');"
        "print([m for m in ('keras', 'tensorflow', 'matplotlib', 'cv2') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
