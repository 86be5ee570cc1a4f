"""The penultimate layer: what the class scores are computed from."""

from reportgen.records.model import Layer, Model

_LAST = frozenset(
    {"Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv3D", "SeparableConv2D", "DepthwiseConv2D",
     "LocallyConnected2D", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "TimeDistributed",
     "MultiHeadAttention"}
)  # fmt: skip
"""Layers that combine the features of their input by weights."""

_LAID_OUT = frozenset({"Flatten", "Reshape", "Permute", "Identity"})
"""Layers that hold the same features in another order."""


def penultimate_layer(model: Model) -> tuple[str, str]:
    """The path of the layer whose output the last layer with weights gets, and "".

    Dropout, flattening and the like between the two are passed over. Where several layers feed the
    output, it is the layer that Grad-CAM takes. Where there is no layer, "" and the reason.
    """
    if model.head is None:
        return "", "the model has no output of its own"
    layers = {layer.path: layer for layer in model.layers}
    last = _last_weighted(layers, model.head.layer)
    if last is None:
        path = model.last_spatial_layer or ""
        return path, "" if path else "no single layer leads to the class scores"
    source = layers.get(last.inputs[0]) if last.inputs else None
    while source is not None and (source.type in _LAID_OUT or source.passes_through):
        source = layers.get(source.inputs[0]) if len(source.inputs) == 1 else None
    if source is None or not source.inputs or source.type == "InputLayer":
        return "", "the class scores are computed from the pixels, with no layer of features before"
    return source.path, ""


def _last_weighted(layers: dict[str, Layer], path: str) -> Layer | None:
    """The last layer that combines features, from the output back; None behind a junction."""
    layer = layers.get(path)
    while layer is not None and layer.type not in _LAST:
        layer = layers.get(layer.inputs[0]) if len(layer.inputs) == 1 else None
    return layer
