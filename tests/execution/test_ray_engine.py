"""The engine for Ray over a cluster that is played: chunks, what is on its way, giving up."""

from dataclasses import dataclass

import pytest

from reportgen.errors import InputChangedError, ReportgenError
from reportgen.execution import ray_engine
from reportgen.execution.ray_engine import PER_WORKER, RayEngine
from reportgen.execution.ray_worker import Done
from reportgen.execution.runner import Failure, Keeping, Plan, Runner
from reportgen.execution.store import Store
from reportgen.execution.units import Options, Result, Unit
from reportgen.progress import Silent


@dataclass(frozen=True)
class Number(Options):
    n: int


class Doubles:
    name = title = "doubles"

    def compute(self, units, bench):
        for unit in units:
            yield unit, Result({"twice": 2 * unit.options.n})


class Played:
    """Answers the chunk that was sent last first."""

    workers, threads = 2, 1

    def __init__(self, answer):
        self.answer, self.sent, self.most = answer, {}, 0
        self.cancelled = None

    def send(self, chunk, site, versions):
        self.sent[len(self.sent)] = chunk
        return len(self.sent) - 1

    def first_of(self, references):
        self.most = max(self.most, len(references))
        return references[-1]

    def received(self, reference, units):
        return self.answer(self.sent[reference])

    def cancel(self, references):
        self.cancelled = references

    def close(self):
        pass


def kept(chunk):
    outcomes = [
        (unit.key, chunk.keeping.put(unit, result, None))
        for unit, result in chunk.analysis.compute(chunk.units, None)
    ]
    return Done(outcomes, None, ("here", 1))


def failed(chunk):
    failure = Failure("always", ValueError("always"))
    return Done([(unit.key, failure) for unit in chunk.units], None, ("here", 1))


def units(count, *, group="", photos=()):
    return [
        Unit("doubles", 1, "number", "model", photos, Number(n), group=group) for n in range(count)
    ]


@pytest.fixture
def run(tmp_path, monkeypatch):
    def ran(answer, wanted):
        played = Played(answer)
        monkeypatch.setattr(ray_engine, "_Cluster", lambda *_, **__: played)
        engine = RayEngine(2, lambda *_: None, dict, with_gpus=False, shared=True)
        runner = Runner(Keeping(Store(tmp_path / "store")), Silent(), engine)
        try:
            return played, runner.run(Plan(Doubles(), wanted), None)
        finally:
            engine.close()

    return ran


def test_all_is_computed_in_chunks_of_one_group(run):
    wanted = [*units(100, group="a"), *units(7, group="b")]
    wanted = [*wanted[:100], *(u for u in wanted[100:])]
    played, outcomes = run(kept, wanted)
    assert {unit.key for unit in wanted} == outcomes.keys()
    assert all(len({unit.group for unit in chunk.units}) == 1 for chunk in played.sent.values())
    assert 1 < len(played.sent) < 60
    assert played.most <= PER_WORKER * played.workers
    assert played.cancelled == []


def test_large_groups_of_photos_go_one_by_one(run):
    played, _ = run(kept, units(40, photos=tuple(f"{n:064x}" for n in range(600))))
    assert [len(chunk.units) for chunk in played.sent.values()] == [1] * 40


def test_a_group_that_always_fails_is_given_up_and_others_are_not(run):
    def answer(chunk):
        return failed(chunk) if chunk.units[0].group == "bad" else kept(chunk)

    bad = units(900, group="bad")
    good = [Unit("doubles", 2, "number", "model", (), Number(n), group="good") for n in range(9)]
    played, outcomes = run(answer, [*bad, *good])
    assert all(isinstance(outcomes[unit.key], Failure) for unit in bad)
    assert not any(isinstance(outcomes[unit.key], Failure) for unit in good)
    tried = sum(chunk.units[0].group == "bad" for chunk in played.sent.values())
    assert tried <= PER_WORKER * played.workers + 1


def test_what_ends_a_build_ends_it_here(run):
    def answer(chunk):
        return Done([], InputChangedError("a.png"), ("", 1))

    with pytest.raises(InputChangedError):
        run(answer, units(5))


def test_a_store_that_is_not_shared_is_told(run):
    def answer(chunk):
        done = kept(chunk)
        for unit in chunk.units:
            chunk.keeping.store.shelf.drop(unit.key)
        return done

    with pytest.raises(ReportgenError, match=r"here has kept its work in .* --cache-dir"):
        run(answer, units(5))


def test_an_error_of_another_machine_names_it(run):
    with pytest.raises(ReportgenError, match=r"no disk \(on far; .*same paths"):
        run(lambda _: Done([], ReportgenError("no disk."), ("far", 1)), units(5))
