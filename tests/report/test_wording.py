"""How numbers and facts are said."""

import pytest

from reportgen import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.66412, "0.664"),
        (-1.5, "\u22121.5"),
        (12345.6, "12,346"),
        (1.5e-7, "1.50e-07"),
        (2e9, "2.00e+09"),
        (float("nan"), "not finite"),
        (None, "not finite"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert wording.number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.0001, "< 0.1 %"),
        (0.99996, "> 99.9 %"),
        (0.00426, "0.43 %"),
        (0.4, "40 %"),
        (0.434, "43.4 %"),
        (float("nan"), "unknown"),
    ],
)
def test_shares_are_not_rounded_to_nothing_or_everything(share: float, text: str) -> None:
    assert wording.percent(share) == text


def test_lists_of_channels_draw_runs_together() -> None:
    assert wording.numbers([3, 7, 8, 9, 12, 13]) == "3, 7–9, 12, 13"
    assert wording.numbers([1, 3, 5, 7, 8, 9], most=3) == "1, 3, 5 and 3 more"
    assert wording.numbers([]) == ""


def test_sizes_shapes_and_durations() -> None:
    assert wording.size_of(999) == "999 bytes"
    assert wording.size_of(680_123) == "680 kB"
    assert wording.size_of(999_900) == "1 MB"
    assert wording.shape([None, 150, None, 3]) == "150 × ? × 3"
    assert wording.shape([None]) == "?"
    assert wording.duration(0.04) == "0.0 s"
    assert wording.duration(200) == "3 min 20 s"
    assert wording.count(1, "class", "classes") == "1 class"
    assert wording.count(1024, "channel") == "1,024 channels"


def test_reasons_become_sentences() -> None:
    assert wording.sentence("nothing speaks for it") == "Nothing speaks for it."
    assert wording.sentence("Really?") == "Really?"
    assert wording.sentence(" ") == ""
