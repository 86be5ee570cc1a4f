"""Computing on a cluster with Ray: plain tasks, which Ray repeats where a worker dies.

A task is a chunk of one group. The opened model stays in the worker's process for the next one. At
most four chunks for each worker are on their way, so that a million units take no memory. A cluster
is found by RAY_ADDRESS, as `ray job submit` sets it, or started on this machine. Nothing is started
before something is missing.
"""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reportgen.errors import ReportgenError
from reportgen.execution.ray_worker import Chunk, Done, Parcel, Site, compute_chunk
from reportgen.execution.runner import GIVEN_UP_AFTER, Failure, Keeping, Local, Outcomes, Plan
from reportgen.execution.units import Unit
from reportgen.printable import printable

PER_WORKER = 4
"""Chunks for each worker that are on their way."""

MOST_UNITS, MOST_PHOTOS = 32, 1024
"""Of a chunk: what is lost when a worker dies, and how often the progress moves."""

FEW_UNITS = 8
"""Units without a network, such as photos to decode, for which no cluster is started."""

RETRIES = 3
"""How often a chunk is computed anew where its worker dies."""

_PATIENCE = 20.0
"""Seconds for which a cluster may take to answer."""

FEW_CPUS = 4
"""CPU cores of a worker where their number is not given."""


class RayEngine:
    """Computes on the workers of a Ray cluster."""

    def __init__(
        self,
        workers: int | None,
        pack: Callable[[Any, Sequence[Unit[Any]], bool], Parcel],
        versions: Callable[[], Mapping[str, str]],
        *,
        with_gpus: bool,
        shared: bool,
    ) -> None:
        """Note what to do; nothing is started yet.

        Args:
            workers: how many processes compute at once; None to choose.
            pack: makes a parcel of a bench for some units; the last argument says whether they
                need the outcomes of others.
            versions: says what is installed, in this process and in a worker's.
            with_gpus: whether GPUs are used where there are any.
            shared: whether finished work is kept where other machines reach it.

        """
        self._wanted = workers
        self._pack = pack
        self._versions = versions
        self._with_gpus = with_gpus
        self._shared = shared
        self._cluster: _Cluster | None = None
        self._pace = _Pace()

    @property
    def says(self) -> str:
        """How many workers compute, how fast they are, and how long the stage lasts still."""
        return self._pace.text

    def outcomes(
        self, plan: Plan[Any], groups: Sequence[Sequence[Unit[Any]]], bench: Any, keeping: Keeping
    ) -> Outcomes:
        """Compute the groups on the cluster; yields outcomes as chunks are done.

        Raises ReportgenError where the cluster cannot be used.
        """
        if self._cluster is None:
            units = [unit for group in groups for unit in group]
            if len(units) <= FEW_UNITS and all(unit.model is None for unit in units):
                yield from Local().outcomes(plan, groups, bench, keeping)
                return
            self._cluster = _Cluster(self._wanted, with_gpus=self._with_gpus, shared=self._shared)
        cluster = self._cluster
        self._pace = _Pace(sum(map(len, groups)))
        site = Site(os.getcwd(), self._versions(), cluster.threads)  # noqa: PTH109
        lost = _Lost()
        waiting = _chunks(groups, cluster.workers)
        running: dict[Any, list[Unit[Any]]] = {}
        try:
            while True:
                while len(running) < PER_WORKER * cluster.workers:
                    units = next(waiting, [])
                    if not units:
                        break
                    if failure := lost.given_up(units[0].group):
                        yield from ((unit.key, failure) for unit in units)
                        continue
                    parcel = self._pack(bench, units, plan.needs is not None)
                    chunk = Chunk(plan.analysis, units, parcel, keeping)
                    running[cluster.send(chunk, site, self._versions)] = units
                if not running:
                    return
                reference = cluster.first_of(list(running))
                units = running.pop(reference)
                done = cluster.received(reference, units)
                self._check(done, keeping)
                lost.add(units[0].group, done)
                self._pace.add(units, done)
                yield from done.outcomes
        finally:
            cluster.cancel(list(running))

    def close(self) -> None:
        """End the workers, and the cluster where it was started for this."""
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None

    def _check(self, done: Done, keeping: Keeping) -> None:
        """Raise what a worker raised, and ReportgenError where its work is not to be found."""
        here = os.uname().nodename if hasattr(os, "uname") else ""
        if done.raised is not None:
            if done.worker[0] in (here, "") or not isinstance(done.raised, ReportgenError):
                raise done.raised
            raise ReportgenError(
                f"{str(done.raised).rstrip('.')} (on {done.worker[0]}; model, images and cache "
                "have to lie under the same paths on all machines)."
            ) from done.raised
        for key, outcome in done.outcomes:
            if not isinstance(outcome, Failure) and not keeping.store.has(key):
                raise ReportgenError(
                    f"--runner ray: {done.worker[0]} has kept its work in {keeping.store.place}, "
                    "which this machine does not see: name a folder that all machines share, or a "
                    "bucket, with --cache-dir."
                )
        keeping.store.note_grown()


