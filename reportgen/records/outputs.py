"""What a report states of the model's outputs, and the values that they give for an image."""

from dataclasses import dataclass
from typing import Literal

from reportgen.records.base import LightRecord, Record

OutputKind = Literal["classes", "labels", "values", "embedding", "map", "sequence"]
"""Classes that exclude each other; labels, each by itself; values of a regression; an embedding; a
map, which has a number for each position of the image; a sequence of positions."""

Link = Literal["softmax", "sigmoid", "probability", "none"]
"""How probabilities follow from class scores: by a softmax; by a sigmoid, of a single unit; the
scores are logarithms of probabilities or means over positions; or not at all."""


class TensorInfo(Record):
    """One input or output of a model; a size that the model leaves open is None."""

    name: str
    shape: list[int | None]
    dtype: str


class Output(TensorInfo):
    """An output and what it means.

    `why` says in a clause what this was concluded from. `names` are those of its values or labels
    where its kind is "values"; empty otherwise. `explained`: the report's classes, or its values,
    are those of this output.
    """

    kind: OutputKind
    why: str
    activation: str
    units: int
    classes: int
    names: list[str]
    explained: bool


class Head(Record):
    """The output that the report explains.

    `activation` is the function that the layer ends with. A single unit that tells two classes
    apart has 2 `classes`; these are 0 where the output is not read as classes or labels, for the
    `reason` given. `kind` and `why` as in `Output`. `margins`: classes are told apart by
    margins, which are no probabilities. `exact`: class scores are the layer's values,
    before its activation function where that is no "linear".
    """

    name: str
    layer: str
    kind: OutputKind
    why: str
    activation: Literal["softmax", "sigmoid", "linear", "other"]
    units: int
    classes: int
    link: Link
    exact: bool
    margins: bool = False
    reason: str = ""
    """Why the output is not read as classes; empty where it is."""

    @property
    def binary(self) -> bool:
        """Whether a single unit tells two classes apart: their scores are each other's negative."""
        return self.units == 1 and self.classes == 2

    @property
    def targets(self) -> int:
        """How many scores can be explained: one a class; of a value its rise and its fall."""
        return 2 * self.units if self.kind == "values" else self.classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(LightRecord):
    """A value of one image: that of the unit `index` of an output."""

    output: str
    index: int
    name: str
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPrediction(LightRecord):
    """A class of one image by an output that the report does not explain.

    `probability` is 0..1, or None where the output gives none.
    """

    output: str
    index: int
    label: str
    probability: float | None
