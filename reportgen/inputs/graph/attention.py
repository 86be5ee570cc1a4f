"""How strongly the class token, or the mean token, attends to each patch: maps of their own.

Every self-attention over tokens with a known grid gets a step "<layer>/attention" beside it, whose
channels are its heads. Nothing else in the network depends on it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras
from keras import KerasTensor, ops

from reportgen.inputs.geometry.axes import Axes, Axis, axis
from reportgen.inputs.geometry.places import Places
from reportgen.inputs.graph.steps import Step
from reportgen.inputs.graph.tracing import Trace

NAME = "attention"
_LAYERS = ("MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention")


class AttentionWeights(keras.Operation):  # type: ignore[misc]
    """The attention weights of a layer, for one query: the class token, or the mean of all."""

    def __init__(self, layer: Any, tokens: Axis) -> None:
        """Of the attention layer `layer`, whose keys are `tokens`."""
        super().__init__(name=NAME)
        self._layer = layer
        self.tokens = tokens

    def scores(self, *args: Any, **kwargs: Any) -> Any:
        """Weights (N, heads, queries, keys) behind softmax, for the layer's own arguments."""
        return self._layer(*args, **{**kwargs, "return_attention_scores": True})[1]

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Weights (N, heads, keys) of the query."""
        return query_of(self.scores(*args, **kwargs), self.tokens)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """Their shape."""
        return KerasTensor((None, self._layer.num_heads, self.tokens.size))


def query_of(scores: Any, tokens: Axis) -> Any:
    """Of weights (…, queries, keys) those of the class token, else the mean of all queries."""
    return scores[..., 0, :] if tokens.before else ops.mean(scores, axis=-2)


def with_attention(trace: Trace, places: Places) -> Trace:
    """The trace, with a step for the weights of each self-attention over tokens with a grid."""
    steps: list[Step] = []
    for step in trace.steps:
        steps.append(step)
        tokens = _tokens(step, places)
        if tokens is None or step.repeated:
            continue
        layer = AttentionWeights(step.layer, tokens)
        kwargs = _call_settings(step.kwargs)
        symbol = layer.compute_output_spec()
        heads = int(symbol.shape[1])
        found: Axes = (axis("N", 1), axis("C", heads), tokens)
        places.note(symbol, found)
        steps.append(
            replace(step, path=f"{step.path}/{NAME}", layer=layer, kwargs=kwargs,
                    outputs=(symbol,), owner=None, wrapper=type(step.layer).__name__)
        )  # fmt: skip
    return replace(trace, steps=tuple(steps))


def attention_steps(trace: Trace) -> list[Step]:
    """The steps that `with_attention` added, in order."""
    return [step for step in trace.steps if isinstance(step.layer, AttentionWeights)]


def _call_settings(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    left = ("training", "return_attention_scores")
    return {name: value for name, value in kwargs.items() if name not in left}


def _tokens(step: Step, places: Places) -> Axis | None:
    """The axis of tokens that a self-attention attends to; None for other steps."""
    if type(step.layer).__name__ not in _LAYERS or step.frames or len(step.inputs) < 2:
        return None
    query, value = (places.of(tensor) for tensor in step.inputs[:2])
    if len(query) != 3 or len(value) != 3 or query[1] != value[1]:
        return None
    found = query[1]
    plain = found.is_tokens and [atom.kind for atom in found.atoms] == ["H", "W"]
    return found if plain else None
