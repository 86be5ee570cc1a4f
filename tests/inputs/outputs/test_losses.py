"""What a stored loss says of an output."""

import pytest

from reportgen.inputs.outputs.losses import Loss, stored_losses, words


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("mse", "values"),
        ("MeanSquaredError", "values"),
        ("huber_loss", "values"),
        ("root_mean_squared_error", "values"),
        ("giou_loss", "values"),
        ("binary_crossentropy", "each class"),
        ("BinaryFocalCrossentropy", "each class"),
        ("weighted_bce", "each class"),
        ("SparseCategoricalCrossentropy", "one class"),
        ("categorical_focal_loss", "one class"),
        ("focal_loss", "any class"),
        ("squared_hinge", "margins"),
        ("CategoricalHinge", "margin"),
        ("bce_dice_loss", "mask"),
        ("triplet_semihard_loss", "embedding"),
        ("ctc_lambda", "sequence"),
        ("my_loss", "unknown"),
    ],
)
def test_purposes_by_name(name, purpose):
    assert stored_losses({"loss": name}, ["a"]) == [Loss(name, purpose)]


def test_a_loss_with_a_configuration():
    logits = {"class_name": "BinaryCrossentropy", "config": {"from_logits": True}}
    assert (
        stored_losses({"loss": logits}, ["a", "b"])
        == [Loss("BinaryCrossentropy", "each class", from_logits=True)] * 2
    )
    function = {"module": "builtins", "class_name": "function", "config": "dice_loss"}
    assert stored_losses({"loss": function}, ["a"])[0].purpose == "mask"
    wrapped = {"class_name": "LossFunctionWrapper", "config": {"fn": "mse", "name": "x"}}
    assert stored_losses({"loss": wrapped}, ["a"])[0].purpose == "values"


def test_losses_of_several_outputs():
    by_name = {"box": "mse", "label": {"class_name": "Hinge", "config": None}}
    found = stored_losses({"loss": by_name}, ["label", "box", "other"])
    assert [one and one.purpose for one in found] == ["margins", "values", None]
    in_order = stored_losses({"loss": ["mse", None]}, ["a", "b", "c"])
    assert [one and one.purpose for one in in_order] == ["values", None, None]


@pytest.mark.parametrize(
    "training", [None, {}, {"loss": None}, {"loss": 3}, {"loss": {"a": 7}}, {"loss": [[]]}, []]
)
def test_what_is_no_loss_counts_as_none(training):
    assert stored_losses(training, ["a"]) == [None]


def test_words_of_a_name():
    assert words("BoundingBox_head-2") == ["bounding", "box", "head", "2"]
    assert words("logits1") == ["logits", "1"]
