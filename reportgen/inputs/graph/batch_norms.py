"""What a network's batch normalisations remember of the images that it was trained on."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from reportgen.inputs.network import Network

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BatchNorm:
    """One BatchNormalization layer.

    Attributes:
        path: of the layer.
        axis: the axis of the channels in its output.
        gain: (channels,), by which normalised values are multiplied.
        shift: (channels,), which is added then.
        mean: (channels,), remembered of its input in training.
        variance: (channels,), remembered likewise, with the layer's epsilon.
        least: the smallest variance that any of the network's batch normalisations remembers.
            Variances start at 1, so no more than this share of the start is left in them.

    """

    path: str
    axis: int
    gain: Floats
    shift: Floats
    mean: Floats
    variance: Floats
    least: float = 0.0

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """The channels of which the output tells the input, and whose variance is not nothing."""
        return np.logical_and(
            np.abs(self.gain) > 1e-3, self.variance > 1e-6 * np.max(self.variance)
        )

    def moments_of_input(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the input by those of the output; of known channels alone."""
        known, deviation = self.known, np.sqrt(self.variance)
        scale = deviation[known] / self.gain[known]
        return (
            (mean[known] - self.shift[known]) * scale + self.mean[known],
            variance[known] * scale**2,
        )


def first_batch_norms(network: "Network", most: int) -> list[BatchNorm]:
    """The first such layers that are not as they were made: training has passed through them.

    As many training steps passed through all of them, so each has the `least` variance of all.
    """
    import keras  # this module is read when a build is planned, before TensorFlow is

    found: list[BatchNorm] = []
    for step in network.trace.steps:
        layer: Any = step.layer
        if not isinstance(layer, keras.layers.BatchNormalization) or not layer.built:
            continue
        axis = layer.axis if isinstance(layer.axis, int) else next(iter(layer.axis))
        mean = np.asarray(layer.moving_mean, np.float64)
        variance = np.asarray(layer.moving_variance, np.float64)
        untouched = not mean.any() and np.all(variance == 1)
        if untouched or not (np.isfinite(mean).all() and np.isfinite(variance).all()):
            continue
        ones, zeros = np.ones_like(mean), np.zeros_like(mean)
        gain = np.asarray(layer.gamma, np.float64) if layer.scale else ones
        shift = np.asarray(layer.beta, np.float64) if layer.center else zeros
        candidate = BatchNorm(step.path, axis, gain, shift, mean, variance + layer.epsilon)
        if candidate.known.any():
            found.append(candidate)
    least = min((float(batch_norm.variance.min()) for batch_norm in found), default=0.0)
    return [replace(batch_norm, least=least) for batch_norm in found[:most]]
