"""The parts of `gpu_check`: each is a process of its own that prints a line of JSON at its end.

python -m tests.gpu_check_parts halved vgg16_edges.weights.h5 CARRIED
"""

import contextlib
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

COMPARED_BATCH = 64
"""The batch whose ascent is compiled in three ways on a GPU."""


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


def part_halved(weights: str, carried: str) -> None:
    """Write a file of weights in half precision to another folder, under its name."""
    import h5py

    target = Path(carried) / Path(weights).name
    with h5py.File(weights) as source, h5py.File(target, "w") as halved:

        def copy(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                halved.create_dataset(name, data=item[()].astype("float16"))
            else:
                halved.require_group(name)
            halved[name].attrs.update(item.attrs)

        source.visititems(copy)
        halved.attrs.update(source.attrs)
    say(bytes=target.stat().st_size)


def part_inputs(weights: str, model: str, photos: str, count: str) -> None:
    """VGG16 with the carried weights and a head of fixed random ones, and photos of textures."""
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
    for at in range(int(count)):
        random = np.random.default_rng(at)
        sides = (4, 12, 40)
        layers = [cv2.resize(random.random((one, one, 3)), (320, 240)) for one in sides]
        values = np.clip(255 * sum(layers) / len(layers), 0, 255).astype(np.uint8)
        cv2.imwrite(str(Path(photos) / f"{at:03d}.png"), values)
    say(parameters=base.count_params(), photos=int(count))


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
    if count == COMPARED_BATCH and device == "gpu":
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


PARTS = {
    "device": part_device, "halved": part_halved, "inputs": part_inputs, "ascent": part_ascent,
    "build": part_build,
}  # fmt: skip


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


if __name__ == "__main__":
    PARTS[sys.argv[1]](*sys.argv[2:])
