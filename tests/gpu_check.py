"""What `gpu_check.sh` measures; each step is a process of its own and may fail by itself."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ENGINE = ("--engine", "jax")
WEIGHTS = "vgg16_edges.weights.h5"
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Sizes:
    """How much is computed."""

    device: str
    photos: int
    explained: int
    filters: str
    layers: tuple[str, ...]
    steps: int
    size: int
    matrix: int
    batches: tuple[int, ...]
    batch: str
    compared: int
    demo: tuple[str, ...]
    """Options of the demo."""
    seconds: int
    """Until the check should be over; the CPU trial has patience."""


FULL = Sizes("gpu", 10, 64, "all", (), 40, 128, 8192, (16, 64, 128), "64", 10, (), 460)
SMALL = Sizes(
    "cpu", 2, 3, "2", ("block1_conv*",), 4, 48, 512, (2,), "2", 2, ("--profile", "quick"), 2400
)


@dataclass
class Check:
    """The measurements, written again after each one."""

    out: Path
    seconds: int
    patience: float = 1.0
    began: float = field(default_factory=time.monotonic)
    found: dict[str, Any] = field(default_factory=dict)

    def note(self, key: str, value: Any) -> None:
        """Print and keep a measurement."""
        self.found[key] = value
        print(f"[{time.monotonic() - self.began:6.1f} s] {key}: {json.dumps(value)}")
        text = json.dumps(self.found, indent=1)
        (self.out / "gpu_check.json").write_text(text, encoding="utf-8")

    @property
    def left(self) -> float:
        """Seconds until the check should be over."""
        return max(1.0, self.seconds - (time.monotonic() - self.began))

    def start(self, name: str, *words: str) -> subprocess.Popen[str]:
        """Start a part of this program as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.gpu_check_parts", name, *words],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip

    def end(self, name: str, process: subprocess.Popen[str], seconds: float) -> dict[str, Any]:
        """What the process said in its last line, as JSON; what it printed where it failed."""
        try:
            said, _ = process.communicate(timeout=min(seconds * self.patience, self.left))
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            said += f"\nstopped after {seconds:.0f} s"
        lines = said.strip().splitlines() or ["it says nothing"]
        for line in reversed(lines):
            if line.startswith('{"'):
                result: dict[str, Any] = json.loads(line)
                self.note(name, result)
                return result
        self.note(name, {"failed": lines[-12:]})
        return {}

    def run(self, name: str, part: str, *words: str, seconds: float) -> dict[str, Any]:
        """Run a part to its end."""
        return self.end(name, self.start(part, *words), seconds)


