"""What an output's numbers are: by the graph, and by trying a few images of chance."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from reportgen.inputs.outputs.facts import Form
from reportgen.inputs.outputs.graph import Walk

CLOSE = 5e-3
"""How far numbers may be apart that are the same; mixed precision has three digits."""

_KNOWN_LAYERS = {"Dense", "Conv2D", "Conv2DTranspose", "GlobalAveragePooling2D", "MaxPooling2D"}
_KNOWN_LAYERS |= {"GlobalMaxPooling2D", "BatchNormalization", "Activation", "ReLU", "LeakyReLU"}
_KNOWN_LAYERS |= {"AveragePooling2D", "SeparableConv2D", "EinsumDense", "UpSampling2D", "PReLU"}

WITH_UNITS = {"Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv2DTranspose", "SeparableConv2D"}


@dataclass(frozen=True)
class Probed:
    """An output on numbers of chance: all rows (M, units), and what led to them."""

    behind: list[Any]
    before: list[Any]
    rows: npt.NDArray[np.float64]

    @classmethod
    def of(cls, found: tuple[list[Any], list[Any]], axis: int) -> "Probed":
        """Of what was found behind and before; `axis` is that of the classes."""
        behind, before = found
        values = np.asarray(keras.ops.convert_to_numpy(behind[-1]), np.float64)
        if values.ndim > 1:
            values = np.moveaxis(values, axis, -1)
        return cls(behind, before, values.reshape(-1, values.shape[-1] if values.ndim > 1 else 1))

    @property
    def sums(self) -> npt.NDArray[np.float64]:
        """The sum of each row."""
        return np.asarray(self.rows.sum(axis=1))

    @property
    def finite(self) -> bool:
        """Whether all numbers are finite."""
        return bool(np.isfinite(self.rows).all())

    @property
    def is_distribution(self) -> bool:
        """Whether rows are non-negative and have the same sum, one or a hundred."""
        return (
            self.finite
            and self.rows.shape[1] > 1
            and bool(self.rows.min() >= -1e-6)
            and any(np.allclose(self.sums, total, rtol=CLOSE) for total in (1, 100))
        )

    @property
    def has_one_sum(self) -> bool:
        """Whether rows are non-negative, differ, and have the same sum, whichever it is."""
        return (
            self.finite
            and self.rows.shape[1] > 1
            and bool(self.rows.min() >= -1e-6 and self.total > CLOSE)
            and bool(np.ptp(self.rows, axis=0).max() > 1e-6)
            and np.allclose(self.sums, self.total, rtol=CLOSE)
        )

    @property
    def total(self) -> float:
        """What rows sum to, on average."""
        return float(np.mean(self.sums))

    @property
    def are_logarithms(self) -> bool:
        """Whether the exponentials of each row sum to one."""
        if not self.finite or self.rows.shape[1] < 2 or self.rows.max() > 1e-4:
            return False
        return bool(np.allclose(np.exp(self.rows).sum(axis=1), 1, atol=CLOSE))

    @property
    def inside(self) -> bool:
        """Whether all numbers are from 0 to 1."""
        return bool(self.finite and self.rows.min() >= 0 and self.rows.max() <= 1)

    @property
    def are_shares(self) -> bool:
        """Whether all numbers are from 0 to 1, and not all the same."""
        return self.inside and bool(np.ptp(self.rows) > 0)

    @property
    def norm_one(self) -> bool:
        """Whether each row has the Euclidean norm one."""
        lengths = np.linalg.norm(self.rows, axis=1)
        return bool(self.finite and np.allclose(lengths, 1, atol=CLOSE))


_FORMS: dict[str, Form] = {
    "softmax": "distribution",
    "distribution": "distribution",
    "log_softmax": "logarithms",
    "sigmoid": "shares",
    "share": "shares",
}
"""What numbers are behind activations of each kind."""


def is_told(walk: Walk | None) -> bool:
    """Whether the graph tells what the numbers are, so that nothing need be tried."""
    if walk is None or not walk.plain:
        return False
    known = walk.leaves[0].activation.kind in _FORMS
    # What a layer without an activation of its own computes is not always known.
    return known or type(walk.leaves[0].step.layer).__name__ in _KNOWN_LAYERS


def form_of(walk: Walk | None, numbers: Probed | None) -> Form:
    """What the numbers are: by the graph where it is plain, else by their values."""
    if walk and walk.plain and (form := _FORMS.get(walk.leaves[0].activation.kind)):
        return form
    if numbers is not None and (form := _by_values(walk, numbers)):
        return form
    if walk and numbers is None and len(walk.kinds) == 1 and not walk.kinds <= {"linear", "other"}:
        return _FORMS[min(walk.kinds)]
    return "linear" if walk is not None and walk.kinds == {"linear"} else "other"


def _by_values(walk: Walk | None, numbers: Probed) -> Form | None:
    if numbers.is_distribution or (_is_mixed(walk) and numbers.has_one_sum):
        return "distribution"
    if numbers.are_logarithms:
        return "logarithms"
    at_an_end = walk is not None and walk.kinds <= {"sigmoid", "share"} and numbers.inside
    return "shares" if at_an_end or (numbers.are_shares and _may_be_shares(walk)) else None


def _is_mixed(walk: Walk | None) -> bool:
    """Whether distributions are added or scaled, class by class; none stands beside another."""
    return (
        walk is not None
        and walk.kinds <= {"softmax", "distribution"}
        and walk.computing != []
        and set(walk.computing) <= _MIXING
        and not {type(step.layer).__name__ for step in walk.tail} & _JOINING
        and ("Sum" in walk.computing or "Stack" not in walk.computing)
    )


_MIXING = {"Add", "Multiply", "Divide", "TrueDivide", "Rescaling", "Sum", "Stack"}
_JOINING = {"Concatenate", "Hstack", "GetItem", "Split"}


def _may_be_shares(walk: Walk | None) -> bool:
    """Whether numbers from 0 to 1 are no chance: a function, or a layer unknown, makes them so."""
    if walk is None or walk.kinds & {"sigmoid", "softmax", "share", "distribution"}:
        return True
    return any(
        leaf.activation.kind == "linear" and type(leaf.step.layer).__name__ not in _KNOWN_LAYERS
        for leaf in walk.leaves
    )


def only_units(walk: Walk) -> bool:
    """Whether all leaves are dense layers or convolutions."""
    return all(type(leaf.step.layer).__name__ in WITH_UNITS for leaf in walk.leaves)
