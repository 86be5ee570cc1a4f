"""The loss that a model was compiled with, as its file stores it, and what it says of an output."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Purpose = Literal[
    "one class",
    "each class",
    "any class",
    "margin",
    "margins",
    "values",
    "embedding",
    "mask",
    "sequence",
    "unknown",
]
"""What a loss trains an output for.

"one class" of several that exclude each other; "each class" by itself; "any class": a
cross-entropy that does not say which of the two; "margin" of one class and "margins" of each: a
hinge loss.
"""

_PURPOSES: tuple[tuple[str, Purpose], ...] = (
    (r"ctc", "sequence"),
    (r"dice|tversky|jaccard|lovasz|\biou\b|intersection over union", "mask"),
    (r"triplet|contrastive|arcface|arc face|cosine|npair|ntxent|nt xent|circle loss", "embedding"),
    (r"categorical hinge", "margin"),
    (r"hinge", "margins"),
    (r"(binary|bin|sigmoid|bernoulli).*(cross ?entropy|focal|\bce\b)|\bbce\b", "each class"),
    (
        r"(categorical|softmax|sparse).*(cross ?entropy|focal|\bce\b)|\bs?cce\b|kl divergence"
        r"|kullback|\bkld\b|multinomial",
        "one class",
    ),
    (r"cross ?entropy|focal|\bnll\b|log ?loss\b", "any class"),
    (
        r"\bmse\b|\brmse\b|\bmae\b|\bmape\b|\bmsle\b|squared|absolute|percentage|huber"
        r"|log ?cosh|poisson|\bl1\b|\bl2\b|smooth|euclidean|wing|quantile|pinball|[gcds]iou"
        r"|regression|distance",
        "values",
    ),
)
"""Purposes by what a loss is called, the first that fits; words are apart by spaces."""


@dataclass(frozen=True)
class Loss:
    """A stored loss: its name, its purpose, and whether it takes logits (None: not said)."""

    name: str
    purpose: Purpose
    from_logits: bool | None = None


def stored_losses(training: Mapping[str, Any] | None, outputs: Sequence[str]) -> list[Loss | None]:
    """The loss of each output; None where the file stores none.

    `training` is what Keras stores as `compile_config` or `training_config`: its "loss" is one
    loss for all outputs, a list in their order, or a mapping by name. A loss is a name, or a
    configuration with `class_name` and `config`. Anything else in the file counts as no loss.
    """
    found = training.get("loss") if isinstance(training, Mapping) else None
    if isinstance(found, Mapping) and "class_name" not in found:
        return [_loss(found.get(name)) for name in outputs]
    if isinstance(found, list | tuple):
        several = [*found, *[None] * len(outputs)]
        return [_loss(stored) for stored in several[: len(outputs)]]
    return [_loss(found)] * len(outputs)


def _loss(stored: Any) -> Loss | None:
    name, from_logits = stored, None
    if isinstance(stored, Mapping):
        name, config = stored.get("class_name"), stored.get("config")
        if isinstance(config, Mapping):
            logits = config.get("from_logits")
            from_logits = logits if isinstance(logits, bool) else None
            if name == "LossFunctionWrapper":
                name = config.get("fn") or config.get("name")
        elif name == "function" and isinstance(config, str):
            name = config
    if not isinstance(name, str) or not name.strip():
        return None
    known = " ".join(words(name))
    purpose: Purpose = next(
        (known_purpose for pattern, known_purpose in _PURPOSES if re.search(pattern, known)),
        "unknown",
    )
    return Loss(" ".join(name.split())[:60], purpose, from_logits)


def words(name: str) -> list[str]:
    """The words of a name in lower case: "BinaryCrossentropy" and "bbox_head-2" are two each."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [word for word in re.split(r"[^a-z0-9]+|(?<=[a-z]{3})(?=\d)", apart.lower()) if word]
