"""Shards: the units of a report divided among machines by their keys, without any coordination."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from reportgen.execution.units import Unit


@dataclass(frozen=True)
class Shard:
    """Part `number` of `count`, counted from 1."""

    number: int
    count: int

    @classmethod
    def read(cls, text: str) -> Self:
        """From "2/3". Raises ValueError for anything else."""
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        number, count = (int(part) for part in found.groups()) if found else (0, 0)
        if not 1 <= number <= count:
            raise ValueError(f"“{text}” is not of the form I/N, such as 2/8, I from 1 to N")
        return cls(number, count)

    def has(self, unit: Unit[Any]) -> bool:
        """Whether a unit belongs to this part: keys are digests, so that parts are alike."""
        return self._after(unit) == 0

    def in_turn(self, units: Iterable[Unit[Any]]) -> list[Unit[Any]]:
        """All units: those of this part first, then those of the parts after it.

        Processes that need the same units and share a store so begin at different places: what
        one comes to later, another has finished.
        """
        return sorted(units, key=self._after)

    def _after(self, unit: Unit[Any]) -> int:
        """How many parts the unit's one comes after this one."""
        return (int(unit.key[:12], 16) - self.number + 1) % self.count
