"""Model files written by hand, as old versions of Keras wrote them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Weights = Mapping[str, Sequence[tuple[str, np.ndarray]]]


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def call(node: dict[str, Any], *inputs: str, call_index: int = 0, **keywords: Any) -> dict:
    """The same layer as Keras 2 stores it in a Functional model: called once, on layers by name."""
    references = [[name, call_index, 0, keywords] for name in inputs]
    return {
        **node,
        "name": node["config"]["name"],
        "inbound_nodes": [references] if inputs else [],
    }


def functional(
    layers: list[dict], inputs: list[str], outputs: list[str], name: str = "model_1", **config: Any
) -> dict[str, Any]:
    return {
        "class_name": "Model",
        "config": {
            "name": name,
            "layers": layers,
            "input_layers": [[item, 0, 0] for item in inputs],
            "output_layers": [[item, 0, 0] for item in outputs],
            **config,
        },
    }


def write_hdf5(
    path: Path,
    config: Any,
    weights: Weights,
    keras_version: str | None = "2.1.6",
    backend: str | None = "tensorflow",
) -> str:
    """A whole model, as `model.save` of Keras 1 and 2 laid it out; `config` is JSON or its text."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = (
            config if isinstance(config, str | bytes) else json.dumps(config).encode()
        )
        if keras_version is not None:
            file.attrs["keras_version"] = keras_version.encode()
        if backend is not None:
            file.attrs["backend"] = backend.encode()
        write_weights(file.create_group("model_weights"), weights)
    return str(path)


def write_weights(group: h5py.Group, weights: Weights) -> None:
    group.attrs["layer_names"] = [name.encode() for name in weights]
    for name, arrays in weights.items():
        inner = group.require_group(name)
        inner.attrs["weight_names"] = [weight_name.encode() for weight_name, _ in arrays]
        for weight_name, array in arrays:
            inner.create_dataset(weight_name, data=array)


def numbers(*shape: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed + sum(shape)).uniform(0.1, 0.9, shape).astype("float32")


def image(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).random((2, *shape), dtype="float32")
