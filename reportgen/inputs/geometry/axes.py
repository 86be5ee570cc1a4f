"""What each axis of a tensor stands for, and how its values are laid out as maps.

An axis is a product of atoms: rows (H) or columns (W) of the picture, channels (C), frames (T),
images (N). A reshape regroups atoms and may split one, a transposition permutes axes; so tokens
(an axis of rows times columns), windows and patches keep their place in the picture.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from keras import ops

Kind = Literal["N", "T", "H", "W", "C", "?"]


@dataclass(frozen=True)
class Atom:
    """A part of an axis; `order` ranks the parts that one axis was split into, coarsest first.

    `whole` is the axis that the atom stands for where that cannot be split.
    """

    kind: Kind
    size: int
    order: tuple[int, ...] = ()
    whole: "Axis | None" = None


@dataclass(frozen=True)
class Axis:
    """One axis: its atoms, slowest first, and entries in front of and behind them.

    Such entries are no places of the picture: class and register tokens.
    """

    atoms: tuple[Atom, ...]
    before: int = 0
    after: int = 0

    @property
    def size(self) -> int:
        """Entries along the axis; 1 for the batch."""
        return self.before + math.prod(atom.size for atom in self.atoms) + self.after

    @property
    def kinds(self) -> set[Kind]:
        """The kinds of its atoms."""
        return {atom.kind for atom in self.atoms}

    @property
    def is_places(self) -> bool:
        """Whether entries are rows, columns or both."""
        return bool(self.kinds & {"H", "W"}) and "C" not in self.kinds

    @property
    def is_tokens(self) -> bool:
        """Whether entries are rows times columns of the picture."""
        return {"H", "W"} <= self.kinds and not self.kinds & {"C", "?"}


Axes = tuple[Axis, ...]
"""All axes of a tensor, the batch first."""


def axis(kind: Kind, size: int) -> Axis:
    """An axis of one kind."""
    return Axis((Atom(kind, size),))


def axes_of(kinds: Iterable[Kind], shape: Sequence[int | None]) -> Axes:
    """Axes of these kinds, one for each size of the shape; open sizes count as 1."""
    return tuple(axis(kind, int(size or 1)) for kind, size in zip(kinds, shape, strict=True))


def unknown(shape: Sequence[int | None]) -> Axes:
    """Axes of which only the batch is known."""
    return (axis("N", 1), *(axis("?", int(size or 1)) for size in shape[1:]))


def regroup(axes: Axes, shape: Sequence[int | None]) -> Axes | None:
    """The axes after a reshape to `shape` (batch first); None where atoms do not fit it."""
    waiting = [
        Atom("?", dim.size, (), dim) if dim.before or dim.after else atom
        for dim in axes
        for atom in ((dim.atoms[:1]) if dim.before or dim.after else dim.atoms)
        if dim.before or dim.after or atom.size > 1 or atom.kind == "N"
    ]
    found: list[Axis] = []
    for size in reversed(shape[1:]):
        need, taken = int(size or 1), list[Atom]()
        while need > 1:
            if not waiting or waiting[-1].kind == "N":
                return None
            atom = waiting.pop()
            if need % atom.size == 0:
                taken.insert(0, atom)
                need //= atom.size
            elif atom.size % need == 0 and atom.whole is None:
                waiting.append(replace(atom, size=atom.size // need, order=(*atom.order, 0)))
                taken.insert(0, replace(atom, size=need, order=(*atom.order, 1)))
                need = 1
            else:
                return None
        found.insert(0, _tidied(taken, last=not found))
    return (Axis(tuple(waiting)), *found)


def _tidied(atoms: Sequence[Atom], *, last: bool) -> Axis:
    """An axis of these atoms; what was spread from channels into rows is rows (pixel shuffle).

    The last axis holds channels, whatever was flattened into them.
    """
    if len(atoms) == 1 and atoms[0].whole is not None:
        return atoms[0].whole
    if any(atom.whole is not None for atom in atoms):
        return Axis(tuple(replace(atom, kind="?", whole=None) for atom in atoms))
    made = Axis(tuple(atoms))
    first = atoms[0].kind if atoms else "C"
    if not last and first in ("H", "W") and made.kinds == {first, "C"}:
        return axis(first, made.size)
    return made


@dataclass(frozen=True)
class Layout:
    """How values become maps (N, height, width, channels)."""

    axes: Axes
    height: int
    width: int
    channels: int

    @property
    def tokens(self) -> Axis | None:
        """The axis of tokens, None where rows and columns stand apart."""
        return next((dim for dim in self.axes[1:] if dim.is_tokens), None)

    @property
    def map_size(self) -> tuple[int, int] | None:
        """Height and width of the maps; None for a single pixel, which shows nothing in space."""
        return None if self.height * self.width == 1 else (self.height, self.width)

    @property
    def is_plain(self) -> bool:
        """Whether values are maps as they stand."""
        kinds = [[atom.kind for atom in dim.atoms] for dim in self.axes]
        return kinds == [["N"], ["H"], ["W"], ["C"]] and not any(
            dim.before or dim.after for dim in self.axes
        )

    def maps(self, value: Any) -> Any:
        """Values as maps; of a video its middle frame, of tokens those that are places."""
        if self.is_plain:
            return value
        for at, dim in enumerate(self.axes):
            if dim.before or dim.after:
                places = np.arange(dim.before, dim.size - dim.after)
                value = ops.take(value, places, axis=at)
        atoms = [atom for dim in self.axes for atom in dim.atoms]
        value = ops.reshape(value, [-1 if atom.kind == "N" else atom.size for atom in atoms])
        while frames := [at for at, atom in enumerate(atoms) if atom.kind == "T"]:
            value = ops.take(value, atoms[frames[0]].size // 2, axis=frames[0])
            del atoms[frames[0]]
        places_at = _places(self.axes, atoms)
        rest = [i for i, atom in enumerate(atoms) if i not in places_at and atom.kind != "N"]
        order = [next(i for i, atom in enumerate(atoms) if atom.kind == "N"), *places_at, *rest]
        value = ops.transpose(value, order)
        return ops.reshape(value, [-1, self.height, self.width, self.channels])


def layout_of(axes: Axes | None) -> Layout | None:
    """How a tensor with these axes is laid out as maps; None where it is no stack of maps."""
    if axes is None or len(axes) < 3:
        return None
    atoms = [atom for dim in axes for atom in dim.atoms]
    kinds = [atom.kind for atom in atoms]
    if "?" in kinds or kinds[:1] != ["N"] or kinds.count("N") != 1:
        return None
    spatial = [atoms[i] for i in _places(axes, atoms)]
    if {atom.kind for atom in spatial} != {"H", "W"}:
        return None
    height = math.prod(atom.size for atom in spatial if atom.kind == "H")
    width = math.prod(atom.size for atom in spatial if atom.kind == "W")
    whole = math.prod(atom.size for atom in atoms if atom.kind not in ("N", "T"))
    return Layout(axes, height, width, whole // (height * width))


def _places(axes: Axes, atoms: Sequence[Atom]) -> list[int]:
    """Positions among `atoms` of rows, coarsest first, then of columns."""
    hidden = {id(atom) for dim in axes if "C" in dim.kinds for atom in dim.atoms}
    found = [
        (atom.kind, atom.order, at)
        for at, atom in enumerate(atoms)
        if atom.kind in ("H", "W") and id(atom) not in hidden
    ]
    return [at for _, _, at in sorted(found)]
