"""A batch that several devices share gives what one device gives; each does its part.

Two processors made of one stand for two GPUs: TensorFlow must be told before it starts, so the work
is done in a process of its own.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import json, sys
from pathlib import Path
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from reportgen.analysis.engine import engine
from tests.analysis.bench import picture_file
from tests.analysis.engine.every_pass import every_pass

PLACES = ("/CPU:0", "/CPU:1")
where = []
def compute(values, more):
    tf.debugging.assert_positive(tf.shape(values)[0])  # layers fail without an image
    doubled = 2 * values
    where.append(doubled.op.device)
    return doubled, {"sum": tf.reduce_sum(more, 1)}, None

# The first size of a graph is traced by itself, the later ones as any size.
for sizes in ((1,), (8, 5, 1, 2)):
    graph = engine().compiled(compute, [], PLACES)
    for many in sizes:
        values = np.random.rand(many, 3).astype(np.float32)
        doubled, summed, nothing = graph(values, values)
        assert np.array_equal(doubled, 2 * values) and nothing is None
        assert np.allclose(summed["sum"], values.sum(1))
alone, *shared = where
assert "CPU" not in alone and len(shared) == 4
assert all(f"CPU:{at % 2}" in device for at, device in enumerate(shared)), shared

photos = dict(picture_file(Path(sys.argv[1]), (20, 24), seed) for seed in range(5))
one, two = (every_pass(photos, places) for places in ((), PLACES))
print(json.dumps({key: bool(np.allclose(one[key], two[key], rtol=1e-3, atol=1e-3)) for key in one}))
"""


def test_two_devices_give_what_one_gives(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True, text=True, cwd=Path(__file__).resolve().parents[3], check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) >= 4
    assert all(found.values()), found
