"""Whether a network weighs the places of a layer's maps one by one."""

from math import prod

from reportgen.records.model import Layer, Model


def flattens(model: Model, path: str) -> bool:
    """Whether the layer's maps are flattened on their way, not averaged over their places.

    A convolution over the whole map has a weight for each place, as a dense layer behind
    a flat map.

    Grad-CAM averages gradients over places, which is exact only where the network does that too:
    R. L. Draelos and L. Carin, "Use HiResCAM Instead of Grad-CAM for Faithful Explanations of
    Convolutional Neural Networks", 2020.
    """
    follow: dict[str, list[Layer]] = {}
    for layer in model.layers:
        for tensor in layer.inputs:
            follow.setdefault(tensor, []).append(layer)
    waiting, seen = [path], {path}
    while waiting:
        for layer in follow.get(waiting.pop(), ()):
            flat = len(layer.output_shape) == 2
            if (flat and layer.type in ("Flatten", "Reshape")) or _over_the_whole_map(layer):
                return True
            if layer.path not in seen and not flat and layer.spatial:
                seen.add(layer.path)
                waiting.append(layer.path)
    return False


def _over_the_whole_map(layer: Layer) -> bool:
    """Whether it is a convolution whose output has a single place."""
    numbers = prod(size or 1 for size in layer.output_shape[1:])
    return layer.convolution and not layer.spatial and numbers == layer.channels
