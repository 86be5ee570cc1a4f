"""What plans a build does not start TensorFlow."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_a_build_is_planned_without_keras() -> None:
    code = "import sys, reportgen.pipeline; print({'keras', 'tensorflow'} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