def _chunks(groups: Sequence[Sequence[Unit[Any]]], workers: int) -> Iterator[list[Unit[Any]]]:
    """The units in chunks, each of one group: several for each worker where there are enough."""
    fair = max(1, sum(map(len, groups)) // (PER_WORKER * workers))
    for group in groups:
        photos = max(1, *(len(unit.photos) for unit in group))
        size = max(1, min(fair, MOST_UNITS, MOST_PHOTOS // photos))
        for start in range(0, len(group), size):
            yield list(group[start : start + size])


@dataclass
class _Lost:
    """Groups of which everything fails with the same error: what is not sent yet is given up."""

    _in_a_row: dict[str, tuple[Failure, int]] = field(default_factory=dict)

    def add(self, group: str, done: Done) -> None:
        for _, outcome in done.outcomes:
            if not isinstance(outcome, Failure):
                self._in_a_row.pop(group, None)
                continue
            before, count = self._in_a_row.get(group, (outcome, 0))
            same = before.reason == outcome.reason
            self._in_a_row[group] = (outcome, count + 1 if same else 1)

    def given_up(self, group: str) -> Failure | None:
        failure, count = self._in_a_row.get(group, (None, 0))
        return failure if count > GIVEN_UP_AFTER else None


class _Pace:
    """How fast the workers are together."""

    def __init__(self, units: int = 0) -> None:
        self._left = units
        self._units = self._photos = 0
        self._workers: set[tuple[str, int]] = set()
        self._start = time.monotonic()

    def add(self, units: Sequence[Unit[Any]], done: Done) -> None:
        """Count a chunk."""
        self._workers.add(done.worker)
        self._units += len(units)
        self._left -= len(units)
        self._photos += sum(len(unit.photos) for unit in units)

    @property
    def text(self) -> str:
        """Such as "8 workers, 1,200 images/s, about 70 s left"."""
        if not self._units:
            return ""
        count = len(self._workers)
        parts = [f"{count} worker{'s' * (count > 1)}"]
        seconds = max(time.monotonic() - self._start, 1e-9)
        if self._photos:
            parts.append(f"{self._photos / seconds:,.3g} images/s")
        if self._left:
            parts.append(f"about {seconds / self._units * self._left:,.0f} s left")
        return ", ".join(parts)


class _Cluster:
    """The connection to a cluster, and what a task takes of it."""

    def __init__(self, wanted: int | None, *, with_gpus: bool, shared: bool) -> None:
        self._ray, self._is_ours = _connected()
        ray = self._ray
        resources = ray.cluster_resources()
        nodes = [node for node in ray.nodes() if node["Alive"]]
        if len(nodes) > 1 and not shared:
            self.close()
            raise ReportgenError(
                f"--runner ray: the cluster has {len(nodes)} machines; name a folder that all of "
                "them share, or a bucket, with --cache-dir."
            )
        gpus = int(resources.get("GPU", 0)) if with_gpus else 0
        cpus = max(1.0, resources.get("CPU", 1.0))
        smallest = min(node["Resources"].get("CPU", 0.0) or cpus for node in nodes)
        if gpus:
            self.workers = min(wanted or gpus, gpus)
            self.threads = 0
            options: dict[str, float] = {"num_gpus": 1, "num_cpus": min(1, int(smallest))}
        else:
            self.workers = wanted or max(len(nodes), int(cpus // FEW_CPUS), 1)
            share = min(cpus / self.workers, smallest)
            self.threads = max(1, int(share))
            options = {"num_cpus": int(share) if share >= 1 else int(share * 1000) / 1000}
        # With GPUs a process would end after each task, and the model be opened for each anew.
        self._task = ray.remote(
            max_calls=0, max_retries=RETRIES, scheduling_strategy="SPREAD", **options
        )(compute_chunk)

    def send(self, chunk: Chunk, site: Site, versions: Callable[[], Mapping[str, str]]) -> Any:
        """Give a chunk to the cluster; returns a reference to what becomes of it."""
        return self._task.remote(chunk, site, versions)

    def first_of(self, references: Sequence[Any]) -> Any:
        """The reference that is done first."""
        done, _ = self._ray.wait(list(references), num_returns=1)
        return done[0]

    def received(self, reference: Any, units: Sequence[Unit[Any]]) -> Done:
        """What became of a chunk; where its worker died again and again, its units have failed."""
        try:
            done: Done = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:  # it could not begin
            raise ReportgenError(
                f"--runner ray: a worker cannot compute: {printable(_last_line(error))}; reportgen "
                "has to be installed on all machines."
            ) from error
        except self._ray.exceptions.RayError as error:
            reason = (
                f"the worker that computed it died {RETRIES + 1} times, perhaps for want of memory"
                f" ({type(error).__name__})"
            )
            failure = Failure(reason, RuntimeError(reason))
            return Done([(unit.key, failure) for unit in units], None, ("", 0))
        return done

    def cancel(self, references: Sequence[Any]) -> None:
        """Give up what is on its way."""
        for reference in references:
            with contextlib.suppress(Exception):
                self._ray.cancel(reference)

    def close(self) -> None:
        """Leave the cluster."""
        if self._is_ours:
            self._ray.shutdown()


def _check_answers(address: str) -> None:
    """Raise OSError where nothing answers at host:port: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[-1] if lines else type(error).__name__)[:200].rstrip(".")


def _connected() -> tuple[Any, bool]:
    """Ray, connected to the cluster of RAY_ADDRESS or to one that is started here.

    Also whether the connection is ours to end.

    Raises ReportgenError.
    """
    address = os.environ.get("RAY_ADDRESS", "")
    if address.startswith("ray://"):
        raise ReportgenError(
            "--runner ray: RAY_ADDRESS is that of the Ray Client, which ends the work when the "
            "connection is lost: run the command with “ray job submit -- reportgen build …”."
        )
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is sent to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else it prints a warning
    try:
        import ray
    except ImportError as error:
        raise ReportgenError(
            '--runner ray needs Ray: pip install "keras-reportgen[ray]".'
        ) from error
    if ray.is_initialized():
        return ray, False
    handler = signal.getsignal(signal.SIGTERM)
    try:
        _check_answers(address)
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="error")
    except Exception as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise ReportgenError(
            f"--runner ray: no cluster can be reached or started: {printable(first)[:200]}; see "
            "RAY_ADDRESS, or leave the option out."
        ) from error
    finally:
        if threading.current_thread() is threading.main_thread() and handler is not None:
            signal.signal(signal.SIGTERM, handler)
    return ray, True
