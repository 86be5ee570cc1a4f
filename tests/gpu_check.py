"""What `gpu_check.sh` measures; each step is a process of its own and may fail by itself."""

import argparse
import contextlib
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

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
    seconds: int
    """Until the check should be over; the CPU trial has patience."""


FULL = Sizes("gpu", 10, 64, "all", (), 40, 128, 8192, (16, 64, 128), "64", 10, 460)
SMALL = Sizes("cpu", 2, 3, "2", ("block1_conv*",), 4, 48, 512, (2,), "2", 2, 2400)


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
            [sys.executable, "-m", "tests.gpu_check", "--part", name, *words],
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
    """Run all steps, or the part that is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("carried", nargs="?", type=Path)
    parser.add_argument("out", nargs="?", type=Path)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--part")
    if sys.argv[1:2] == ["--part"]:
        PARTS[sys.argv[2]](*sys.argv[3:])
        return
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
    check.run("inputs", "inputs", str(carried / WEIGHTS), str(model), str(inputs), seconds=60)
    photos = sorted(str(one) for one in inputs.iterdir())
    on_cpu, on_device = (("--device", one) for one in ("cpu", sizes.device))
    names = ("demo", "again", "demo-cpu", "patterns", "shown", "shown-cpu", "explained")
    report = {name: folder / name for name in names}
    behind = {
        "demo-cpu": check.start("build", "demo", *to(report["demo-cpu"]), *on_cpu),
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
    check.run("demo", "build", "demo", *to(report["demo"]), *on_device, seconds=120)
    for name, process in behind.items():
        check.end(name, process, check.left)
        compare(check, report[name.removesuffix("-cpu")], report[name])
    if check.left > 60:
        check.run("again", "build", "demo", *to(report["again"]), *on_device, seconds=90)
        check.note("pictures that differ in a second build", different(report, "demo", "again"))
    check.note("seconds in all", round(time.monotonic() - check.began, 1))


def to(folder: Path) -> tuple[str, ...]:
    """The words that every build has."""
    return ("-o", str(folder), "--no-cache", *ENGINE)


# Parts: each prints one line of JSON at its end.


def part_device(matrix: str) -> None:
    """The device, its free memory, and the rate of products of float32 matrices."""
    import jax
    import jax.numpy as jnp

    side = int(matrix)
    rates = {}
    for precision in ("highest", "default"):
        product = jax.jit(lambda a, b, p=precision: jnp.matmul(a, b, precision=p))
        one = jax.random.normal(jax.random.key(0), (side, side))
        product(one, one).block_until_ready()
        start, times = time.perf_counter(), 5
        for _ in range(times):
            last = product(one, one)
        last.block_until_ready()
        seconds = (time.perf_counter() - start) / times
        rates[precision] = round(2 * side**3 / seconds / 1e12, 3)
    said = subprocess.run(
        [sys.executable, "-m", "reportgen", "doctor"], capture_output=True, text=True, check=False
    )
    first = jax.devices()[0]
    say(
        device=first.device_kind, platform=first.platform, jax=jax.__version__,
        python=sys.version.split()[0], processors=os.cpu_count(), float32_tflops=rates["highest"],
        tf32_tflops=rates["default"], doctor=(said.stdout + said.stderr).splitlines(),
    )  # fmt: skip


def part_inputs(weights: str, model: str, photos: str) -> None:
    """VGG16 with the carried weights and a head of fixed random ones, and 64 photos of textures."""
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import cv2
    import keras
    import numpy as np

    base = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    base.load_weights(weights)
    pooled = keras.layers.GlobalAveragePooling2D()(base.output)
    initial = keras.initializers.GlorotUniform(seed=0)
    scores = keras.layers.Dense(10, activation="softmax", kernel_initializer=initial)(pooled)
    keras.Model(base.input, scores, name="vgg16").save(model)
    Path(photos).mkdir()
    for at in range(FULL.explained):
        random = np.random.default_rng(at)
        sides = (4, 12, 40)
        layers = [cv2.resize(random.random((one, one, 3)), (320, 240)) for one in sides]
        values = np.clip(255 * sum(layers) / len(layers), 0, 255).astype(np.uint8)
        cv2.imwrite(str(Path(photos) / f"{at:03d}.png"), values)
    say(parameters=base.count_params(), photos=FULL.explained)


def part_ascent(model: str, device: str, size: str, steps: str, batch: str) -> None:
    """The rate of gradient ascent towards deep channels, compiled in three ways."""
    os.environ["KERAS_BACKEND"] = "jax"
    from reportgen.analysis.engine import jax as engine_of_jax
    from reportgen.analysis.engine import start

    start("jax", device, 0)
    import keras
    import numpy as np

    from reportgen.analysis.ascent.ascents import Ascent
    from reportgen.analysis.ascent.classic_patterns import Classic
    from reportgen.inputs.network import Network

    network = Network(keras.models.load_model(model)).at_size(int(size), int(size))
    prepare, count = network.preprocess("caffe"), int(batch)
    layer = "block4_conv2" if count > 2 else "block2_conv1"
    shape = (int(size), int(size), 3)
    random = np.random.default_rng(0)
    noise = np.stack([Classic().start(random, shape, 10.0) for _ in range(count)])
    channels = np.arange(count, dtype=np.int32)
    views = Classic().views(random, int(steps), shape)
    found: dict[str, Any] = {"layer": layer, "batch": count, "steps": int(steps)}
    ways = {"deterministic": dict(engine_of_jax.DETERMINED)}
    if count == FULL.batches[1] and device == "gpu":
        ways["no nondeterministic kernels"] = {"xla_gpu_exclude_nondeterministic_ops": True}
        ways["anything"] = {}
    for name, options in ways.items():
        with told(engine_of_jax.DETERMINED, options):
            ascent = Ascent(network, prepare, layer, Classic().way(shape))
            first, (_, _) = timed(lambda a=ascent: a.climb(noise, channels, views))
            best, (_, made) = timed(lambda a=ascent: a.climb(noise, channels, views))
            rounds = int(made.max())
            flops = rounds * count * there_and_back(network, layer, count)
            found[name] = {
                "first_s": round(first, 2), "then_s": round(best, 3), "rounds": rounds,
                "tflops": round(flops / best / 1e12, 3),
                "undetermined": bool(engine_of_jax_undetermined()),
            }  # fmt: skip
    say(**found, **memory())


def part_build(*words: str) -> None:
    """One build; says how long it took, what it lacks, and how much memory it needed."""
    from reportgen.cli.main import cli

    seconds, _ = timed(lambda: cli.main(list(words), standalone_mode=False))
    report = json.loads((Path(words[words.index("-o") + 1]) / "report.json").read_text("utf-8"))
    say(
        seconds=round(seconds, 2), timings=report["timings"], **report["environment"],
        lacking=[one["reason"] for one in report["skipped"]][:5], images=len(report["images"]),
        tensorflow_imported="tensorflow" in sys.modules, notes=report["timing_notes"], **memory(),
    )  # fmt: skip


PARTS = {"device": part_device, "inputs": part_inputs, "ascent": part_ascent, "build": part_build}


def say(**found: Any) -> NoReturn:
    """Print a line of JSON and end: tidying up may take longer than the work."""
    print("\n" + json.dumps(found), flush=True)
    os._exit(0)


def timed(work: Any) -> tuple[float, Any]:
    """Seconds, and what came out."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


