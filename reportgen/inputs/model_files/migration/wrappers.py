"""Wrappers for quantisation and pruning: the layer inside is the network's.

Those of the TensorFlow Model Optimization toolkit, and of Vitis AI, which began as a copy of it.
"""

from typing import Any

from reportgen.inputs.model_files.migration.rule import (
    EVERY_ORIGIN,
    Node,
    Rule,
    class_name,
    settings,
    with_settings,
)

_WRAPPERS = {
    "QuantizeWrapper",
    "QuantizeWrapperV2",
    "QuantizeAnnotate",
    "PruneLowMagnitude",
    "ClusterWeights",
    "VitisQuantizeWrapper",
}
_QUANTISERS = {"QuantizeLayer", "VitisQuantize"}
"""Layers that only round what passes."""
_ACTIVATIONS = {"NoOpActivation", "NoQuantizeActivation", "QuantizeAwareActivation"}
_ACTIVATIONS |= {f"Vitis{name}" for name in _ACTIVATIONS}


def _bare(name: str) -> str:
    """`TensorFlowModelOptimization>QuantizeWrapperV2` without its package."""
    return name.rsplit(">", 1)[-1]


def _unwrap(node: Node) -> Node:
    name = _bare(class_name(node))
    config = settings(node)
    if name in _WRAPPERS and isinstance(config.get("layer"), dict):
        inner = config["layer"]
        inner_config = _plain_activation(settings(inner))
        # The graph refers to the wrapper's name.
        inner_config = {**inner_config, "name": config.get("name", inner_config.get("name"))}
        kept: Node = {key: node[key] for key in ("name", "inbound_nodes") if key in node}
        return {**with_settings(inner, inner_config), **kept}
    if name in _QUANTISERS:
        own = {key: config[key] for key in ("name", "trainable", "dtype") if key in config}
        return {**node, "class_name": "Identity", "config": own}
    activation = config.get("activation")
    if isinstance(activation, dict) and _bare(class_name(activation)) in _ACTIVATIONS:
        return with_settings(node, _plain_activation(config))
    return node


def _plain_activation(config: Node) -> Node:
    """An activation that also quantises is the activation that it holds."""
    activation: Any = config.get("activation")
    while isinstance(activation, dict) and "activation" in settings(activation):
        activation = settings(activation)["activation"]
    if isinstance(activation, dict) and _bare(class_name(activation)) == "NoOpActivation":
        activation = "linear"
    return {**config, "activation": activation} if "activation" in config else config


UNWRAP_QUANTISED = Rule(
    "unwrap_quantised",
    "wrappers for quantisation or pruning were taken off; the report shows the layers inside,"
    " in full precision",
    _unwrap,
    EVERY_ORIGIN,
)
