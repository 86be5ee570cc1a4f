"""Two ways of doing the same, run in turn; the ratio of their times."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

Work = Callable[[], Any]


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, the ratio, and what it should be."""

    name: str
    against: str
    ratio: float
    low: float
    high: float
    wanted: str
    reached: bool | None
    seconds: tuple[float, float] | None = None
    """Medians of ours and the other's."""
    note: str = ""
    runs: int = 1
    unit: str = "×"

    def as_json(self) -> dict[str, Any]:
        """The row as plain values."""
        return asdict(self)


@dataclass
class Ratios:
    """Times of both ways, run by run."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    @property
    def each(self) -> list[float]:
        """The other's time divided by ours, for each run."""
        return [other / own for own, other in zip(self.ours, self.theirs, strict=True)]

    def row(self, name: str, against: str, least: float | None, note: str = "") -> Row:
        """The row that wants us to be `least` times as fast as the other; None only shows."""
        middle = statistics.median(self.each)
        return Row(
            name, against, middle, min(self.each), max(self.each),
            "" if least is None else f"≥ {least:g} ×", None if least is None else middle >= least,
            (statistics.median(self.ours), statistics.median(self.theirs)), note, len(self.each),
        )  # fmt: skip


def seconds(work: Work) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alternate(ours: Work, theirs: Work, runs: int, *, warm: bool = True) -> Ratios:
    """Run both in turn so many times; `warm` runs each once before that counts."""
    if warm:
        ours()
        theirs()
    found = Ratios()
    for _ in range(runs):
        found.ours.append(seconds(ours))
        found.theirs.append(seconds(theirs))
    return found


def run_command(arguments: list[str], **options: Any) -> tuple[float, float]:
    """Run a Python program to its end: seconds, and its peak memory in MB."""
    code = (
        "import resource, subprocess, sys;"
        "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode;"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
    )
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, sys.executable, *arguments],
        check=True, capture_output=True, text=True, **options,
    )  # fmt: skip
    peak = int(done.stdout.split()[-1])
    return time.perf_counter() - start, peak / (1e6 if sys.platform == "darwin" else 1e3)


def product_flops() -> float:
    """FLOP/s of the machine's own single-precision matrix product, best of five."""
    import tensorflow as tf

    side = 2048
    left, right = tf.random.normal([2, side, side])
    product = tf.function(lambda: tf.matmul(left, right), autograph=False)
    product()
    return max(2.0 * side**3 / seconds(product) for _ in range(5))
