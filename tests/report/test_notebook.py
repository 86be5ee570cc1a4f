"""The working notebook: it runs, its numbers are the report's, it tells nothing of its maker."""

import ast
import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.errors import NotebookError
from reportgen.inputs.model_files import identify, open_model
from reportgen.report.notebook import execution as notebook_execution
from reportgen.report.notebook.cells import Cell, Files, make_cells
from reportgen.report.notebook.choices import choose
from reportgen.report.notebook.execution import check_notebook_tools, without_paths
from tests.inputs.model_files.stored_files import numbers
from tests.report.sample import write_sample
from tests.support.notebooks import (
    classes_on_a_map,
    gray_without_channel_axis,
    legacy_nested,
    make_report,
    nbformat,
    run_here,
    texts,
    two_inputs,
    unrun,
)

pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    y, x = np.mgrid[:30, :44]
    waves = np.stack([np.sin(x / 3), np.cos(y / 4), np.sin((x + y) / 5)], axis=-1)
    pixels = np.uint8(waves * 100 + 128)
    Image.fromarray(pixels).save(folder / "waves.png")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Secret Camera"
    Image.fromarray(pixels[::-1]).save(folder / "turned.jpg", exif=exif, quality=95)
    return folder


def test_a_built_notebook_has_run_and_says_nothing_of_this_machine(
    tmp_path: Path, photos: Path
) -> None:
    from reportgen.demo import demo_images, demo_labels, demo_model

    own = tmp_path / "own"
    own.mkdir()
    for name in ("circle/circle_1", "cross/cross_1"):
        with Image.open(demo_images() / f"{name}.webp") as drawn:
            drawn.save(own / f"{Path(name).name}.png")
    (tmp_path / "notes.md").write_text(
        "My words.\n\n# Grad-CAM\n\nIt looks at the edges.\n\n# conv2d_1\n\nNote on the layer.\n\n"
        "![A plot](plot.png)\n\n# `dense`\n\nIt has no maps.\n\n# Methods\n\nMine.\n"
    )
    Image.new("RGB", (8, 6), "navy").save(tmp_path / "plot.png")
    report = make_report(
        str(demo_model()), own, tmp_path / "report", labels=str(demo_labels()),
        format=["notebook"], notes=str(tmp_path / "notes.md"), channels=["conv2d_1:3,30"],
    )  # fmt: skip
    raw = (tmp_path / "report" / "report.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(raw, 4)
    for place in (str(tmp_path), str(Path.cwd()), "/usr/", "Traceback", "import reportgen"):
        assert place not in raw
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == list(range(1, len(codes) + 1))
    assert "import reportgen" not in raw
    assert [cell.id for cell in notebook.cells][:4] == [
        "title-text",
        "notes",
        "setup",
        "model-text",
    ]
    said = texts(notebook)
    for image in report.images:
        for one in image.predictions:
            pattern = rf"{one.label}, probability: (\S+) \(in the report {one.probability:.5g}\)"
            values = [float(value) for value in re.findall(pattern, said)]
            assert any(abs(value - one.probability) < 1e-5 for value in values)
    assert said.count("Channel 3, largest") == said.count("Channel 30, largest") == 1
    pictures = [
        base64.b64decode(output.data["image/png"])
        for cell in codes for output in cell.outputs if "image/png" in output.get("data", {})
    ]  # fmt: skip
    assert len(pictures) >= 5
    assert not any(b"Software" in picture for picture in pictures)
    ids = {cell.id: cell for cell in notebook.cells}
    assert "It looks at the edges." in ids["gradcam-text"].source
    assert "Note on the layer.\n\n![A plot](attachment:plot.png)" in ids["layer-0-text"].source
    attached = ids["layer-0-text"].attachments["plot.png"]["image/png"]
    with Image.open(io.BytesIO(base64.b64decode(attached))) as plot:
        assert plot.size == (8, 6)
    assert ids["notes"].source == "My words.\n\n## `dense`\n\nIt has no maps."
    assert ids["closing-text"].source.endswith("\n\nMine.")


def test_a_legacy_file_becomes_a_notebook_that_opens_the_migrated_copy(
    tmp_path: Path, photos: Path
) -> None:
    model = legacy_nested(tmp_path / "old.h5")
    report = make_report(model, photos, tmp_path / "report", format=["notebook"])
    notebook = nbformat.read(tmp_path / "report" / "report.ipynb", 4)
    ids = {cell.id: cell for cell in notebook.cells}
    assert '"model/old.keras"' in ids["model"].source
    assert "base/look" in ids["layer-0"].source
    assert report.images[0].gradcam
    assert "class 1, probability" in texts(notebook) or "probability" in texts(notebook)
    copy = keras.saving.load_model(tmp_path / "report" / "model" / "old.keras")
    assert np.allclose(copy.get_layer("base").get_layer("look").bias, numbers(5) - 0.5)
    (photo,) = (tmp_path / "report" / "photos").glob("*.jpg")
    assert b"Secret" not in photo.read_bytes()


def separate_softmax() -> Any:
    entry = keras.Input((16, 16, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu")(entry)
    scores = keras.layers.Dense(3, name="logits")(keras.layers.GlobalAveragePooling2D()(maps))
    return keras.Model(entry, keras.layers.Softmax()(scores))


def several_sigmoids_frozen() -> Any:
    model = keras.Sequential(
        [keras.Input((16, 16, 3)), keras.layers.Conv2D(4, 3, activation="relu"),
         keras.layers.Flatten(), keras.layers.Dense(3, activation="sigmoid")]
    )  # fmt: skip
    model.trainable = False
    return model


def a_shared_layer() -> Any:
    """Its second call goes by the path `look#2`."""
    entry = keras.Input((16, 16, 3))
    look = keras.layers.Conv2D(3, 3, padding="same", activation="relu", name="look")
    flat = keras.layers.Flatten()(look(look(entry)))
    return keras.Model(entry, keras.layers.Dense(3, activation="softmax")(flat))


def whole_numbers() -> Any:
    entry = keras.Input((16, 16, 3), dtype="uint8")
    maps = keras.layers.Conv2D(4, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(entry))
    flat = keras.layers.Flatten()(maps)
    return keras.Model(entry, keras.layers.Dense(3, activation="softmax")(flat))


def no_classes() -> Any:
    entry = keras.Input((16, 16, 3))
    return keras.Model(entry, keras.layers.Conv2D(3, 3, padding="same", activation="relu")(entry))


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (gray_without_channel_axis, {"resize": "pad"}),
        (separate_softmax, {"resize": "crop", "preprocess": "caffe"}),
        (classes_on_a_map, {"preprocess": "torch"}),
        (several_sigmoids_frozen, {"preprocess": "signed"}),
        (a_shared_layer, {"preprocess": "unit"}),
        (two_inputs, {"input": ["age=AGE.npy"]}),
        (whole_numbers, {"preprocess": "none"}),
        (no_classes, {}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_its_numbers_are_the_reports_for_every_kind_of_model(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch, make: Any, options: dict
) -> None:
    keras.utils.set_random_seed(4)
    make().save(tmp_path / "model.keras")
    np.save(tmp_path / "AGE.npy", np.array([3.0, -4.0], "float32"))
    if "input" in options:
        options = {**options, "input": [f"age={tmp_path / 'AGE.npy'}"]}
    place = tmp_path / "notebook"
    report, notebook = unrun(str(tmp_path / "model.keras"), photos, place, **options)
    names = run_here(notebook, place, monkeypatch)
    assert ("grad_cam" in names) == bool(report.images[0].gradcam)
    assert ("REPORTED" in names) == bool(report.images[0].predictions)
    shown = [np.asarray(Image.open(f"{place}-site/{one.network_photo}")) for one in report.images]
    for given, seen in zip(shown, names["pixels"], strict=True):
        assert np.abs(given.astype(float) - seen.squeeze()).max() <= 0.51


OWN_CODE = """
import keras


class Twice(keras.layers.Layer):
    def call(self, values):
        return 2 * values
"""


def test_the_users_own_code_comes_along(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.py").write_text(OWN_CODE)
    (tmp_path / "halving.py").write_text("def halve(pixels):\n    return pixels / 2\n")
    names: dict[str, Any] = {}
    exec(OWN_CODE, names)  # noqa: S102
    entry = keras.Input((16, 16, 3))
    flat = keras.layers.Flatten()(names["Twice"]()(keras.layers.Conv2D(3, 3)(entry)))
    model = keras.Model(entry, keras.layers.Dense(2, activation="softmax")(flat))
    model.save(tmp_path / "model.keras")
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "notebook"
    options = {"custom_objects": str(tmp_path / "own.py"), "preprocess": "halving:halve"}
    report, notebook = unrun("model.keras", photos, place, **options)
    (tmp_path / "halving.py").rename(tmp_path / "gone")
    assert (place / "halving.py").is_file()
    run = run_here(notebook, place, monkeypatch)
    assert run["halve"](4) == 2
    assert any(type(layer).__name__ == "Twice" for layer in run["model"].layers)
    assert len(run["REPORTED"]) == len(report.images) == 2


def silent_for_gray_noise() -> Any:
    """Filters that respond to gray noise, to stronger noise, to a photo only, and to nothing."""
    entry = keras.Input((16, 16, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu", name="conv")
    flat = keras.layers.GlobalAveragePooling2D()(maps(entry))
    model = keras.Model(entry, keras.layers.Dense(3, activation="softmax")(flat))
    kernel = np.zeros((3, 3, 3, 4), np.float32)
    kernel[:, :, 0] = 1 / 9  # the mean red around a pixel
    maps.set_weights([kernel, np.array([0.0, -0.55, -0.77, -2.0], np.float32)])
    return model


def test_patterns_are_patterns_also_of_filters_that_noise_leaves_silent(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    keras.utils.set_random_seed(4)
    silent_for_gray_noise().save(tmp_path / "m.keras")
    _, notebook = unrun(str(tmp_path / "m.keras"), photos, tmp_path / "notebook", filters=4)
    names = run_here(notebook, tmp_path / "notebook", monkeypatch)
    patterns, start, end, begun = names["climb"]("conv", [0, 1, 2, 3])
    assert [end[at] > start[at] for at in range(4)] == [True, True, True, False]
    assert begun[:2] == ["noise of ±10 levels", "noise of ±40 levels"]
    assert begun[2] in ("the photo turned.jpg", "the photo waves.png")
    fed = keras.ops.convert_to_numpy(names["model"].get_layer("conv")(patterns / 255))
    responses = fed.mean(axis=(1, 2)).diagonal()
    assert responses == pytest.approx(end, rel=1e-4)
    capsys.readouterr()
    names["show_patterns"](patterns, [0, 1, 2, 3], start, end, begun)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].endswith("starting from noise of ±40 levels")
    assert lines[3] == "Filter 3: no pattern found"


def test_grad_cam_of_values_is_the_reports(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reportgen.analysis.cams.formulas import grad_cam
    from reportgen.analysis.cams.gradients import score_gradients
    from reportgen.inputs.network import Network

    keras.utils.set_random_seed(4)
    entry = keras.Input((16, 16, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(entry)
    keras.Model(entry, keras.layers.Dense(2)(keras.layers.Flatten()(maps))).save(
        tmp_path / "m.keras"
    )
    report, notebook = unrun(str(tmp_path / "m.keras"), photos, tmp_path / "n", head="values")
    names = run_here(notebook, tmp_path / "n", monkeypatch)
    assert report.model.head.kind == "values"
    assert any("raise or lower a value" in cell.source for cell in notebook.cells)
    network = Network(open_model(identify(str(tmp_path / "m.keras"))).model, heads=("values",))
    compute = score_gradients(network, "conv", 4)
    for one in names["pixels"]:
        maps, targets, gradients = compute(network.preprocess("unit")(one[None]))
        for at, index in enumerate(targets[0]):
            expected = grad_cam(maps[0], gradients[at, 0])
            found = names["grad_cam"](one, "conv", int(index))
            assert np.allclose(found * expected.max(), expected, atol=1e-5 * expected.max())


def test_grad_cam_is_the_reports(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reportgen.analysis.cams.formulas import grad_cam
    from reportgen.analysis.cams.gradients import score_gradients
    from reportgen.inputs.network import Network

    model = legacy_nested(tmp_path / "old.h5")
    report, notebook = unrun(model, photos, tmp_path / "notebook")
    names = run_here(notebook, tmp_path / "notebook", monkeypatch)
    network = Network(open_model(identify(model)).model)
    compute = score_gradients(network, report.model.last_spatial_layer, 2)
    for one in names["pixels"]:
        maps, classes, gradients = compute(network.preprocess("unit")(one[None]))
        for at, index in enumerate(classes[0]):
            expected = grad_cam(maps[0], gradients[at, 0])
            found = names["grad_cam"](one, report.model.last_spatial_layer, int(index))
            largest = expected.max()
            assert np.allclose(found * largest, expected, atol=1e-5 * max(largest, 1e-9))


def test_a_number_that_differs_stops_the_notebook(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = legacy_nested(tmp_path / "old.h5")
    _, notebook = unrun(model, photos, tmp_path / "notebook")
    cell = next(cell for cell in notebook.cells if cell.id == "layer-0")
    cell.source = re.sub(
        r'(check\("Largest activation", maps.max\(\), )([\d.]+)',
        lambda match: f"{match[1]}{float(match[2]) * 1.01}", cell.source,
    )  # fmt: skip
    with pytest.raises(AssertionError, match="Largest activation is not as in the report"):
        run_here(notebook, tmp_path / "notebook", monkeypatch)


def test_a_cell_that_fails_fails_the_build_in_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "place"
    folder.mkdir()
    source = f"import sys\nprint('x', file=sys.stderr)\nraise ValueError('{folder}/a is\\nbad.')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id="odd")])
    with pytest.raises(NotebookError) as caught:
        notebook_execution.execute(notebook, folder, cpu_only=True)
    said = str(caught.value)
    assert said == "The notebook was not written, because its cell “odd” fails: ValueError: ./a is."


def test_without_nbclient_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NotebookError, match=r"nbclient.*pip install '.\[notebook\]'"):
        check_notebook_tools()


HOSTILE_NOTES = (
    """<script>alert(1)</script> #panic("x") $x$ *a* @b {{ 7 * 7 }} {% raw %}

# cat.jpg

<img src=x onerror=alert(1)> ![x](https://example.org/x.png)

# """
    + "x" * 300
)


def sample_cells(folder: Path) -> list[Cell]:
    report = write_sample(folder)
    settings = {**report.settings, "resize": "stretch", "filter-steps": 4}
    report = report.model_copy(update={"settings": settings, "notes": HOSTILE_NOTES})
    choices = choose(report)
    return make_cells(report, choices, Files("m.keras", ["photos/a.png"], {}, False))


def test_hostile_names_stay_words(tmp_path: Path) -> None:
    cells = sample_cells(tmp_path)
    assert len({cell.id for cell in cells}) == len(cells)
    for cell in cells:
        if cell.is_code:
            ast.parse(re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE))
        else:
            assert not re.search(r"<(script|img|b|i)\b", cell.source)
    source = "\n".join(cell.source for cell in cells if cell.is_code)
    strings = [node.value for node in ast.walk(ast.parse(re.sub(r"(?m)^%.*$", "", source)))
               if isinstance(node, ast.Constant)]  # fmt: skip
    assert "<b>cat</b>" in strings
    words = "\n".join(cell.source for cell in cells if not cell.is_code)
    assert "{{ 7 * 7 }} {% raw %}" in words


def test_the_same_report_gives_the_same_cells(tmp_path: Path) -> None:
    first, second = sample_cells(tmp_path / "a"), sample_cells(tmp_path / "b")
    assert json.dumps([vars(c) for c in first]) == json.dumps([vars(c) for c in second])


def test_folders_of_the_machine_are_cut_out(tmp_path: Path) -> None:
    text = f"at {tmp_path}/model/x.keras and {Path.cwd()}/y"
    assert without_paths(text, tmp_path) == "at ./model/x.keras and ./y"
