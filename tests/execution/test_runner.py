"""The runner: computes what is missing, and one failure costs nothing else."""

from dataclasses import dataclass

import pytest

from reportgen.errors import ImageError, OutputError
from reportgen.execution.runner import Failure, Keeping, Local, Plan, Runner
from reportgen.execution.store import Store, Stored
from reportgen.execution.units import Options, Result, Unit
from reportgen.progress import Silent


@dataclass(frozen=True)
class Number(Options):
    n: int


class Doubles:
    name = title = "doubles"

    def __init__(self, failing=(), error=ValueError):
        self.failing, self.error, self.computed = failing, error, []

    def compute(self, units, bench):
        for unit in units:
            number = unit.options.n
            if number in self.failing:
                raise self.error(f"{number} is bad\nmore")
            self.computed.append(number)
            yield unit, Result({"twice": 2 * number})


def units(*numbers, group=""):
    return [Unit("doubles", 1, "number", None, (), Number(n), group=group) for n in numbers]


def run(tmp_path, analysis, wanted):
    outcomes = Runner(Keeping(Store(tmp_path)), Silent()).run(Plan(analysis, wanted), None)
    return [outcomes[unit.key] for unit in wanted]


def test_only_what_is_missing_is_computed(tmp_path):
    first, second = Doubles(), Doubles()
    run(tmp_path, first, units(1, 2))
    found = run(tmp_path, second, units(1, 2, 3))
    assert (first.computed, second.computed) == ([1, 2], [3])
    assert [one.read(dict)["twice"] for one in found] == [2, 4, 6]


def test_one_failing_unit_does_not_cost_the_others_of_its_group(tmp_path):
    analysis = Doubles(failing={2})
    one, two, three = run(tmp_path, analysis, units(1, 2, 3))
    assert isinstance(one, Stored)
    assert isinstance(three, Stored)
    assert isinstance(two, Failure)
    assert two.reason == "ValueError: 2 is bad"


def test_a_failure_is_not_kept(tmp_path):
    run(tmp_path, Doubles(failing={1}), units(1))
    (again,) = run(tmp_path, Doubles(), units(1))
    assert again.read(dict) == {"twice": 2}


def test_a_users_error_keeps_its_sentence(tmp_path):
    (failed,) = run(tmp_path, Doubles({1}, lambda _: ImageError("a.jpg is cut short")), units(1))
    assert failed.reason == "a.jpg is cut short"


def test_a_group_that_always_fails_is_given_up_soon(tmp_path):
    class Broken:
        name = title = "broken"
        calls = 0

        def compute(self, units, bench):
            Broken.calls += 1
            raise ValueError("always")
            yield

    found = run(tmp_path, Broken(), units(*range(50)))
    assert all(isinstance(one, Failure) for one in found)
    assert Broken.calls < 6


def test_a_full_disk_ends_the_run(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        Runner(Keeping(Store(tmp_path / "file")), Silent()).run(Plan(Doubles(), units(1)), None)


def test_an_analysis_that_leaves_units_out_is_told(tmp_path):
    class Lazy:
        name = title = "lazy"

        def compute(self, units, bench):
            yield from ()

    found = run(tmp_path, Lazy(), units(1, 2))
    assert all(isinstance(one, Failure) for one in found)


def test_tensorflows_own_traceback_is_left_out_of_a_reason(tmp_path):
    said = """in user code:

    File "x.py", line 3, in f
        y = layer(x)

    ValueError: Dimensions must be equal, but are 8 and 3.
"""

    class Fails(Doubles):
        def compute(self, units, bench):
            raise ValueError(said)

    (outcome,) = run(tmp_path, Fails(), units(1))
    assert isinstance(outcome, Failure)
    assert outcome.reason == "ValueError: Dimensions must be equal, but are 8 and 3."


@pytest.mark.parametrize(("shares", "computed"), [(True, [1]), (False, [1, 2, 3])])
def test_what_another_process_has_finished_meanwhile_is_not_computed_again(
    tmp_path, shares, computed
):
    wanted = [one for number in (1, 2, 3) for one in units(number, group=str(number))]

    class Slow(Doubles):
        def compute(self, units, bench):
            if not self.computed:
                run(tmp_path, Doubles(), wanted[1:])  # the other process
            yield from super().compute(units, bench)

    analysis = Slow()
    runner = Runner(Keeping(Store(tmp_path)), Silent(), Local(shares=shares))
    outcomes = runner.run(Plan(analysis, wanted), None)
    assert analysis.computed == computed
    assert [outcomes[unit.key].read(dict)["twice"] for unit in wanted] == [2, 4, 6]
