"""Both engines give the same numbers, alone and on two devices; what fails on a GPU only is acted.

Keras takes one backend for a whole process: each engine works in one of its own.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[3]

jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")

PASSES = """
import sys
from pathlib import Path
import numpy as np
from tests.analysis.bench import picture_file
from tests.analysis.engine.every_pass import every_pass

photos = dict(picture_file(Path(sys.argv[1]), (20, 24), seed) for seed in range(5))
found = every_pass(photos, tuple(sys.argv[3:]))
np.savez(sys.argv[2], **{key: np.asarray(one) for key, one in found.items()})
"""


def in_a_process(engine, program, *words, devices=1):
    """Run a program with an engine; returns what it printed."""
    environment = {**os.environ, "KERAS_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={devices}"
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        capture_output=True, text=True, cwd=REPOSITORY, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def every_pass(tmp_path_factory):
    """Numbers of every analysis by an engine, computed once."""
    known = {}

    def computed(engine, places=()):
        if (engine, places) not in known:
            folder = tmp_path_factory.mktemp("passes")
            in_a_process(
                engine, PASSES, folder, folder / "found.npz", *places, devices=max(1, len(places))
            )
            with np.load(folder / "found.npz") as found:
                known[engine, places] = dict(found)
        return known[engine, places]

    return computed


def apart(one, other):
    """Largest difference of two arrays, as a share of the largest number."""
    assert np.shape(one) == np.shape(other)
    largest = np.abs(np.asarray(one, float)).max(initial=1e-6)
    return np.abs(np.asarray(one, float) - other).max(initial=0) / largest


@jax
@pytest.mark.parametrize("places", [(), ("cpu:0", "cpu:1")], ids=["one device", "two devices"])
def test_jax_gives_the_numbers_of_tensorflow(every_pass, places):
    wanted, found = every_pass("tensorflow"), every_pass("jax", places)
    assert wanted.keys() == found.keys()
    assert len(wanted) > 15
    for key, values in wanted.items():
        assert apart(values, found[key]) < 1e-4, key


@jax
def test_patterns_of_jax_rise():
    printed = in_a_process("jax", """
import keras
from tests.analysis.bench import bench_of
from reportgen.analysis.ascent import classic_patterns
from reportgen.analysis.ascent import fourier_patterns
from reportgen.analysis.ascent.pattern_search import Wish, patterns

keras.utils.set_random_seed(0)
layers = keras.layers
model = keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(6, 3, activation="relu"),
                          layers.MaxPooling2D(), layers.Conv2D(8, 3, name="c"), layers.Flatten(),
                          layers.Dense(3, activation="softmax")])
bench = bench_of(model, {})
for method in (classic_patterns.Classic(), fourier_patterns.Fourier()):
    wish = Wish("c", 8, 32, 0)
    found = dict(patterns(bench, method, wish, range(8)))
    print([found[channel][0].status for channel in range(8)])
""")  # fmt: skip
    assert printed.splitlines() == [str(["ok"] * 8)] * 2


@jax
def test_changed_weights_change_what_jax_computes():
    """Weights are no constants of a compiled program: the sanity check forgets them in between."""
    printed = in_a_process("jax", """
import keras, numpy as np
from reportgen.analysis.cams.gradients import score_gradients
from reportgen.inputs.network import Network

layers = keras.layers
model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(2, 3, name="c"),
                          layers.GlobalAveragePooling2D(), layers.Dense(2, activation="softmax")])
compute = score_gradients(Network(model), "c", 1)
values = np.ones((1, 8, 8, 3), np.float32)
before = compute(values)[0]
model.layers[0].kernel.assign(0 * model.layers[0].kernel)
print(np.abs(before).max() > 0, np.abs(compute(values)[0]).max() == 0)
""")  # fmt: skip
    assert printed.split() == ["True", "True"]


UNDETERMINED = {
    "tensorflow": """
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled
from reportgen.analysis.engine import engine, start, undetermined
start("tensorflow", "cpu", 0)
tried = []
def traced(compute, **_):
    def graph(*values):
        tried.append(is_op_determinism_enabled())
        if tried[-1]:
            raise tf.errors.UnimplementedError(
                None, None, "A deterministic GPU implementation of this is not available.")
        return compute(*values)
    return graph
tf.function = traced
""",
    "jax": """
import jax
from reportgen.analysis.engine import engine, start, undetermined
start("jax", "cpu", 0)
tried = []
real = jax.jit
def jit(compute, compiler_options=None):
    def program(*values):
        tried.append(compiler_options is not None)
        if tried[-1]:
            raise jax.errors.JaxRuntimeError(
                "UNIMPLEMENTED: there is no deterministic implementation of this.")
        return real(compute)(*values)
    return program
jax.jit = jit
jax.default_backend = lambda: "gpu"
""",
}

FALLING_BACK = """
import numpy as np
twice = engine().compiled(lambda values: 2 * values, [])
undetermined.reset()
assert undetermined.marks() == {}
for _ in range(2):
    assert np.array_equal(twice(np.ones((2, 3), np.float32)), np.full((2, 3), 2, np.float32))
assert tried == [True, False, False], tried
assert undetermined.marks() == {"undetermined": True}
class Stored:
    def __init__(self, **data):
        self.data = data
    def read(self, kind):
        return kind(**self.data)
