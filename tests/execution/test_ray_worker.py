"""What a worker does with a chunk, called here without any cluster."""

import os
import pickle
import platform
from dataclasses import dataclass

import pytest

from reportgen.errors import (
    DamagedWorkError,
    ImageError,
    InputChangedError,
    OutputError,
    ReportgenError,
    UnreadableImageError,
)
from reportgen.execution.ray_worker import Chunk, Site, compute_chunk
from reportgen.execution.runner import Failure, Keeping
from reportgen.execution.store import Store, Stored
from reportgen.execution.units import Options, Result, Unit


@dataclass(frozen=True)
class Number(Options):
    n: int


class UnpicklableError(Exception):
    def __init__(self, one, other):
        super().__init__(f"{one}, {other}")


class Doubles:
    name = title = "doubles"

    def __init__(self, failing=(), error=None):
        self.failing, self.error = failing, error

    def compute(self, units, bench):
        for unit in units:
            if unit.options.n in self.failing:
                raise self.error
            bench.append(unit.options.n)
            yield unit, Result({"twice": 2 * unit.options.n})


class Bench:
    def __init__(self):
        self.computed = []

    def unpack(self):
        return self.computed


def units(*numbers):
    return [Unit("doubles", 1, "number", None, (), Number(n)) for n in numbers]


@pytest.fixture(autouse=True)
def same_place(monkeypatch):
    monkeypatch.chdir(os.getcwd())  # noqa: PTH109


def compute(tmp_path, analysis, wanted, bench=None, **site):
    chunk = Chunk(analysis, wanted, bench or Bench(), Keeping(Store(tmp_path / "store")))
    about = Site(**{"folder": str(tmp_path), "versions": {"keras": "3"}, **site})
    return compute_chunk(chunk, about, lambda: {"keras": "3", "more": "1"})


def test_a_chunk_is_kept_and_told(tmp_path):
    done = pickle.loads(pickle.dumps(compute(tmp_path, Doubles(), units(1, 2))))  # noqa: S301
    assert [outcome.read(dict)["twice"] for _, outcome in done.outcomes] == [2, 4]
    assert (done.raised, done.worker) == (None, (platform.node(), os.getpid()))


def test_what_a_dead_worker_had_finished_is_not_computed_again(tmp_path):
    compute(tmp_path, Doubles(), units(1))
    bench = Bench()
    done = compute(tmp_path, Doubles(), units(1, 2), bench)
    assert bench.computed == [2]
    assert [isinstance(outcome, Stored) for _, outcome in done.outcomes] == [True, True]


@pytest.mark.parametrize(
    "error",
    [
        UnreadableImageError("a.jpg", "it is cut short"),
        ImageError("no"),
        UnpicklableError(1, 2),
        ValueError("x"),
    ],
)
def test_failures_travel_with_their_reasons(tmp_path, error):
    done = pickle.loads(pickle.dumps(compute(tmp_path, Doubles({2}, error), units(1, 2, 3))))  # noqa: S301
    one, failed, three = (dict(done.outcomes)[unit.key] for unit in units(1, 2, 3))
    assert isinstance(one, Stored)
    assert isinstance(three, Stored)
    assert isinstance(failed, Failure)
    assert str(error) in failed.reason
    if isinstance(error, UnreadableImageError):
        assert isinstance(failed.error, UnreadableImageError)
        assert failed.error.reason == "it is cut short"


@pytest.mark.parametrize(
    "error", [OutputError("full"), InputChangedError("a.png"), DamagedWorkError("store")]
)
def test_what_ends_a_build_comes_back_as_it_was(tmp_path, error):
    done = pickle.loads(pickle.dumps(compute(tmp_path, Doubles({2}, error), units(1, 2))))  # noqa: S301
    assert type(done.raised) is type(error)
    assert str(done.raised) == str(error)
    assert len(done.outcomes) == 1


def test_another_version_is_refused(tmp_path):
    done = compute(tmp_path, Doubles(), units(1), versions={"keras": "4", "reportgen": "1"})
    assert isinstance(done.raised, ReportgenError)
    assert "has keras 3, and the build runs with 4" in str(done.raised)
    assert done.outcomes == []


def test_a_machine_without_the_folder_is_told(tmp_path):
    done = compute(tmp_path, Doubles(), units(1), folder=str(tmp_path / "elsewhere"))
    assert "the same paths on all machines" in str(done.raised)


def test_threads_are_limited(tmp_path, monkeypatch):
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.delenv("TF_NUM_INTEROP_THREADS", raising=False)
    compute(tmp_path, Doubles(), units(1), threads=3)
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == "3"
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS")
    monkeypatch.delenv("TF_NUM_INTEROP_THREADS")
