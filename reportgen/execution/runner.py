"""The runner: finds what is finished, has an engine compute the rest, keeps it in the store."""

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from reportgen.errors import InputChangedError, OutputError, ReportgenError
from reportgen.execution.store import Store, Stored
from reportgen.execution.units import Options, Result, Unit
from reportgen.progress import Progress

OptionsT = TypeVar("OptionsT", bound=Options)


class Analysis(Protocol[OptionsT]):
    """A kind of analysis as the runner sees it."""

    name: str
    title: str
    """What the progress line says, such as "Activations"."""

    def compute(
        self, units: Sequence[Unit[OptionsT]], bench: Any
    ) -> Iterator[tuple[Unit[OptionsT], Result[Any]]]:
        """Compute units of one group, yielding each as soon as it is finished.

        An analysis may raise in the middle: the units not yet yielded have then failed.
        """


@dataclass(frozen=True)
class Failure:
    """A unit that could not be computed, and why, in one sentence."""

    reason: str
    error: Exception


Outcome = Stored | Failure

GIVEN_UP_AFTER = 3
"""Units of a group that fail in a row with the same error before the rest is given up."""


@dataclass(frozen=True)
class Plan(Generic[OptionsT]):
    """An analysis and the units asked of it."""

    analysis: Analysis[OptionsT]
    units: Sequence[Unit[OptionsT]]
    needs: "Plan[Any] | None" = None
    """Work that has to be finished before, where any of the units is not."""


@dataclass(frozen=True)
class Keeping:
    """How finished work is kept.

    Attributes:
        store: where.
        marks: says what else to keep with the data of what was just computed.
        made_on: says on what kind of processor a unit was computed, from the unit and the bench.

    """

    store: Store
    marks: Callable[[], Mapping[str, Any]] = dict
    made_on: Callable[[Unit[Any], Any], str] = lambda _unit, _bench: ""

    def put(self, unit: Unit[Any], result: Result[Any], bench: Any) -> Stored:
        """Keep a unit. Raises OutputError where it cannot be kept."""
        return self.store.put(unit, result, self.marks(), self.made_on(unit, bench))


Outcomes = Iterator[tuple[str, Outcome]]
"""Outcomes with the keys of their units, as they come."""


class Engine(Protocol):
    """Where units are computed: in this process, or on the machines of a cluster."""

    def outcomes(
        self, plan: Plan[Any], groups: Sequence[Sequence[Unit[Any]]], bench: Any, keeping: Keeping
    ) -> Outcomes:
        """Compute the groups of a plan; yields the outcome of each unit once, in any order.

        Raises OutputError and InputChangedError; every other error is the outcome of its units.
        """

    @property
    def says(self) -> str:
        """What to show beside the progress, such as the number of workers; empty for nothing."""


class Local:
    """Computes in this process, one group after the other.

    Where it `shares` the store with processes that work on the same units at the same time, a group
    is looked up once more before it is computed.
    """

    says = ""

    def __init__(self, *, shares: bool = False) -> None:
        """Compute all groups, or those alone that no other process has finished meanwhile."""
        self._shares = shares

    def outcomes(
        self, plan: Plan[Any], groups: Sequence[Sequence[Unit[Any]]], bench: Any, keeping: Keeping
    ) -> Outcomes:
        """Yield the outcomes in the order of the groups."""
        for group in groups:
            found: dict[str, Outcome] = {}
            if self._shares:
                found = {unit.key: stored for unit in group if (stored := keeping.store.get(unit))}
            yield from found.items()
            missing = [unit for unit in group if unit.key not in found]
            if missing:
                yield from compute_group(plan.analysis, missing, bench, keeping)


class Runner:
    """Runs plans against a store. One failing group of units never costs the others."""

    def __init__(self, keeping: Keeping, progress: Progress, engine: Engine | None = None) -> None:
        self.keeping = keeping
        self.store = keeping.store
        self.progress = progress
        self.engine = engine or Local()

    def run(self, plan: Plan[Any], bench: Any) -> dict[str, Outcome]:
        """Outcome of every unit of the plan by its key. `bench` is handed to the analysis."""
        outcomes: dict[str, Outcome] = {}
        missing: dict[str, list[Unit[Any]]] = {}
        for unit in plan.units:
            if stored := self.store.get(unit):
                outcomes[unit.key] = stored
            else:
                missing.setdefault(unit.group, []).append(unit)
        if missing and plan.needs is not None:
            bench.needed = self.run(plan.needs, bench)
        with self.progress.stage(plan.analysis.title, len(plan.units)) as stage:
            stage.skip(len(outcomes))
            if missing:
                groups = list(missing.values())
                for key, outcome in self.engine.outcomes(plan, groups, bench, self.keeping):
                    outcomes[key] = outcome
                    stage.say(self.engine.says)
                    stage.advance()
        return outcomes


def compute_group(
    analysis: Analysis[Any], units: Sequence[Unit[Any]], bench: Any, keeping: Keeping
) -> Outcomes:
    """Compute a group together; what is left after an error is tried unit by unit.

    The same error several times in a row is taken to concern the whole group. Raises OutputError
    and InputChangedError.
    """
    waiting = {unit.key: unit for unit in units}
    failure = yield from _together(analysis, units, bench, keeping, waiting)
    repeated = GIVEN_UP_AFTER if len(units) == 1 else 0
    for unit in list(waiting.values()):
        if repeated < GIVEN_UP_AFTER:
            before = failure
            failure = yield from _together(analysis, [unit], bench, keeping, waiting)
            if failure is None:
                repeated = 0
                continue
            repeated = repeated + 1 if before and before.reason == failure.reason else 0
        if failure is not None:
            yield unit.key, failure


def _together(
    analysis: Analysis[Any],
    units: Sequence[Unit[Any]],
    bench: Any,
    keeping: Keeping,
    waiting: dict[str, Unit[Any]],
) -> Generator[tuple[str, Outcome], None, Failure | None]:
    """Compute units in one call; returns the failure that ended it, None when all are done."""
    try:
        for unit, result in analysis.compute(units, bench):
            stored = keeping.put(unit, result, bench)
            waiting.pop(unit.key, None)
            yield unit.key, stored
        if any(unit.key in waiting for unit in units):
            raise RuntimeError(f"{analysis.title} left a unit out")
    except (OutputError, InputChangedError):
        raise
    except Exception as error:
        return Failure(_sentence(error), error)
    return None


def _sentence(error: Exception) -> str:
    """The reason of a failure on one line."""
    if isinstance(error, ReportgenError):
        return str(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    if text == "in user code:":  # TensorFlow puts its own traceback in front of what went wrong
        said = [line for line in lines if re.match(r"\w*(Error|Exception): ", line)]
        text = said[-1].partition(": ")[2] if said else text
    return f"{type(error).__name__}: {text}"[:300]