def main() -> None:
    """Run all steps."""
    parser = argparse.ArgumentParser()
    parser.add_argument("carried", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        sizes = SMALL if given.small else FULL
        check = Check(given.out, sizes.seconds, 5.0 if given.small else 1.0)
        check_all(check, given.carried, Path(folder), sizes)


def check_all(check: Check, carried: Path, folder: Path, sizes: Sizes) -> None:
    """All measurements, the most wanted first."""
    inputs = folder / "photos"
    model = folder / "vgg16.keras"
    check.run("device", "device", str(sizes.matrix), seconds=90)
    words = (str(carried / WEIGHTS), str(model), str(inputs), str(FULL.explained))
    check.run("inputs", "inputs", *words, seconds=60)
    photos = sorted(str(one) for one in inputs.iterdir())
    on_cpu, on_device = (("--device", one) for one in ("cpu", sizes.device))
    names = ("demo", "again", "demo-cpu", "patterns", "shown", "shown-cpu", "explained")
    report = {name: folder / name for name in names}
    demo = ("demo", *sizes.demo)
    behind = {
        "demo-cpu": check.start("build", *demo, *to(report["demo-cpu"]), *on_cpu),
        "shown-cpu": check.start(
            "build", "build", str(model), *photos[: sizes.compared], *to(report["shown-cpu"]),
            *on_cpu, "--sections", "activations", "--sections", "gradcam",
        ),
    }  # fmt: skip
    for batch in sizes.batches:
        step_words = (str(model), sizes.device, str(sizes.size), str(sizes.steps), str(batch))
        check.run(f"ascent, batch {batch}", "ascent", *step_words, seconds=100)
    layers = [word for layer in sizes.layers for word in ("--layers", layer)]
    done = check.run(
        "patterns", "build", "build", str(model), photos[0], *to(report["patterns"]), *on_device,
        "--sections", "filters", "--filters", sizes.filters, "--filter-size", str(sizes.size),
        "--filter-steps", str(sizes.steps), "--filter-method", "classic",
        "--batch-size", sizes.batch, *layers,
        seconds=300,
    )  # fmt: skip
    if done:
        check.note("patterns found", patterns_found(report["patterns"], done))
    check.run(
        "shown", "build", "build", str(model), *photos[: sizes.photos], *to(report["shown"]),
        *on_device, "--sections", "activations", "--sections", "gradcam", seconds=90,
    )  # fmt: skip
    check.run(
        "explained", "build", "build", str(model), *photos[: sizes.explained],
        *to(report["explained"]), *on_device, "--sections", "gradcam", seconds=90,
    )  # fmt: skip
    check.run("demo", "build", *demo, *to(report["demo"]), *on_device, seconds=120)
    for name, process in behind.items():
        check.end(name, process, check.left)
        compare(check, report[name.removesuffix("-cpu")], report[name])
    if check.left > 60:
        check.run("again", "build", *demo, *to(report["again"]), *on_device, seconds=90)
        check.note("pictures that differ in a second build", different(report, "demo", "again"))
    check.note("seconds in all", round(time.monotonic() - check.began, 1))


def to(folder: Path) -> tuple[str, ...]:
    """The words that every build has."""
    return ("-o", str(folder), "--no-cache", *ENGINE)


def patterns_found(folder: Path, done: Mapping[str, Any]) -> dict[str, Any]:
    """How many patterns there are, how many rose, and how fast they came."""
    report = json.loads((folder / "report.json").read_text("utf-8"))
    status: dict[str, int] = {}
    for one in report["filters"]:
        status[one["status"]] = status.get(one["status"], 0) + 1
    seconds = done["timings"].get("Filter patterns", done["seconds"])
    return {
        "patterns": len(report["filters"]), "status": status, "seconds": seconds,
        "a_second": round(len(report["filters"]) / seconds, 2),
    }  # fmt: skip


def compare(check: Check, one: Path, other: Path) -> None:
    """How far the numbers of two reports are apart."""
    key = f"{one.name} against the CPU's"
    if not all((folder / "report.json").is_file() for folder in (one, other)):
        check.note(key, "not both were made")
        return
    read = [json.loads((folder / "report.json").read_text("utf-8")) for folder in (one, other)]
    found: list[tuple[float, str]] = []
    others: list[str] = []
    for part in ("images", "health", "exemplars", "evaluation", "kernels"):
        walk(read[0].get(part), read[1].get(part), part, found, others)
    apart = [pair for pair in found if pair[0] > TOLERANCE]
    check.note(key, {
        "numbers": len(found), "further_apart_than_1e-3": len(apart),
        "furthest": sorted(found, reverse=True)[:5], "other_differences": others[:10],
        "others": len(others),
    })  # fmt: skip


def walk(one: Any, other: Any, path: str, found: list[Any], others: list[str]) -> None:
    """Relative differences of all numbers in two JSON values, of a list against its largest."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            walk(one[key], other[key], f"{path}/{key}", found, others)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        if one and all(isinstance(x, float) for x in [*one, *other]):
            largest = max(1e-6, *(abs(x) for x in one))
            apart = max(abs(a - b) for a, b in zip(one, other, strict=True)) / largest
            found.append((round(apart, 7), path))
            return
        for at, (a, b) in enumerate(zip(one, other, strict=True)):
            walk(a, b, f"{path}/{at}", found, others)
    elif isinstance(one, float) and isinstance(other, float):
        found.append((round(abs(one - other) / max(1e-6, abs(one), abs(other)), 7), path))
    elif one != other:
        others.append(f"{path}: {str(one)[:40]} / {str(other)[:40]}")


def different(report: Mapping[str, Path], one: str, other: str) -> Any:
    """Names of pictures that are not the same bytes in two reports, the first ten."""
    files = [path for path in report[one].rglob("*") if path.suffix in (".png", ".jpg", ".svg")]
    if not files:
        return "not made"
    names = [str(path.relative_to(report[one])) for path in files]
    differing = [
        name for name in names
        if not (report[other] / name).is_file()
        or (report[one] / name).read_bytes() != (report[other] / name).read_bytes()
    ]  # fmt: skip
    return {"pictures": len(names), "differ": len(differing), "first": differing[:10]}


if __name__ == "__main__":
    main()
