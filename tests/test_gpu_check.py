"""The check for a GPU keeps up with the program: it is run by hand, where there is one."""

import ast
import importlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).parent


def test_every_name_that_it_takes_from_reportgen_exists():
    taken = [
        (node.module, alias.name)
        for file in ("gpu_check.py", "gpu_check_parts.py")
        for node in ast.walk(ast.parse((HERE / file).read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reportgen")
        for alias in node.names
    ]
    assert len(taken) > 5
    for module, name in taken:
        found = importlib.import_module(module)
        # The module of JAX is not imported: JAX may not be installed.
        assert hasattr(found, name) or importlib.util.find_spec(f"{module}.{name}"), (module, name)


def test_carried_weights_are_halved_and_fit_the_network(tmp_path):
    def network():
        layers = keras.layers
        return keras.Sequential(
            [keras.Input((8, 8, 3)), layers.Conv2D(32, 3), layers.BatchNormalization()]
        )

    whole, halved = tmp_path / "m.weights.h5", tmp_path / "carried"
    model, other = network(), network()
    model.save_weights(whole)
    halved.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.gpu_check_parts", "halved", str(whole), str(halved)],
        capture_output=True, text=True, cwd=HERE.parent, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert said["bytes"] == (halved / whole.name).stat().st_size < whole.stat().st_size
    other.load_weights(halved / whole.name)
    for mine, yours in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(mine, yours, rtol=1e-3, atol=1e-6)
