"""Compare folders of reports."""

import filecmp
from pathlib import Path


def differing(one: Path, other: Path) -> list[str]:
    """The files that differ in content; both folders have to hold the same names."""
    names = {file.relative_to(one) for file in one.rglob("*") if file.is_file()}
    assert names == {file.relative_to(other) for file in other.rglob("*") if file.is_file()}
    return [str(name) for name in names if not filecmp.cmp(one / name, other / name, False)]
