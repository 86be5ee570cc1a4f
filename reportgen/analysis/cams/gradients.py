"""Gradients of class scores, with respect to a layer's maps or to the image.

All automatic differentiation is here and in `ascents`.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.engine import Watch, engine

if TYPE_CHECKING:
    from reportgen.inputs.network import Network
    from reportgen.inputs.outputs.reading import ClassScores

ScoreGradients = Callable[
    ...,
    tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.float32]],
]

ClassGradients = Callable[
    [Any, npt.NDArray[np.int32]], tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
]

DepthGradients = Callable[
    ...,
    tuple[
        list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]],
        npt.NDArray[np.int32],
    ],
]

ImageGradients = Callable[[Any, npt.NDArray[np.int32]], npt.NDArray[np.float32]]


def score_gradients(
    network: "Network", layer: str, top: int | None, places: Sequence[str] = ()
) -> ScoreGradients:
    """A function that differentiates class scores with respect to a layer's maps.

    For preprocessed images (N, H, W, C) it returns the layer's maps (N, h, w, channels), the
    classes (N, K) and the gradients of their scores (K, N, h, w, channels). The classes are those
    of the `top` highest scores, highest first, or where `top` is None, the one, or the several,
    that it is called with. Scores are taken before softmax or sigmoid. `places` are the devices
    that share a batch.
    """
    from keras import ops

    head = class_scores(network)

    def differentiate(values: Any, chosen: Any) -> Any:
        count = int(chosen.shape[1]) if top is None else min(top, head.head.targets)

        def run(watch: Watch) -> Any:
            scores = _scores(network, head, [layer], values, watch)
            classes = chosen if top is None else ops.top_k(scores, count)[1]
            return [_picked(scores, classes[:, k]) for k in range(count)], classes

        (watched,), gradients, classes = engine().layer_gradients(run, [layer])
        maps = network.maps(watched, layer)
        return (
            maps,
            classes,
            ops.stack([network.maps(gradient, layer) for (gradient,) in gradients], axis=1),
        )

    graph = engine().compiled(differentiate, network.variables, places)

    def compute(values: Any, chosen: int | Sequence[int] | None = None) -> Any:
        asked = np.atleast_1d(0 if chosen is None else chosen).astype(np.int32)
        wanted = np.tile(asked, (len(values), 1))
        maps, classes, gradients = graph(np.asarray(values, np.float32), wanted)
        return maps, classes, np.moveaxis(gradients, 1, 0)

    return compute


def class_gradients(network: "Network", layer: str, places: Sequence[str] = ()) -> ClassGradients:
    """As `score_gradients`, but each image (N, H, W, C) comes with its own class (N,).

    Returns the layer's maps and the gradients of the scores, both (N, h, w, channels).
    """
    head = class_scores(network)

    def differentiate(values: Any, classes: Any) -> Any:
        def run(watch: Watch) -> Any:
            return [_picked(_scores(network, head, [layer], values, watch), classes)], None

        (watched,), ((slope,),), _ = engine().layer_gradients(run, [layer])
        return network.maps(watched, layer), network.maps(slope, layer)

    graph = engine().compiled(differentiate, network.variables, places)

    def compute(values: Any, classes: npt.NDArray[np.int32]) -> Any:
        return graph(np.asarray(values, np.float32), np.asarray(classes, np.int32))

    return compute


def depth_gradients(
    network: "Network", layers: Sequence[str], places: Sequence[str] = ()
) -> DepthGradients:
    """A function that differentiates one class score with respect to several layers at once.

    For preprocessed images (N, H, W, C) it returns each layer's maps and gradients, both
    (N, h, w, channels), and the classes (N,): the one that it is called with, else the image's
    own with the highest score.
    """
    from keras import ops

    head = class_scores(network)

    def differentiate(values: Any, chosen: Any) -> Any:
        def run(watch: Watch) -> Any:
            scores = _scores(network, head, layers, values, watch)
            classes = ops.where(chosen < 0, ops.top_k(scores, 1)[1][:, 0], chosen)
            return [_picked(scores, classes)], classes

        watched, (slopes,), classes = engine().layer_gradients(run, layers)
        pairs = [
            (network.maps(output, path), network.maps(slope, path))
            for path, output, slope in zip(layers, watched, slopes, strict=True)
        ]
        return pairs, classes

    graph = engine().compiled(differentiate, network.variables, places)

    def compute(values: Any, chosen: int | None = None) -> Any:
        wanted = np.full(len(values), -1 if chosen is None else chosen, np.int32)
        return graph(np.asarray(values, np.float32), wanted)

    return compute


def image_gradients(network: "Network", places: Sequence[str] = ()) -> ImageGradients:
    """A function that differentiates class scores with respect to the image itself.

    It takes preprocessed images (N, H, W, C), each with its own class (N,), and returns gradients
    (N, H, W, C).
    """
    head = class_scores(network)

    def differentiate(values: Any, classes: Any) -> Any:
        def scores(at: Any) -> Any:
            return _picked(head.scores(*network.run(at, head.paths)), classes), None

        return engine().gradient(scores, values)[0]

    graph = engine().compiled(differentiate, network.variables, places)

    def compute(values: Any, classes: npt.NDArray[np.int32]) -> Any:
        return graph(np.asarray(values, np.float32), np.asarray(classes, np.int32))

    return compute


def _picked(values: Any, numbers: Any) -> Any:
    """See `picked`; Keras is imported by whoever opened the network."""
    from reportgen.inputs.graph.slim import picked

    return picked(values, numbers)


def class_scores(network: "Network") -> "ClassScores":
    """The class scores of the network; raises ValueError where it has none."""
    head = network.class_scores
    if head is None or not head.head.targets:
        raise ValueError("the model has no class scores")
    return head


def _scores(
    network: "Network", head: "ClassScores", layers: Sequence[str], values: Any, watch: Watch
) -> Any:
    """The class scores, with `watch` as observer of a run that passes all these layers."""
    behind, before = network.run(values, [*layers, *head.paths], watch)
    return head.scores(behind[len(layers) :], before[len(layers) :])
