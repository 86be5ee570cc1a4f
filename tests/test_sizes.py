"""Sizes as people write them."""

import pytest

from reportgen.config import parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("25MB", 25_000_000), ("1.5 gb", 1_500_000_000), ("800KiB", 819_200), ("7", 7), ("2G", 2e9)],
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "25 megs", "-3MB", "1e3", "25MBMB"])
def test_other_sizes_are_refused(text):
    with pytest.raises(ValueError, match="25MB"):
        parse_size(text)
