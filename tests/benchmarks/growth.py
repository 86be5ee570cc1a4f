"""How a scanned data set grows: `python -m tests.benchmarks growth`, or with counts of its own.

    python -m tests.benchmarks.growth 1000 10000 100000 --json growth.json

For each count of images of 32×32, made on the fly: the whole build, peak memory, the unchanged
build, and planning; beside them the bare forward pass over arrays that are decoded already, and
decoding alone. Seconds are those of the processor, of all threads together, so that other work on
the machine does not count; an image of the scan costs what a build costs more for each image more.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.measure import Row
from tests.benchmarks.models import small_network

SIDE, CLASSES, BATCH = 32, 10, 64
MOST_BARE = 6_400
"""Images by which the bare forward pass and decoding are measured."""

SECTIONS = "evaluation,health,exemplars"


@dataclass(frozen=True)
class Growth:
    """What was measured with so many images: seconds, megabytes, milliseconds an image.

    `elapsed` is the time on the clock of the build, and depends on what else the machine does.
    """

    images: int
    build: float
    elapsed: float
    peak: float
    unchanged: float
    planning: float
    forward: float
    decoding: float


def model_in(folder: Path) -> Path:
    """The small network, in a file."""
    path = folder / "small.keras"
    small_network().save(path)
    return path


def images_in(folder: Path, count: int) -> list[Path]:
    """So many pictures in class folders; smooth ones, as photos are."""
    import cv2

    random = np.random.default_rng(0)
    files = []
    for at in range(count):
        place = folder / f"class{at % CLASSES}" / f"{at:07}.png"
        if at < CLASSES:
            place.parent.mkdir(parents=True)
        coarse = random.integers(0, 256, (6, 6, 3), np.uint8)
        cv2.imwrite(str(place), cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR))
        files.append(place)
    return files


def build(model: Path, data: Path, work: Path) -> tuple[float, float, float]:
    """Seconds of the processor and of the clock, and peak memory in megabytes."""
    words = ["-m", "reportgen", "build", model, "--dataset", data, "-o", work / "report",
             "--cache-dir", work / "store", "--sections", SECTIONS, "--preprocess", "unit",
             "--force", "--quiet", "--dataset-pages", "12"]  # fmt: skip
    start = time.perf_counter()
    child = subprocess.Popen([sys.executable, *map(str, words)])
    _, status, usage = os.wait4(child.pid, 0)
    spent = time.perf_counter() - start
    if status:
        raise RuntimeError(f"the build ended with {status}")
    return usage.ru_utime + usage.ru_stime, spent, usage.ru_maxrss / 1024


def planning(count: int) -> float:
    """Seconds of planning a scan of so many images."""
    from reportgen.analysis.top_images.scan import Scan
    from tests.support.options import SCAN

    random = np.random.default_rng(0)
    digests = [random.bytes(32).hex() for _ in range(count)]
    times = []
    for _ in range(3):
        start = time.process_time()
        Scan().plan("m", digests, SCAN)
        times.append(time.process_time() - start)
    return statistics.median(times)


def bare(model: Path, files: Sequence[Path]) -> tuple[float, float]:
    """Milliseconds an image of the bare forward pass, and of decoding in a build's threads."""
    from concurrent.futures import ThreadPoolExecutor

    import keras
    import tensorflow as tf

    from reportgen.inputs.photos.decode import decode
    from reportgen.inputs.photos.fit import fit

    def pixels(file: Path) -> np.ndarray:
        return fit(decode(file).fed, SIDE, SIDE, 3, "stretch", "bilinear")

    start = time.process_time()
    with ThreadPoolExecutor(max(2, min(os.cpu_count() or 2, 8))) as pool:
        arrays = np.stack(list(pool.map(pixels, files)))
    decoding = 1000 * (time.process_time() - start) / len(files)
    network = keras.models.load_model(model)
    forward = tf.function(lambda values: network(values, training=False))
    forward(tf.constant(arrays[:BATCH] / 255))
    start = time.process_time()
    for at in range(0, len(arrays) - BATCH + 1, BATCH):
        forward(tf.constant(arrays[at : at + BATCH] / 255)).numpy()
    whole = len(arrays) // BATCH * BATCH
    return 1000 * (time.process_time() - start) / whole, decoding


def measured(counts: Sequence[int]) -> list[Growth]:
    """Measure each count in a folder of its own, which is removed afterwards."""
    found = []
    for count in counts:
        work = Path(tempfile.mkdtemp(prefix="growth"))
        try:
            model, files = model_in(work), images_in(work / "data", count)
            time.sleep(2.5)  # what was only just written is not remembered
            spent, elapsed, peak = build(model, work / "data", work)
            unchanged = build(model, work / "data", work)[0]
            forward, decoding = bare(model, files[:MOST_BARE])
            found.append(
                Growth(count, spent, elapsed, peak, unchanged, planning(count), forward, decoding)
            )
        finally:
            shutil.rmtree(work)
        print(found[-1], flush=True)
    return found


def growth(_: int, counts: Sequence[int] = (1_000, 5_000, 10_000)) -> list[Row]:
    """Rows of the table: cost of an image against the bare cost, and whether it stays the same."""
    first, middle, last = found = measured(counts)
    early, late = each(first, middle), each(middle, last)
    limit = last.forward + last.decoding
    share, ratio, more = limit / late, late / early, last.peak - first.peak
    name = f"scan of {last.images:,} images of {SIDE}×{SIDE}"
    return [
        Row(f"cost of an image, {name}", "bare forward pass and decoding", share, share, share,
            "show", None, note=str([asdict(one) for one in found])),
        Row(f"cost of an image, {name}", f"{middle.images:,} images", ratio, ratio, ratio,
            "≤ 1.1 ×", ratio <= 1.1),
        Row(f"peak memory, {name}", f"{first.images:,} images", more, more, more, "show", None,
            unit=" MB more"),
        Row(f"unchanged build, {name}", "nothing", last.unchanged, last.unchanged, last.unchanged,
            "≤ 10 s", last.unchanged <= 10, unit=" s"),
    ]  # fmt: skip


def each(few: Growth, more: Growth) -> float:
    """Milliseconds of the processor for each image that a build has more."""
    return 1000 * (more.build - few.build) / (more.images - few.images)


def main() -> None:
    """Measure the counts that are given."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.growth")
    parser.add_argument("counts", nargs="+", type=int)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    found = measured(chosen.counts)
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
