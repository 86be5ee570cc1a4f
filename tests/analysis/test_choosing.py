"""Which layers and filters the settings choose: by glob, by Keras's count, one by one."""

import keras
import pytest

from reportgen.analysis.choosing import (
    absent_channels,
    check_filters,
    chosen_filters,
    chosen_layers,
    named_filters,
    single_channels,
    telling_filters,
)
from reportgen.config import make_settings
from reportgen.errors import SettingsError
from reportgen.inputs.network import Network

layers = keras.layers


def nested():
    """An input, a convolution, an inner model of two, a pooling and a head: Keras counts five."""
    inner = keras.Sequential(
        [keras.Input((16, 16, 4)), layers.Conv2D(6, 3, name="a"), layers.Conv2D(8, 3, name="b")],
        name="inner",
    )
    entry = keras.Input((18, 18, 3), name="photo")
    found = inner(layers.Conv2D(4, 3, name="first")(entry))
    found = layers.GlobalAveragePooling2D(name="pool")(found)
    return keras.Model(entry, layers.Dense(2, name="head")(found))


@pytest.fixture(scope="module")
def listed():
    return Network(nested()).layers


@pytest.mark.parametrize("wanted", ["0:2", "1:3", "2:3", ":", "-2:", "3:99", ":1"])
def test_slices_count_as_keras_does(listed, wanted):
    model = nested()
    start, stop = (int(end) if end else None for end in wanted.split(":"))
    names = [one.name for one in model.layers[start:stop]]
    found = [layer.path for layer in chosen_layers(listed, [wanted])]
    assert list(dict.fromkeys(path.partition("/")[0] for path in found)) == names
    if "inner" in names:
        assert {"inner/a", "inner/b"} <= set(found)


def test_slices_and_globs_add_up(listed):
    found = [layer.path for layer in chosen_layers(listed, ["1:2", "*/b"])]
    assert found == ["first", "inner/b"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("7:9", "from 0 to 4"),
        ("3:3", "STOP is not taken"),
        ("3:1", "START has to come before STOP"),
    ],
)
def test_an_empty_slice_is_an_error(listed, wanted, said):
    with pytest.raises(SettingsError, match=said):
        chosen_layers(listed, [wanted])


def test_a_sequential_model_counts_without_its_input():
    model = keras.Sequential([keras.Input((9, 9, 3)), layers.Conv2D(2, 3, name="c")])
    found = chosen_layers(Network(model).layers, ["0:1"])
    assert [layer.path for layer in found] == [one.name for one in model.layers[0:1]] == ["c"]


def filters(listed, *values, **settings):
    convolutions = [layer for layer in listed if layer.convolution]
    made = make_settings({"filters": values, **settings})
    check_filters(listed, listed, made)
    return chosen_filters(convolutions, made, named_filters(listed, made))


def test_filters_of_each_layer_and_one_by_one(listed):
    assert filters(listed, "2") == {"first": [0, 1], "inner/a": [0, 1], "inner/b": [0, 1]}
    assert filters(listed, "inner/b:0,4,7") == {"inner/b": [0, 4, 7]}
    assert filters(listed, "inner/b:2-4", "inner/b:0", "first:3") == {
        "first": [3],
        "inner/b": [0, 2, 3, 4],
    }
    assert filters(listed, "1", "inner/b:7")["inner/b"] == [0, 7]
    assert [len(each) for each in filters(listed, "all").values()] == [4, 6, 8]


def test_the_first_and_the_last_convolution_have_names_for_filters_too(listed):
    """A layer that is called so itself comes before."""
    assert filters(listed, "last:2-3") == {"inner/b": [2, 3]}
    assert filters(listed, "last:2", "inner/b:0") == {"inner/b": [0, 2]}
    assert filters(listed, "first:3") == {"first": [3]}
    with pytest.raises(SettingsError, match="--filters inner/b: there is no filter 8"):
        filters(listed, "last:8")
    made = make_settings({"filters": ["last:0"]})
    assert chosen_filters(listed[:1], made, named_filters(listed, made)) == {}


def test_telling_filters_are_the_strongest_of_the_last_layer_of_each_block(listed):
    convolutions = [layer for layer in listed if layer.convolution]
    last = {layer.block: layer for layer in convolutions}
    responses = {layer.path: list(range(layer.channels - 1, 0, -1)) for layer in convolutions}

    def telling(*values, known=responses):
        made = make_settings({"filters": values})
        chosen = chosen_filters(convolutions, made, named_filters(listed, made))
        return telling_filters(convolutions, made, chosen, known)

    assert telling("16") == {
        layer.path: sorted(responses[layer.path][:4]) for layer in last.values()
    }
    assert all(len(each) == 2 for each in telling("2").values())
    assert telling("16", known={}) == {layer.path: [0, 1, 2, 3] for layer in last.values()}
    assert telling("inner/b:0,4,7") == {"inner/b": [4, 7]}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("inner/b:8", "no filter 8; the layer has 8, counted from 0 to 7"),
        ("inner/c:0", "inner/c"),
        ("pool:0", "no convolution"),
        ("inner/b:3-1", "3 is above 1"),
        ("inner/b:0;1", "not of the form"),
        ("0", "neither a number above 0"),
        ("inner/b:0-999999999", "too large"),
    ],
)
def test_filters_that_are_not_there_are_errors(listed, value, said):
    with pytest.raises(SettingsError, match=said):
        filters(listed, value)


def test_two_numbers_for_all_layers_contradict_each_other(listed):
    with pytest.raises(SettingsError, match="only one number"):
        filters(listed, "3", "all")


def test_a_layer_that_is_left_out_has_no_filters(listed):
    settings = make_settings({"filters": ("inner/b:0",)})
    with pytest.raises(SettingsError, match="leaves this layer out; add --layers inner/b"):
        check_filters(listed, chosen_layers(listed, ["first"]), settings)


def test_single_channels_are_checked(listed):
    assert single_channels(listed, make_settings({"channels": ("first:3,0",)})) == {"first": [3, 0]}
    with pytest.raises(SettingsError, match="no channel 4"):
        single_channels(listed, make_settings({"channels": ("first:4",)}))


def test_of_first_and_last_absent_channels_are_said(listed):
    """No other channel stands in for them; `last` is inner/b, of 8 channels."""
    settings = make_settings({"channels": ("last:3,30", "first:1")})
    assert single_channels(listed, settings) == {"inner/b": [3], "first": [1]}
    (skipped,) = absent_channels(listed, settings)
    assert (skipped.what, skipped.name) == ("channel", "inner/b: 30")
    assert skipped.reason == "--channels last: inner/b has 8 channels, counted from 0"
    none = make_settings({"channels": ("last:99",)})
    assert single_channels(listed, none) == {}
    assert absent_channels(listed, none)[0].name == "inner/b: 99"
