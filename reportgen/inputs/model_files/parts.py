"""The parts of a model: each stored layer beside the Keras object made from it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from reportgen.errors import ModelFileError


@dataclass
class Part:
    """One stored layer.

    `name` and `class_name` are as the file has them; `layer` is the Keras object (None when it was
    cut); `children` are the layers of a nested model in stored order, empty for anything else.
    """

    name: str
    class_name: str
    layer: Any
    children: list["Part"] = field(default_factory=list)

    @classmethod
    def of_model(cls, model: Any) -> "Part":
        """The parts of a model that was built by code."""
        import keras

        children = [
            cls.of_model(layer)
            if isinstance(layer, keras.Model)
            else cls(layer.name, type(layer).__name__, layer)
            for layer in model.layers
        ]
        return cls(model.name, type(model).__name__, model, children)

    def leaves(self) -> Iterator["Part"]:
        """The parts below that are no models themselves, in stored order."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


class UnknownLayersError(ModelFileError):
    """Layers whose meaning is not in Keras: each with a sentence that says what to give for it."""

    def __init__(self, file_name: str, reasons: dict[str, str]) -> None:
        self.reasons = reasons
        super().__init__(f"{file_name} needs help: {help_needed(reasons)}.")


def help_needed(reasons: dict[str, str]) -> str:
    """The sentences of unknown layers, by their names: one for each kind."""
    kinds: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        kinds.setdefault(reason.replace(name[:80], ""), []).append(reason)
    said = []
    for same in kinds.values():
        more = len(same) - 1
        others = f" (and {more} more layer{'s' if more > 1 else ''} of this kind)" if more else ""
        said.append(same[0] + others)
    return "; ".join(said)