assert "last digits" in undetermined.warning("Grad-CAM", [Stored(undetermined=True)])
assert undetermined.warning("Grad-CAM", [Stored()]) == ""
undetermined.reset()
assert undetermined.marks() == {}
"""


@pytest.mark.parametrize("engine", ["tensorflow", pytest.param("jax", marks=jax)])
def test_an_operation_without_a_deterministic_form_is_computed_and_said(engine):
    in_a_process(engine, UNDETERMINED[engine] + FALLING_BACK)


@pytest.mark.parametrize("engine", ["tensorflow", pytest.param("jax", marks=jax)])
def test_each_engine_knows_when_memory_runs_out(engine):
    printed = in_a_process(engine, """
from reportgen.analysis.engine import engine
said = ["RESOURCE_EXHAUSTED: Out of memory while trying to allocate", "another error"]
print([engine().out_of_memory(RuntimeError(one)) for one in said])
if engine().name == "tensorflow":
    import tensorflow as tf
    print(engine().out_of_memory(tf.errors.ResourceExhaustedError(None, None, "OOM")))
""")  # fmt: skip
    assert printed.split("\n")[0] == "[True, False]"
    assert "\nFalse" not in printed


@jax
def test_the_processor_computes_where_a_session_of_jax_has_a_gpu():
    """What is acted: GPUs that JAX lists because it was started before the build."""
    printed = in_a_process("jax", """
from types import SimpleNamespace
import jax
from reportgen.analysis.engine import start
from reportgen.api.session import unchanged_session
real, before = jax.devices, jax.config.jax_platforms
gpu = SimpleNamespace(platform="gpu", device_kind="NVIDIA H100")
jax.devices = lambda platform=None: real(platform) if platform else [gpu]
with unchanged_session():
    print(start("jax", "cpu", 0).kind, jax.config.jax_default_device.platform)
print(jax.config.jax_default_device, jax.config.jax_platforms == before)
""")  # fmt: skip
    assert printed.split() == ["cpu", "cpu", "None", "True"]


@jax
def test_preprocessing_that_passes_no_gradients_is_told_by_jax_too():
    printed = in_a_process("jax", """
import numpy as np
from reportgen.analysis.engine import engine
from reportgen.inputs.preprocessing import function_of
gray = np.full((1, 4, 4, 3), 128.0, np.float32)
ways = [function_of(mode, 3) for mode in ("none", "unit", "signed", "caffe", "torch")]
print([engine().passes_gradients(way, gray) for way in [*ways, lambda pixels: np.array(pixels)]])
""")  # fmt: skip
    assert printed.strip() == str([True] * 5 + [False])


@jax
def test_images_seen_through_a_transform_are_the_same(tmp_path):
    """The gradient too: TensorFlow's is the way back, and so is ours."""
    program = """
import numpy as np, keras, sys
from keras import ops
from reportgen.analysis.engine import engine
images = np.random.default_rng(0).random((2, 30, 36, 3), np.float32)
weights = np.random.default_rng(1).random((2, 10, 12, 3), np.float32)
turn = np.array([0.97, -0.2, 11.3, 0.2, 0.97, 9.1], np.float32)
def compute(values):
    def seen(at):
        found = engine().transformed(at, ops.convert_to_tensor(turn), 10, 12)
        return ops.sum(found * weights), found
    return engine().gradient(seen, values)
slope, found = engine().compiled(compute, [])(images)
np.savez(sys.argv[1], slope=slope, found=found)
"""
    found = []
    for name in ("tensorflow", "jax"):
        in_a_process(name, program, tmp_path / f"{name}.npz")
        with np.load(tmp_path / f"{name}.npz") as arrays:
            found.append(dict(arrays))
    for key in ("found", "slope"):
        assert apart(found[0][key], found[1][key]) < 1e-5, key


@jax
def test_a_report_by_jax_has_the_numbers_of_one_by_tensorflow(tmp_path):
    """Top images are the same photos; TensorFlow is never imported."""
    program = """
import sys
from reportgen.cli.main import cli
cli.main(["demo", "--engine", sys.argv[1], "-o", sys.argv[2], "--no-cache", "--quiet",
          "--skip-section", "filters"], standalone_mode=False)
assert ("tensorflow" in sys.modules) == (sys.argv[1] == "tensorflow")
"""
    reports = []
    for engine in ("tensorflow", "jax"):
        in_a_process(engine, program, engine, tmp_path / engine)
        reports.append(json.loads((tmp_path / engine / "report.json").read_text("utf-8")))
    one, other = reports
    assert [one["environment"][key] is None for key in ("tensorflow", "jax")] == [False, True]
    assert [other["environment"][key] is None for key in ("tensorflow", "jax")] == [True, False]
    assert other["sections"] == one["sections"]

    def top(report):
        channels = report["exemplars"]["channels"]
        return [[top_image["image"] for top_image in one["exemplars"]] for one in channels]

    assert top(one) == top(other)
    for mine, yours in zip(one["images"], other["images"], strict=True):
        for grid, again in zip(mine["activations"], yours["activations"], strict=True):
            assert apart(grid["means"], again["means"]) < 1e-3  # four digits are kept
