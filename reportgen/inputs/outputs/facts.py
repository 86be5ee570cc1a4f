"""What is known of an output, and what it comes to mean: the words of the other modules here."""

from dataclasses import dataclass
from typing import Literal

from reportgen.inputs.outputs.losses import Loss
from reportgen.records.outputs import Link, OutputKind

Form = Literal["distribution", "logarithms", "shares", "linear", "other"]
"""What the numbers are: non-negative rows of one sum, logarithms of rows that sum to one, numbers
from 0 to 1 that stand by themselves, numbers without a last activation function, or something
else."""

Reading = Literal["as it is", "share of the sum", "exp", "softmax", "sigmoid", "clip", "none"]
"""What makes probabilities of the output's numbers."""


@dataclass(frozen=True)
class Evidence:
    """What is known of an output.

    `shape` is that of one image, without axes of one; `units` the size of its last axis.
    `activation` is the name of the last activation function, `then` the types of steps that compute
    something behind it. `flattened` says that a stack of maps
    was laid out as a row; `dense` that a dense layer or a convolution makes the numbers; `enlarged`
    that maps are larger at the end than inside. `norm_one`: rows have the Euclidean norm one;
    `total` is what rows of a distribution sum to; `rough`: the function is another than a sigmoid,
    but from 0 to 1 as well.
    """

    form: Form
    activation: str
    shape: tuple[int, ...]
    units: int
    words: frozenset[str]
    loss: Loss | None = None
    then: tuple[str, ...] = ()
    norm_one: bool = False
    dense: bool = True
    flattened: bool = False
    enlarged: bool = False
    like_image: bool = False
    total: float = 1.0
    rough: bool = False

    @property
    def ending(self) -> str:
        """The last activation and what its numbers are, as a clause."""
        makers = ", then ".join((self.activation, *self.then))
        if self.form == "linear":
            linear = self.activation == "linear" and not self.then
            return "no activation function" if linear else f"{makers}: neither softmax nor sigmoid"
        whole = "one" if abs(self.total - 1) < 0.01 else f"{self.total:.3g}"
        numbers = {
            "distribution": f"non-negative numbers that sum to {whole}",
            "logarithms": "logarithms of numbers that sum to one",
            "shares": "numbers from 0 to 1, each by itself",
            "other": "no numbers from 0 to 1" if self.then else "neither softmax nor sigmoid",
        }
        return f"{makers}: {numbers[self.form]}"


@dataclass(frozen=True)
class Meaning:
    """What an output means; `classes` is 0 where it is not read as classes or labels.

    `reason` says why not; empty otherwise.
    """

    kind: OutputKind
    why: str
    classes: int = 0
    reading: Reading = "none"
    link: Link = "none"
    reason: str = ""
