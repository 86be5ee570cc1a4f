"""Layers are grouped as people speak of them."""

import pytest

from reportgen.inputs.graph.blocks import Placed, blocks_of


def grouped(*layers):
    return blocks_of([Placed(*layer) for layer in layers])


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("block3_conv1", "block3"),
        ("conv4_block2_1_conv", "conv4_block2"),
        ("block_6_expand", "block_6"),
        ("block2a_dwconv", "block2a"),
        ("expanded_conv_3_depthwise", "expanded_conv_3"),
        ("convnext_tiny_stage_0_block_1_depthwise_conv", "stage_0_block_1"),
        ("mixed5", "mixed5"),
    ],
)
def test_blocks_from_names(name, block):
    assert grouped((name, (8, 8))) == [block]


def test_layers_around_the_named_ones_are_stem_top_and_head():
    found = grouped(
        ("conv1", (32, 32)), ("block1_conv1", (32, 32)), ("block2_conv1", (16, 16)),
        ("plain", (16, 16)), ("block3_conv1", (8, 8)), ("relu", (8, 8)), ("dense", None),
    )  # fmt: skip
    assert found == ["stem", "block1", "block2", "block2", "block3", "top", "head"]


def test_a_block_ends_with_its_pooling():
    found = grouped(
        ("conv", (32, 32)), ("pool", (16, 16), True), ("conv_1", (16, 16)),
        ("pool_1", (8, 8), True), ("flatten", None), ("dense", None),
    )  # fmt: skip
    assert found == ["block 1", "block 1", "block 2", "block 2", "head", "head"]


def test_a_block_begins_with_a_strided_convolution():
    found = grouped(("a", (32, 32)), ("b", (16, 16)), ("c", (16, 16)), ("d", (8, 8)))
    assert found == ["block 1", "block 2", "block 2", "block 3"]


def test_parallel_branches_of_different_sizes_stay_together():
    found = grouped(
        ("in", (32, 32)), ("shortcut", (16, 16)), ("main", (32, 32)), ("pool", (16, 16), True),
        ("add", (16, 16)),
    )  # fmt: skip
    assert found == ["block 1", "block 2", "block 2", "block 2", "block 2"]


def test_nested_models_have_blocks_of_their_own():
    found = grouped(
        ("augment/flip", (32, 32)), ("base/block_1_conv", (32, 32)),
        ("base/block_2_conv", (16, 16)), ("mean", None),
    )  # fmt: skip
    assert found == ["augment", "base/block_1", "base/block_2", "head"]


def test_a_model_without_maps_is_all_head():
    assert grouped(("dense", None), ("dense_1", None)) == ["head", "head"]
