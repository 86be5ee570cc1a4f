"""Images match by their bytes, layers by path or position, classes by label."""

from dataclasses import replace

import pytest

from reportgen.comparison.matching import match
from reportgen.records.model import Layer
from tests.comparison.reports import report_of, sample


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return sample(tmp_path_factory.mktemp("report"), names=("cat.jpg",))


def layer(path: str, kind: str = "Conv2D", channels: int = 8) -> Layer:
    return Layer(
        path=path, name=path, type=kind, block="", output_shape=[None, 4, 4, channels],
        parameters=0, trainable_parameters=0, trainable=True, inputs=[], channels=channels,
        spatial=True, convolution=kind == "Conv2D", passes_through=False,
    )  # fmt: skip


def with_layers(base, *layers):
    return base.model_copy(update={"model": base.model.model_copy(update={"layers": list(layers)})})


def pairs(a, b):
    return [(one.a.path, one.b.path, one.by_path) for one in match(a, b).layers]


def test_layers_of_the_same_path_match_and_others_by_position(base):
    a = with_layers(base, layer("conv_1"), layer("relu", "ReLU"), layer("conv_2"))
    b = with_layers(base, layer("conv_7"), layer("relu", "ReLU"), layer("conv_8"))
    assert pairs(a, b) == [
        ("conv_1", "conv_7", False), ("relu", "relu", True), ("conv_2", "conv_8", False)
    ]  # fmt: skip


def test_a_layer_that_was_added_shifts_no_other(base):
    a = with_layers(base, layer("a1"), layer("a2", "ReLU"), layer("a3", channels=16))
    b = with_layers(
        base, layer("b0", "Rescaling", 3), layer("b1"), layer("b2", "ReLU"),
        layer("b3", channels=16),
    )  # fmt: skip
    assert [one[:2] for one in pairs(a, b)] == [("a1", "b1"), ("a2", "b2"), ("a3", "b3")]
    (left,) = [one for one in match(a, b).rest if one.what == "layer"]
    assert (left.name, left.side) == ("b0", "b")


def test_a_layer_of_the_same_path_but_other_channels_is_listed(base):
    a, b = with_layers(base, layer("conv")), with_layers(base, layer("conv", channels=9))
    assert pairs(a, b) == []
    left = match(a, b).rest
    assert [(one.name, one.side) for one in left if one.what == "layer"] == [
        ("conv", "a"), ("conv", "b")
    ]  # fmt: skip
    assert "another number of channels" in left[0].reason


def test_exchanged_models_match_alike(base):
    kinds = ("Conv2D", "ReLU", "Conv2D", "Conv2D", "ReLU", "Conv2D")
    a = with_layers(base, *(layer(f"a{at}", kind) for at, kind in enumerate(kinds)))
    b = with_layers(base, *(layer(f"b{at}", kind) for at, kind in enumerate(kinds[2:] + kinds[:1])))
    there = {one[:2] for one in pairs(a, b)}
    back = {one[1::-1] for one in pairs(b, a)}
    assert there == back
    assert there


def test_images_match_by_their_bytes_whatever_their_names(base):
    a = report_of(base, [(0, 0), (1, 1), (2, 2)])
    renamed = [replace(one, name=f"other {at}") for at, one in enumerate(a.images)]
    b = a.model_copy(update={"images": [*renamed[1:], replace(renamed[0], sha256="f" * 64)]})
    found = match(a, b)
    assert [(one.name, other.name) for one, other in found.images] == [
        ("image 1.png", "other 1"), ("image 2.png", "other 2")
    ]  # fmt: skip
    left = [(one.name, one.side) for one in found.rest if one.what == "image"]
    assert left == [("image 0.png", "a"), ("other 0", "b")]


def test_copies_of_an_image_match_by_name_first(base):
    a = report_of(base, [(0, 0), (0, 0)])
    twins = [replace(one, sha256="0" * 64) for one in a.images]
    a = a.model_copy(update={"images": twins})
    b = a.model_copy(update={"images": twins[::-1]})
    assert all(one.name == other.name for one, other in match(a, b).images)
    assert len(match(a, b).images) == 2


def test_classes_match_by_label_or_by_index_where_there_are_no_labels(base):
    def labelled(*labels):
        return base.model_copy(
            update={"model": base.model.model_copy(update={"labels": list(labels)})}
        )

    named = labelled("cat", "dog", "owl")
    assert match(named, labelled("owl", "cat", "dog")).classes == {0: 1, 1: 2, 2: 0}
    assert match(named, labelled("class 0", "class 1", "class 2")).classes == {0: 0, 1: 1, 2: 2}
    other = match(named, labelled("cat", "fox"))
    assert other.classes == {0: 0}
    left = [(one.name, one.side) for one in other.rest if one.what == "class"]
    assert left == [("dog", "a"), ("owl", "a"), ("fox", "b")]
