"""Whether the network behind a layer is linear up to the class scores."""

from reportgen.records.model import Layer, Model

_LINEAR = frozenset(
    {"GlobalAveragePooling2D", "AveragePooling2D", "Flatten", "Reshape", "Permute", "Identity",
     "Dropout", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "AlphaDropout",
     "ZeroPadding2D", "Cropping2D"}
)  # fmt: skip
"""Layers that are linear in their input and add nothing, when the model predicts."""


def is_linear_behind(model: Model, path: str) -> bool:
    """Whether pooling by averages and one dense layer alone follow the layer, up to the scores.

    Then the class score, taken before softmax or sigmoid, is the sum over the layer's maps times
    the gradient, plus the biases.
    """
    follow: dict[str, list[Layer]] = {}
    for layer in model.layers:
        for source in layer.inputs:
            follow.setdefault(source, []).append(layer)
    at, dense = path, 0
    while at in follow:
        (*others, layer) = follow[at]
        if others or len(layer.inputs) != 1:
            return False
        if layer.type == "Dense":
            dense += 1
        elif not (layer.type in _LINEAR or layer.passes_through or _is_head(layer, follow)):
            return False
        at = layer.path
    return dense == 1


def _is_head(layer: Layer, follow: dict[str, list[Layer]]) -> bool:
    """Whether it is the softmax or sigmoid at the end."""
    return layer.type in ("Activation", "Softmax") and layer.path not in follow
