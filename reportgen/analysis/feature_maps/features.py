"""The features of an image: the channel means of the penultimate layer, from the usual pass."""

from typing import TYPE_CHECKING, Any

from reportgen.analysis.feature_maps.penultimate import penultimate_layer
from reportgen.analysis.request import Request

if TYPE_CHECKING:
    from reportgen.inputs.network import Network


def features_wanted(request: Request) -> str:
    """The path of the layer whose channel means are kept; empty where no section asks for them."""
    if request.no_image or not (request.wants("map") or request.wants("confusions")):
        return ""
    return penultimate_layer(request.model)[0]


def channel_means(network: "Network", values: Any, path: str) -> Any:
    """The mean of each channel over all places, (N, channels); None without a layer.

    `values` are what the layer gives for a batch: maps, tokens or a vector of features.
    """
    if not path:
        return None
    from keras import ops

    spatial = network.map_size(path) is not None
    found = network.maps(values, path) if spatial else ops.cast(values, "float32")
    places = tuple(range(1, len(found.shape) - 1))
    return ops.mean(found, axis=places) if places else found
