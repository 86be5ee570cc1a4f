"""Every rule by itself: what it changes, and what it leaves alone."""

import copy
from typing import Any

import pytest

from reportgen.inputs.model_files.migration import RULES, migrate
from reportgen.inputs.model_files.migration.driver import find_origin

from .stored_files import call, functional, layer

RULE = {rule.name: rule for rule in RULES}
INPUT = layer("InputLayer", name="in", batch_shape=[None, 4, 4, 3])

CASES: list[tuple[str, dict, Any]] = [
    ("plain_values", {"class_name": "__tuple__", "items": [1, 2]}, [1, 2]),
    (
        "sequential_list",
        {"class_name": "Sequential", "config": [INPUT]},
        layer("Sequential", name="sequential", layers=[INPUT]),
    ),
    (
        "sequential_list",
        layer("Sequential", name="s", layers=[INPUT, {"class_name": "Sequential", "config": []}]),
        layer("Sequential", name="s",
              layers=[INPUT, layer("Sequential", name="unnamed_sequential_1", layers=[])]),
    ),
    (
        "keras1_merge_branches",
        layer("Sequential", name="s", layers=[
            layer("Merge", name="m", mode="sum", layers=[
                layer("Sequential", layers=[layer("ReLU", name="r", batch_input_shape=[None, 2])]),
                layer("Flatten", name="f", batch_input_shape=[None, 2]),
            ]),
        ]),
        functional(
            [
                call(layer("InputLayer", name="r_input_1", batch_input_shape=[None, 2],
                           dtype="float32")),
                call(layer("ReLU", name="r", batch_input_shape=[None, 2]), "r_input_1"),
                call(layer("InputLayer", name="f_input_2", batch_input_shape=[None, 2],
                           dtype="float32")),
                call(layer("Flatten", name="f", batch_input_shape=[None, 2]), "f_input_2"),
                call(layer("Merge", name="m", mode="sum", layers=None), "r", "f"),
            ],
            ["r_input_1", "f_input_2"],
            ["m"],
            name="s",
        ),
    ),
    (
        "unwrap_quantised",
        layer("PruneLowMagnitude", name="p", layer=layer("Dense", name="d", units=2)),
        layer("Dense", name="p", units=2),
    ),
    ("keras1_class_names", layer("Convolution2D", name="c"), layer("Conv2D", name="c")),
    (
        "keras1_merge",
        layer("Merge", name="m", mode="concat", concat_axis=3, output_mask=None),
        layer("Concatenate", name="m", axis=3),
    ),
    (
        "keras1_argument_names",
        layer("Conv2D", nb_filter=4, nb_row=3, nb_col=5, border_mode="same", dim_ordering="th",
              subsample=[2, 2], bias=True, init="uniform"),
        layer("Conv2D", filters=4, padding="same", data_format="channels_first", strides=[2, 2],
              use_bias=True, kernel_size=[3, 5]),
    ),
    (
        "keras1_argument_names",
        layer("Dense", output_dim=3, input_dim=7, W_regularizer=None, activation="relu"),
        layer("Dense", units=3, activation="relu"),
    ),
    ("keras1_argument_names", layer("Dropout", p=0.5), layer("Dropout", rate=0.5)),
    ("keras2_class_names", layer("BatchNormalizationV1"), layer("BatchNormalization")),
    ("keras2_class_names", layer("ThresholdedReLU", theta=0.3), layer("ReLU", threshold=0.3)),
    ("keras2_class_names", layer("LeakyReLU", alpha=0.1), layer("LeakyReLU", negative_slope=0.1)),
    (
        "input_first",
        layer("Sequential", layers=[layer("Flatten", name="f", batch_input_shape=[None, 4, 4])]),
        layer(
            "Sequential",
            layers=[
                layer("InputLayer", batch_shape=[None, 4, 4], dtype="float32", name="f_input"),
                layer("Flatten", name="f", batch_input_shape=[None, 4, 4]),
            ],
        ),
    ),
    (
        "input_shape_keys",
        layer("InputLayer", name="i", batch_input_shape=[None, 2], sparse=False, ragged=False),
        layer("InputLayer", name="i", batch_shape=[None, 2]),
    ),
    ("input_shape_keys", layer("Flatten", batch_input_shape=[None, 2]), layer("Flatten")),
    (
        "stated_training_leftovers",
        layer("Dense", units=2, kernel_initializer=layer("Zeros", dtype="float32"),
              bias_constraint=None),
        layer("Dense", units=2),
    ),
    ("training_leftovers", layer("Dense", units=2, kernel_regularizer={}), layer("Dense", units=2)),
    (
        "dtype_policies",
        layer("Dense", dtype=layer("Policy", name="mixed_float16")),
        layer("Dense", dtype="mixed_float16"),
    ),
    (
        "cudnn",
        layer("CuDNNGRU", name="g", units=2, stateful=False),
        layer("GRU", name="g", units=2, stateful=False, activation="tanh",
              recurrent_activation="sigmoid", reset_after=True),
    ),
    (
        "hard_sigmoid",
        layer("LSTM", recurrent_activation="hard_sigmoid", activation="tanh"),
        layer("LSTM", recurrent_activation="hard_sigmoid_of_keras_2", activation="tanh"),
    ),
    ("time_major", layer("LSTM", units=1, time_major=False), layer("LSTM", units=1)),
    (
        "recurrent_defaults",
        layer("GRU", units=1, recurrent_activation="sigmoid"),
        layer("GRU", units=1, recurrent_activation="sigmoid", reset_after=False),
    ),
    ("axis_lists", layer("BatchNormalization", axis=[3]), layer("BatchNormalization", axis=3)),
    ("no_operation", layer("FixedDropout", name="d", rate=0.2), layer("Identity", name="d")),
    (
        "unwrap_quantised",
        layer("TensorFlowModelOptimization>QuantizeAnnotate", name="q",
              layer=layer("Conv2D", name="c", activation="relu"), quantize_config=None),
        layer("Conv2D", name="q", activation="relu"),
    ),
    (
        "unwrap_quantised",
        layer("Vitis>VitisQuantize", name="v", quantizer=layer("Vitis>Quantizer"), mode="QCB"),
        layer("Identity", name="v"),
    ),
    (
        "unwrap_quantised",
        layer("Conv2D", name="c", filters=2,
              activation=layer("Vitis>NoQuantizeActivation", activation="relu", mode="QCB")),
        layer("Conv2D", name="c", filters=2, activation="relu"),
    ),
    (
        "scaled_sum",
        layer("Lambda", name="block35_1", trainable=True, function=["code", None, None],
              arguments={"scale": 0.17}),
        layer("CustomScaleLayer", name="block35_1", trainable=True, scale=0.17),
    ),
    (
        "operations",
        {**layer("Add", name="add"), "inbound_nodes": []},
        {**layer("Add", name="add"), "inbound_nodes": [], "module": "keras.ops"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "before", "after"), CASES)
def test_a_rule_changes_what_it_should(rule: str, before: dict, after: Any) -> None:
    kept = copy.deepcopy(before)
    assert RULE[rule].apply(before) == after
    assert before == kept


@pytest.mark.parametrize("rule", list(RULE))
def test_a_rule_leaves_other_layers_alone(rule: str) -> None:
    other = layer("Permute", name="p", dims=[2, 1])
    assert RULE[rule].apply(other) is other


def test_every_rule_is_tried_above_or_below() -> None:
    tried = {rule for rule, _, _ in CASES}
    assert set(RULE) - tried == {"nested_calls", "node_references", "output_references"}


def inner_model() -> dict:
    return functional([call(layer("InputLayer", name="i"))], ["i"], ["i"], name="inner")


def outer_model(index: int) -> dict:
    return functional(
        [
            call(layer("InputLayer", name="in")),
            {**inner_model(), "name": "inner", "inbound_nodes": [[["in", 0, 0, {}]]]},
            {
                **layer("Add", name="a"),
                "name": "a",
                "inbound_nodes": [[["inner", index, 0, {}], ["in", 0, 0, {"scale": 2}]]],
            },
        ],
        ["in"],
        ["a"],
    )


@pytest.mark.parametrize("index", [0, 1])
def test_calls_become_arguments_and_nested_calls_start_at_0(index: int) -> None:
    migrated = migrate(outer_model(index), "2.3.1")
    last = migrated.config["config"]["layers"][2]
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}
        for name in ("inner", "in")
    ]
    assert last["inbound_nodes"] == [{"args": [tensors], "kwargs": {"scale": 2}}]
    assert migrated.config["config"]["output_layers"] == ["a", 0, 0]
    assert ("calls of nested models were counted from 1" in migrated.sentences) == (index == 1)


