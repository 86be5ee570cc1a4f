"""Between which values an activation function stays, where it has bounds that can saturate."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportgen.inputs.graph.steps import Step

Bounds = tuple[float | None, float | None]

_BOUNDS: dict[str, Bounds] = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "hardsigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "hardtanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu6": (None, 6.0),
}


def bounds_of(step: "Step") -> Bounds:
    """The values (low, high) at which the layer's outputs saturate; None on a side without.

    Zero is no bound of a ReLU here: a channel that stays there is silent, not saturated. Softmax
    has none either, since most of its channels are meant to be near zero.
    """
    if step.fused_activation is not None:
        return _BOUNDS.get(_name(step.fused_activation), (None, None))
    if not step.is_activation:
        return _BOUNDS.get(_name(step.layer), (None, None))
    layer = step.layer
    if getattr(layer, "max_value", None) is not None:
        return None, float(layer.max_value)
    return _BOUNDS.get(_name(getattr(layer, "activation", layer)), (None, None))


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__)).lower()
