"""Configurations and files of any kind: a model or one sentence, never a traceback."""

import json
import random
from pathlib import Path
from typing import Any

import keras
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reportgen.errors import ReportgenError
from reportgen.inputs.model_files import identify, open_model
from reportgen.inputs.model_files.migration import migrate

from .networks import nested, plain, shuffle_weights
from .stored_files import call, functional, layer, numbers, write_hdf5

NAMES = st.one_of(
    st.sampled_from(["a", "b/c", "../x", "<script>", "'", '"', "", "name", "x" * 200]), st.text()
)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-3, 40), st.floats(allow_nan=True), NAMES)
KEYS = st.one_of(
    NAMES,
    st.sampled_from(
        [
            "class_name",
            "config",
            "name",
            "layers",
            "inbound_nodes",
            "batch_input_shape",
            "module",
            "activation",
            "dtype",
            "input_layers",
            "output_layers",
            "args",
            "kwargs",
            "layer",
            "filters",
            "kernel_size",
            "units",
            "nb_filter",
            "dim_ordering",
            "items",
            "registered_name",
        ]
    ),
)
CLASSES = st.sampled_from(
    [
        "Sequential",
        "Functional",
        "Model",
        "Conv2D",
        "Dense",
        "Lambda",
        "InputLayer",
        "TFOpLambda",
        "SlicingOpLambda",
        "TensorFlowOpLayer",
        "Merge",
        "QuantizeWrapperV2",
        "TimeDistributed",
        "Bidirectional",
        "__tuple__",
        "__keras_tensor__",
        "function",
        "Add",
        "Nothing",
        "GRU",
        "Convolution2D",
        "LeakyReLU",
        "BatchNormalization",
    ]
)
OBJECTS: st.SearchStrategy[Any] = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(KEYS, inner, max_size=5),
        st.fixed_dictionaries(
            {"class_name": CLASSES, "config": inner},
            optional={"name": NAMES, "inbound_nodes": inner, "module": inner},
        ),
        st.tuples(NAMES, st.integers(-1, 3), st.integers(-1, 3)).map(list),
    ),
    max_leaves=20,
)


def base_config() -> dict:
    return functional(
        [
            call(layer("InputLayer", name="in", batch_input_shape=[None, 6, 6, 3])),
            call(layer("Conv2D", name="c", filters=2, kernel_size=[3, 3]), "in"),
            call(layer("Flatten", name="f"), "c"),
            call(layer("Dense", name="d", units=2, activation="softmax"), "f"),
        ],
        ["in"],
        ["d"],
    )


def old_config() -> dict:
    """Branches and bare lists of Keras 1, a model in a model, and layers in layers."""
    conv = layer(
        "Convolution2D", name="c", batch_input_shape=[None, 6, 6, 3], nb_filter=2, nb_row=3,
        nb_col=3, border_mode="valid", dim_ordering="tf",
    )  # fmt: skip
    branches = [
        {"class_name": "Sequential", "config": [conv, layer("Flatten", name="f")]},
        {
            "class_name": "Sequential",
            "config": [layer("ReLU", name="r", batch_input_shape=[2, 32])],
        },
    ]
    merge = layer("Merge", name="m", mode="sum", layers=branches)
    cell = layer("LSTM", name="l", output_dim=2, consume_less="cpu")
    inner = [
        layer("Reshape", name="s", target_shape=[4, 8], batch_input_shape=[None, 32]),
        layer("Bidirectional", name="b", layer=cell, merge_mode="sum"),
    ]
    last = {"class_name": "Sequential", "config": inner}
    return {"class_name": "Sequential", "config": [merge, last]}


def test_the_configurations_are_good_before_they_are_changed(tmp_path: Path) -> None:
    cells = [numbers(*shape) for shape in [(8, 2), (2, 2), (2,)] * 8]
    branches = {"c": WEIGHTS["c"], "sequential_7": [(f"l_{i}", cells[i]) for i in range(24)]}
    good = [(base_config(), WEIGHTS, "2.8.0"), (old_config(), branches, "1.2.2")]
    for number, (config, weights, version) in enumerate(good):
        opened = open_model(
            identify(write_hdf5(tmp_path / f"{number}.h5", config, weights, version))
        )
        assert opened.model.output_shape[-1] == 2
        assert opened.warnings == ()


WEIGHTS = {
    "c": [("c/kernel:0", numbers(3, 3, 3, 2)), ("c/bias:0", numbers(2))],
    "d": [("d/kernel:0", numbers(32, 2)), ("d/bias:0", numbers(2))],
}


@st.composite
def mutated_configs(draw: st.DrawFn) -> Any:
    """A good configuration in which up to four places hold something else, or are gone."""
    config = draw(st.sampled_from([base_config, old_config]))()
    for _ in range(draw(st.integers(1, 4))):
        places = [(config, key) for key in config]
        index = 0
        while index < len(places):
            holder, key = places[index]
            value = holder[key]
            if isinstance(value, dict):
                places += [(value, inner) for inner in value]
            elif isinstance(value, list):
                places += [(value, inner) for inner in range(len(value))]
            index += 1
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        if draw(st.booleans()) and isinstance(holder, dict):
            holder.pop(key)
        else:
            holder[key] = draw(OBJECTS)
    return config


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    config=mutated_configs(), version=st.sampled_from([None, "1.2.0", "2.1.6", "2.8.0", "3.4.1"])
)
def test_any_configuration_gives_a_model_or_a_sentence(
    config: Any, version: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write_hdf5(tmp_path_factory.mktemp("m") / "m.h5", config, WEIGHTS, version)
    try:
        open_model(identify(path))
    except ReportgenError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 2500


@settings(max_examples=150, deadline=None)
@given(config=OBJECTS, version=st.sampled_from([None, "1.2.0", "2.8.0", "3.4.1"]))
def test_rules_take_anything_and_change_nothing_in_place(config: Any, version: str | None) -> None:
    before = json.dumps(config)
    migrate({"class_name": "Sequential", "config": config}, version)
    assert json.dumps(config) == before


def damaged(content: bytes, generator: random.Random) -> bytes:
    kind = generator.randrange(4)
    if kind == 0:
        return content[: generator.randrange(len(content))]
    changed = bytearray(content)
    # Structures lie at the start and the end of these files; weights fill the middle.
    for _ in range(generator.choice([1, 3, 20])):
        where = generator.choice([2048, len(content)])
        position = generator.randrange(min(where, len(content)))
        if kind == 3:
            position = len(content) - 1 - position
        changed[position] ^= 1 << generator.randrange(8)
    return bytes(changed)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize("network", [plain, nested])
def test_damaged_files_give_a_model_or_a_sentence(
    network: Any, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"m{suffix}"
    shuffle_weights(network(keras)).save(path)
    content = path.read_bytes()
    generator = random.Random(len(content))  # noqa: S311
    for _ in range(40):
        path.write_bytes(damaged(content, generator))
        try:
            open_model(identify(str(path)))
        except ReportgenError as error:
            assert "\n" not in str(error)