@contextlib.contextmanager
def told(options: dict[str, Any], instead: Mapping[str, Any]) -> Iterator[None]:
    """Tell the compiler something else for a while."""
    kept = dict(options)
    options.clear()
    options.update(instead)
    try:
        yield
    finally:
        options.clear()
        options.update(kept)


def engine_of_jax_undetermined() -> bool:
    """Whether something was computed again without determinism."""
    from reportgen.analysis.engine import engine

    return engine().undetermined


def memory() -> dict[str, float]:
    """Peak memory in GB of this process and of its device."""
    import jax

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    stats = jax.devices()[0].memory_stats() or {}
    return {
        "peak_host_gb": round(peak / 1e9, 2),
        "peak_device_gb": round(stats.get("peak_bytes_in_use", 0) / 1e9, 2),
    }


def there_and_back(network: Any, layer: str, chosen: int) -> float:
    """Floating point operations of an image forward to a layer and back; its last convolution has
    only the chosen channels."""
    total = 0.0
    for step in network.trace.needed([layer]):
        kernel = getattr(step.layer, "kernel", None)
        if kernel is None or len(kernel.shape) != 4:
            continue
        height, width = network.map_size(step.path)
        filters = chosen if step.path == layer else kernel.shape[3]
        total += 2.0 * height * width * math.prod(kernel.shape[:3]) * filters
    return 2.0 * total


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
