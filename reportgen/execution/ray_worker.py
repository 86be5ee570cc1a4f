"""What a worker of a Ray cluster does: one chunk of a group, as it would be computed here."""

import os
import pickle
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reportgen.errors import ReportgenError
from reportgen.execution.runner import (
    Analysis,
    Failure,
    Keeping,
    Outcome,
    compute_group,
)
from reportgen.execution.units import Unit


class Parcel(Protocol):
    """A bench as it is sent."""

    def unpack(self) -> Any:
        """The bench, in the process of a worker."""


@dataclass(frozen=True)
class Chunk:
    """Units of one group, and what is needed to compute them."""

    analysis: Analysis[Any]
    units: Sequence[Unit[Any]]
    parcel: Parcel
    keeping: Keeping


@dataclass(frozen=True)
class Site:
    """What all workers have to share with the process that began the build.

    Attributes:
        folder: that it runs in; files named without a folder are looked for there.
        versions: of what decides the results, by name.
        threads: that a worker may use; 0 for as many as it likes.

    """

    folder: str
    versions: Mapping[str, str]
    threads: int = 0


@dataclass(frozen=True)
class Done:
    """What became of a chunk, and the process that computed it."""

    outcomes: Sequence[tuple[str, Outcome]]
    raised: Exception | None
    worker: tuple[str, int]


def compute_chunk(chunk: Chunk, site: Site, versions_here: Any) -> Done:
    """Compute a chunk in this process; errors come back as values.

    What another worker has finished before it died is found in the store. `versions_here` is a
    function that says what is installed here.
    """
    worker = platform.node(), os.getpid()
    outcomes: list[tuple[str, Outcome]] = []
    try:
        _settle(site, versions_here())
        missing = []
        for unit in chunk.units:
            if stored := chunk.keeping.store.get(unit):
                outcomes.append((unit.key, stored))
            else:
                missing.append(unit)
        if missing:
            bench = chunk.parcel.unpack()
            for key, outcome in compute_group(chunk.analysis, missing, bench, chunk.keeping):
                outcomes.append((key, _portable(outcome)))
    except Exception as error:
        return Done(outcomes, _sendable(error, str(error)), worker)
    return Done(outcomes, None, worker)


def _settle(site: Site, versions: Mapping[str, str]) -> None:
    """Make this process like the one that began the build. Raises ReportgenError."""
    for name, version in site.versions.items():
        if versions.get(name) != version:
            raise ReportgenError(
                f"--runner ray: {platform.node()} has {name} {versions.get(name, 'not at all')}, "
                f"and the build runs with {version}: install the same versions on all machines."
            )
    try:
        os.chdir(site.folder)
    except OSError as error:
        raise ReportgenError(
            f"--runner ray: {platform.node()} has no folder {site.folder}: model, images and cache "
            "have to lie under the same paths on all machines."
        ) from error
    if site.threads:  # TensorFlow reads these once, when it is imported
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(site.threads))
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(site.threads))


def _portable(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Failure):
        return Failure(outcome.reason, _sendable(outcome.error, outcome.reason))
    return outcome


def _sendable(error: Exception, reason: str) -> Exception:
    """The error, or one that says the same where it does not survive the way to another process."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    try:
        if type(pickle.loads(pickle.dumps(error))) is type(error):  # noqa: S301 - our own bytes
            return error
    except Exception:  # pickling runs the code of any library
        return RuntimeError(reason)
    return RuntimeError(reason)
