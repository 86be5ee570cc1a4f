"""What pages say of outputs, values and the maps of one score."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from reportgen.records.image import Image
from reportgen.records.model import Model
from reportgen.records.outputs import Head, OtherPrediction, Output, Value
from reportgen.report.answers import MOST_ROWS, answer_tables, cam_facts, cam_note, output_rows
from tests.report.sample import SMALL, write_sample


def output(name: str, **known: Any) -> Output:
    return Output(
        **{
            "name": name, "shape": [None, 3], "dtype": "float32", "kind": "values",
            "why": "trained with mse", "activation": "linear", "units": 3, "classes": 0,
            "names": ["a", "b", "c"], "explained": False, **known,
        }
    )  # fmt: skip


def sample(folder: Path, **head: Any) -> tuple[Model, Image]:
    report = write_sample(folder, SMALL, ["a.png"])
    known = Head(**{**dict(report.model.head or {}), **head})
    return report.model.model_copy(update={"head": known}), report.images[0]


def test_values_and_other_outputs_have_tables(tmp_path: Path) -> None:
    model, image = sample(tmp_path)
    outputs = [
        output("box"),
        output("race", kind="classes", classes=3, names=[]),
        output("text", kind="sequence", names=[]),
    ]
    values = [Value(output="box", index=k, name="abc"[k], value=k / 4) for k in range(3)]
    others = [
        OtherPrediction(output="race", index=2, label="class 2", probability=0.75),
        OtherPrediction(output="text", index=7, label="position 0", probability=None),
    ]
    model = model.model_copy(update={"outputs": outputs})
    box, race, text = answer_tables(model, replace(image, values=values, others=others))
    assert box.rows == (("a", "0"), ("b", "0.25"), ("c", "0.5"))
    assert (race.title, race.rows) == ("Predictions", (("class 2", "75 %"),))
    assert text.rows == (("position 0", "class 7"),)
    many = [Value(output="box", index=k, name=str(k), value=None) for k in range(MOST_ROWS + 2)]
    (box,) = answer_tables(model, replace(image, values=many))
    assert (len(box.rows), box.more) == (MOST_ROWS, "2 more values in report.json.")
    rows = list(output_rows(model))
    assert [one.meaning for one in rows] == ["3 values", "3 classes", "sequence"]
    assert rows[0].why == "Trained with mse."


def test_the_map_of_the_first_class_of_one_score_says_what_it_shows(tmp_path: Path) -> None:
    model, image = sample(tmp_path, units=1, classes=2, link="sigmoid")
    model = model.model_copy(update={"labels": ["cat", "dog"]})
    cam = image.gradcam[0]
    assert "the map shows what lowers dog" in cam_note(model, replace(cam, index=0))
    assert cam_note(model, replace(cam, index=1)) == ""
    assert cam_note(sample(tmp_path / "other")[0], cam) == ""


def test_maps_of_values_say_what_they_show(tmp_path: Path) -> None:
    model, image = sample(tmp_path, kind="values", name="box", units=3, classes=0)
    model = model.model_copy(update={"outputs": [output("box", explained=True)], "labels": []})
    assert model.target_labels == [
        *("higher a", "lower a", "higher b", "lower b", "higher c", "lower c"),
    ]
    image = replace(image, values=[Value(output="box", index=1, name="b", value=-0.5)])
    up, down = (replace(image.gradcam[0], index=k, probability=None) for k in (2, 3))
    assert (cam_note(model, up), cam_note(model, down)) == (
        "It shows what raises b.", "It shows what lowers b.",
    )  # fmt: skip
    assert cam_facts(model, image, up) == ("value −0.5",)
