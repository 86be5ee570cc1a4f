"""What was made last is kept up to a number of bytes."""

import numpy as np

from reportgen.analysis.recent import Recent


def test_the_oldest_goes_first_and_asking_keeps_young():
    recent, made = Recent(250), []

    def make(key):
        def value():
            made.append(key)
            return np.zeros(100, np.uint8)

        return recent(key, value)

    for key in ("a", "b", "a", "c", "a", "b"):
        make(key)
    assert made == ["a", "b", "c", "b"]
    assert len(recent) == 2


def test_one_that_is_too_large_is_still_kept_until_the_next():
    recent = Recent(10)
    big = recent("big", lambda: np.zeros(100, np.uint8))
    assert recent("big", lambda: None) is big


def test_what_is_forgotten_is_made_anew():
    recent = Recent(250)
    recent("a", lambda: np.zeros(100, np.uint8))
    recent.forget()
    assert len(recent) == 0
    assert recent("a", lambda: np.ones(100, np.uint8)).all()


def test_sizes_are_looked_at_once_for_each_value():
    class Counted:
        asked = 0

        @property
        def nbytes(self):
            Counted.asked += 1
            return 1

    recent = Recent(500)
    for key in range(2000):
        recent(str(key), Counted)
    assert len(recent) == 500
    assert Counted.asked <= 4000
    recent.forget()
    for key in range(600):
        recent(str(key), Counted)
    assert len(recent) == 500