def test_tensors_in_keywords_and_constants() -> None:
    node = {
        **layer("TFOpLambda", name="t", function="math.subtract"),
        "name": "t",
        "inbound_nodes": [[["_CONSTANT_VALUE", -1, 5.0, {"y": ["in", 0, 0], "name": None}]]],
    }
    config = functional([call(layer("InputLayer", name="in")), node], ["in"], ["t"])
    (made,) = migrate(config, "2.8.0").config["config"]["layers"][1]["inbound_nodes"]
    assert made["args"] == [5.0]
    assert made["kwargs"]["y"]["config"]["keras_history"] == ["in", 0, 0]


def test_keras_3_counts_nested_calls_from_1_only_at_its_outputs() -> None:
    inner = {**inner_model(), "class_name": "Functional", "name": "inner", "inbound_nodes": []}
    config = functional([call(layer("InputLayer", name="in")), inner], ["in"], ["inner"])
    config["config"]["output_layers"] = [["inner", 1, 0]]
    assert migrate(config, "3.4.1").config["config"]["output_layers"] == [["inner", 0, 0]]


@pytest.mark.parametrize(
    ("version", "config", "origin"),
    [
        ("1.2.0", {}, 1),
        ("2.3.0-tf", {}, 2),
        ("3.10.0", {}, 3),
        (None, layer("Sequential", layers=[layer("Convolution2D", nb_filter=2)]), 1),
        (None, layer("Sequential", layers=[INPUT]), 3),
        (None, layer("Sequential", layers=[layer("Conv2D", filters=2)]), 2),
        ("unknown", {}, 2),
    ],
)
def test_origins(version: str | None, config: dict, origin: int) -> None:
    assert find_origin(config, version) == origin


def test_a_file_of_today_is_said_to_need_nothing() -> None:
    config = layer("Sequential", name="s", layers=[INPUT, layer("Conv2D", name="c", filters=2)])
    assert migrate(config, "3.15.1").sentences == ()
