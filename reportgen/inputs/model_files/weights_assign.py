"""Giving arrays to a layer's variables: every shape is checked before a number is read."""

from collections.abc import Sequence
from typing import Any, Protocol

from reportgen.errors import ModelFileError
from reportgen.printable import quoted


class Array(Protocol):
    """An array that knows its shape and can be read."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""

    def read(self) -> Any:
        """The array's numbers."""


class WeightsMismatchError(ModelFileError):
    """Weights that do not belong to the network: says which layer, and both shapes."""


def size_text(shape: Sequence[Any]) -> str:
    """A shape for people: 3 × 3 × 64, or "one number"."""
    return " × ".join(map(str, shape)) if len(shape) else "one number"


def assign(variable: Any, array: Array, layer_name: str, file_name: str) -> None:
    """Give one variable its numbers; raises `WeightsMismatchError` when the shapes differ."""
    expected = tuple(variable.shape)
    if tuple(array.shape) != expected:
        raise WeightsMismatchError(
            f"{file_name} does not fit the layer {quoted(layer_name[:80])}: it holds"
            f" {size_text(array.shape)} weights where the network has {size_text(expected)}"
            f" ({variable.name})."
        )
    variable.assign(array.read())


def finish(layer: Any) -> None:
    """Let a layer work out what follows from its weights (Normalization does)."""
    finalize = getattr(layer, "finalize_state", None)
    if callable(finalize):
        finalize()
