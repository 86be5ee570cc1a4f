"""Rows on whole builds: their time, their memory, what a second one costs."""

import re
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import notebook
from tests.benchmarks.measure import Ratios, Row, alternate, run_command
from tests.benchmarks.models import EDGES, cats_and_dogs, photo_files, small


def build(*arguments: Any, quiet: bool = True) -> tuple[float, float]:
    """One build by the command line: seconds and peak memory in MB."""
    more = ["--quiet"] if quiet else []
    return run_command(["-m", "reportgen", "build", *map(str, arguments), *more])


def whole(runs: int, images: int = 10) -> list[Row]:
    """VGG16, ten images, 16 filters a layer: the build against its own computation."""
    work = Path(tempfile.mkdtemp())
    files = photo_files(work / "photos", images)
    arguments = ["vgg16", *files, "--no-top", "--filters", 16]
    arguments += ["--weights", EDGES if EDGES.is_file() else "none"]
    ratios, first = [], []
    for number in range(runs):
        cache, out = work / f"cache{number}", work / "report"
        spent, _ = build(*arguments, "-o", out, "--cache-dir", cache)
        first.append(spent)
        ratios.append(spent / pure_compute(files))
    middle = statistics.median(ratios)
    again = [build(*arguments, "-o", work / "report", "--cache-dir", cache)[0] for _ in range(5)]
    name = f"VGG16, {images} images, 16 filters a layer"
    factors = [statistics.median(first) / one for one in again]
    size = sum(file.stat().st_size for file in (work / "report").rglob("*")) / 1e6
    return [
        Row(f"whole build, {name}", "its own pure compute", middle, min(ratios), max(ratios),
            "≤ 1.25 ×", middle <= 1.25, (statistics.median(first), 0.0), runs=runs),
        Row(f"unchanged rebuild, {name}", "first build", statistics.median(factors), min(factors),
            max(factors), "≥ 30 ×", statistics.median(factors) >= 30, runs=5),
        Row(f"size of the site, {name}", "40 MB", size, size, size, "≤ 40 MB", size <= 40,
            unit=" MB"),
    ]  # fmt: skip


def pure_compute(files: list[Path]) -> float:
    """Seconds of the forward passes, the gradients and the ascents alone, in a new process."""
    code = Path(__file__).with_name("pure.py")
    start = time.perf_counter()
    run_command([str(code), *map(str, files)])
    with_start = time.perf_counter() - start
    return float(Path(f"{files[0].parent}/pure.txt").read_text()) or with_start


def against_notebook(runs: int) -> list[Row]:
    """The cats-and-dogs network at 150 px, one image: the command against the notebook."""
    work = Path(tempfile.mkdtemp())
    (file,) = photo_files(work / "photos", 1)
    model = cats_and_dogs(work / "cats.keras")
    script = work / "notebook.py"
    script.write_text(notebook.script(model, file, work / "figures"), encoding="utf-8")
    found = alternate(
        lambda: build(model, file, "-o", work / "report", "--no-cache"),
        lambda: run_command([str(script)]),
        runs,
        warm=False,
    )
    return [found.row("whole build, cats-and-dogs network at 150 px, 1 image",
                      "the notebook as a script", 3)]  # fmt: skip


FEWER_RUNS = 2000
"""A build of so many images or more is measured once: it takes minutes."""


def many(runs: int, counts: tuple[int, ...] = (10, 200, 500, 1000, 5000)) -> list[Row]:
    """Memory and time over the number of images, on a small network."""
    work = Path(tempfile.mkdtemp())
    model = small(work / "small.keras")
    photo_files(work / "photos", max(counts), side=128)
    files = sorted((work / "photos").iterdir())
    times: dict[int, float] = {}
    peaks: dict[int, float] = {}
    for count in counts:
        folder = work / f"of{count}"
        folder.mkdir()
        for file in files[:count]:
            (folder / file.name).hardlink_to(file)
        options = ["--skip-section", "filters", "--no-cache"]
        times_each = 1 if count >= FEWER_RUNS else runs
        found = [build(model, folder, "-o", work / "report", *options) for _ in range(times_each)]
        times[count] = statistics.median(spent for spent, _ in found)
        peaks[count] = max(peak for _, peak in found)
    more = peaks[max(counts)] - peaks[min(counts)]
    rows = [
        Row(f"peak memory, {max(counts):,} images", f"{min(counts)} images", more, more, more,
            "≤ 100 MB more", more <= 100, unit=" MB", note=f"{peaks}", runs=runs),
    ]  # fmt: skip
    start = times[min(counts)]
    large = [count for count in counts if count >= 200]
    each = {count: (times[count] - start) / (count - min(counts)) for count in large}
    worst = max(each.values()) / min(each.values())
    rows.append(
        Row(
            f"time for {', '.join(f'{c:,}' for c in large)} images",
            "linear",
            worst,
            worst,
            worst,
            "≤ 1.1 ×",
            worst <= 1.1,
            note=f"{ {c: round(v, 4) for c, v in each.items()} } s each",
            runs=runs,
        )
    )
    return rows


def dataset(_: int, counts: tuple[int, ...] = (10, 10_000)) -> list[Row]:
    """Exemplars searched in a folder of ten thousand images: peak memory and time."""
    work = Path(tempfile.mkdtemp())
    model = small(work / "small.keras")
    (photo,) = photo_files(work / "photo", 1, side=128)
    photo_files(work / "photos", max(counts), side=128)
    spent: dict[int, float] = {}
    peaks: dict[int, float] = {}
    for count in counts:
        folder = work / f"of{count}"
        folder.mkdir()
        for file in sorted((work / "photos").iterdir())[:count]:
            (folder / file.name).hardlink_to(file)
        options = ["--sections", "exemplars", "--no-cache", "--dataset", folder]
        spent[count], peaks[count] = build(model, photo, "-o", work / "report", *options)
    few, most = min(counts), max(counts)
    more, each = peaks[most] - peaks[few], 1000 * (spent[most] - spent[few]) / (most - few)
    name = f"exemplars from {most:,} images"
    return [
        Row(f"peak memory, {name}", f"{few} images", more, more, more, "≤ 100 MB more", more <= 100,
            unit=" MB", note=f"{peaks}"),
        Row(f"time, {name}", f"{few} images", each, each, each, "show", None, unit=" ms an image",
            note=f"{ {count: round(one, 1) for count, one in spent.items()} } s"),
    ]  # fmt: skip


def start_up(runs: int) -> list[Row]:
    """`reportgen --help` against an empty Python program."""
    found = Ratios()
    for _ in range(max(runs, 5)):
        found.ours.append(run_command(["-m", "reportgen", "--help"])[0])
        found.theirs.append(run_command(["-c", "pass"])[0])
    more = [own - other for own, other in zip(found.ours, found.theirs, strict=True)]
    middle = statistics.median(more)
    return [Row("reportgen --help", "python -c pass", middle, min(more), max(more), "≤ 0.25 s more",
                middle <= 0.25, unit=" s", runs=len(more))]  # fmt: skip


def slug(name: str) -> str:
    """A row's function as one writes it on the command line."""
    return re.sub(r"_", "-", name)
