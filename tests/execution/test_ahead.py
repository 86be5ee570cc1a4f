"""Items made in the background: the same ones, and no more than are wanted."""

from threading import Event

import pytest

from reportgen.execution.ahead import Ahead


def test_the_items_are_those_of_the_iterator():
    assert list(Ahead(iter(range(1000)))) == list(range(1000))


def test_it_begins_before_it_is_asked():
    begun = Event()

    def items():
        begun.set()
        yield 1

    ahead = Ahead(items())
    assert begun.wait(20)
    assert list(ahead) == [1]


def test_an_error_comes_where_the_items_end():
    def items():
        yield 1
        raise ValueError("no more")

    taken = iter(Ahead(items()))
    assert next(taken) == 1
    with pytest.raises(ValueError, match="no more"):
        next(taken)


def test_stopped_it_ends_with_the_item_at_work():
    going_on, ended = Event(), Event()
    made = []

    def items():
        for number in range(10):
            made.append(number)
            yield number
            assert going_on.wait(20)
        made.append("to the end")

    class Watched(Ahead):
        def _make(self):
            super()._make()
            ended.set()

    ahead = Watched(items())
    taken = iter(ahead)
    next(taken)
    ahead.stop()
    going_on.set()
    assert ended.wait(20)
    assert made in ([0], [0, 1])


def test_two_are_made_at_the_same_time():
    first, second = Event(), Event()

    def items(mine, other):
        mine.set()
        yield other.wait(20)

    found = [Ahead(items(first, second)), Ahead(items(second, first))]
    assert [list(one) for one in found] == [[True], [True]]
