"""What was computed without determinism: kept with the results, and said in the report."""

from collections.abc import Iterable, Mapping

from reportgen.analysis.engine import engines_at_work
from reportgen.execution.runner import Failure, Outcome

_MARK = "undetermined"


def reset() -> None:
    """Forget what was computed until now."""
    for one in engines_at_work():
        one.undetermined = False


def marks() -> Mapping[str, bool]:
    """What to keep with a result: nothing, unless an operation had no deterministic form."""
    return {_MARK: True} if any(one.undetermined for one in engines_at_work()) else {}


def warning(title: str, outcomes: Iterable[Outcome]) -> str:
    """A sentence for the report where any of the outcomes of an analysis is marked, else ""."""
    if not any(not isinstance(one, Failure) and one.data.get(_MARK) for one in outcomes):
        return ""
    return (
        f"{title}: an operation has no deterministic form on this device; these numbers may differ "
        "in their last digits from build to build."
    )
