"""The example notebook runs in a kernel of its own and shows what it promises."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

REPOSITORY = Path(__file__).resolve().parent.parent.parent
NOTEBOOK = REPOSITORY / "examples" / "notebook" / "report_in_memory.ipynb"


@pytest.mark.slow
def test_the_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    shown = [
        output.data for cell in notebook.cells for output in cell.get("outputs", [])
        if output.output_type == "execute_result"
    ]  # fmt: skip
    assert "data:image/jpeg;base64," in shown[0]["text/html"]
    label, accuracy = shown[1]["text/plain"].strip("()").split(", ")
    assert label == "'bright'" and float(accuracy) >= 0.9
    assert shown[3]["text/plain"] == "(12, 12, 16)"
    before, after = map(float, shown[4]["text/plain"].strip("[]").split(", "))
    assert 0.5 < before < after  # the first report is about the model as it was
    assert "of 12 predictions changed, accuracy 100 %" in shown[5]["text/html"]
    printed = [str(output) for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not any("Warning" in text for text in printed)
