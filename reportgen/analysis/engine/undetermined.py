"""What was computed without determinism: kept with the results, and said in the report."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from reportgen.analysis.engine import engines_at_work
from reportgen.execution.runner import Failure, Outcome


@dataclass(frozen=True)
class Marks:
    """What is kept with each result."""

    undetermined: bool = False


def reset() -> None:
    """Forget what was computed until now."""
    for engine in engines_at_work():
        engine.undetermined = False


def marks() -> Mapping[str, bool]:
    """What to keep with a result: nothing, unless an operation had no deterministic form."""
    found = any(engine.undetermined for engine in engines_at_work())
    return asdict(Marks(undetermined=True)) if found else {}


def warning(title: str, outcomes: Iterable[Outcome]) -> str:
    """A sentence for the report where any of the outcomes of an analysis is marked, else ""."""
    stored = (outcome for outcome in outcomes if not isinstance(outcome, Failure))
    if not any(outcome.read(Marks).undetermined for outcome in stored):
        return ""
    return (
        f"{title}: an operation has no deterministic form on this device; these numbers may differ "
        "in their last digits from build to build."
    )
