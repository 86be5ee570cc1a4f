"""Run a notebook in a kernel of this very interpreter, and keep its outputs free of the machine."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.errors import NotebookError
from reportgen.scratch import scratch_folder

if TYPE_CHECKING:
    from nbformat import NotebookNode

SECONDS_PER_CELL = 1800
_START_SECONDS = 180


def check_notebook_tools() -> None:
    """Raise NotebookError unless notebooks can be written and run here."""
    from importlib.util import find_spec

    missing = [name for name in ("nbformat", "nbclient", "ipykernel") if find_spec(name) is None]
    if missing:
        raise NotebookError(
            f"--format notebook needs {', '.join(missing)}: pip install '.[notebook]'."
        )


def execute(notebook: "NotebookNode", folder: Path, *, cpu_only: bool) -> None:
    """Run all cells in `folder`; their outputs are put into the notebook.

    Raises NotebookError naming the cell that failed. An interrupt ends the kernel, too.
    """
    import nbclient
    from jupyter_client import AsyncKernelManager

    with (
        scratch_folder(Path(tempfile.gettempdir()), "reportgen") as private,
        # nbclient replaces signal handlers when it runs in the main thread
        ThreadPoolExecutor(1) as pool,
    ):
        manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=_own_interpreter(),
            connection_file=str(private / "kernel.json"),
            transport="ipc" if os.name == "posix" else "tcp",
        )
        client = nbclient.NotebookClient(
            notebook,
            km=manager,
            timeout=SECONDS_PER_CELL,
            startup_timeout=_START_SECONDS,
            record_timing=False,
            resources={"metadata": {"path": str(folder)}},
        )
        environment = _environment(private, cpu_only=cpu_only)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running = pool.submit(client.execute, env=environment, **quiet)
        try:
            running.result()
        except Exception as error:
            raise NotebookError(_sentence(error, notebook, folder)) from error
        finally:
            _kill(manager)
    _clean(notebook, folder)


def _own_interpreter() -> Any:
    """Kernels of the interpreter that runs reportgen, whatever is installed elsewhere."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

    class OwnInterpreter(KernelSpecManager):  # type: ignore[misc, unused-ignore]
        """Knows a single kernel."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002
            """The kernel, whatever its name."""
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=command, display_name="Python 3", language="python")

    return OwnInterpreter()


def _environment(private: Path, *, cpu_only: bool) -> dict[str, str]:
    """The kernel's environment: no start-up files of the user's, a GPU only where it was used."""
    own = {
        "IPYTHONDIR": str(private / "ipython"),
        "JUPYTER_CONFIG_DIR": str(private / "jupyter"),
        "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", ""),
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "PYTHONWARNINGS": "ignore",
        "PYTHONHASHSEED": "0",
        # TensorFlow writes code there, which a kernel that is ended leaves behind.
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(private)),
    }
    if cpu_only:
        own["CUDA_VISIBLE_DEVICES"] = "-1"
    return {**os.environ, **{name: value for name, value in own.items() if value}}


def _kill(manager: Any) -> None:
    """End the kernel, and with it the thread that waits for its answers."""
    process = getattr(manager.provisioner, "process", None)
    if process is not None:
        process.kill()
        process.wait()


def _sentence(error: Exception, notebook: "NotebookNode", folder: Path) -> str:
    failed = next((c for c in notebook.cells if _error_of(c)), None)
    if failed is not None:
        output = _error_of(failed)
        said = str(output.evalue).strip().splitlines()
        reason = f"{output.ename}: {said[0]}" if said else str(output.ename)
        cell = f"its cell “{failed.id}” fails: {without_paths(reason, folder)}"
        return f"The notebook was not written, because {cell.rstrip('.')}."
    if type(error).__name__ == "DeadKernelError":
        return "The notebook could not be run: its kernel died, most likely for want of memory."
    said = str(error).strip().splitlines()
    reason = said[0] if said else type(error).__name__
    return f"The notebook could not be run: {without_paths(reason, folder).rstrip('.')}."


def _error_of(cell: Any) -> Any:
    return next((o for o in cell.get("outputs", ()) if o.output_type == "error"), None)


def _clean(notebook: "NotebookNode", folder: Path) -> None:
    """Drop remarks of libraries, and whatever names a folder of this machine."""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = _one_stream(cell.outputs)
        for output in cell.outputs:
            if output.output_type == "stream":
                output.text = without_paths(output.text, folder)
            for kind, value in output.get("data", {}).items():
                if isinstance(value, str) and kind.startswith("text/"):
                    output.data[kind] = without_paths(value, folder)


def _one_stream(outputs: Sequence[Any]) -> list[Any]:
    """Outputs without those of stderr; how print's lines were cut into pieces is left to chance."""
    kept: list[Any] = []
    for output in outputs:
        is_stream = output.output_type == "stream"
        if is_stream and output.name == "stderr":
            continue
        if is_stream and kept and kept[-1].output_type == "stream":
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def without_paths(text: str, folder: Path) -> str:
    """The text with this machine's folders left out of it."""
    places = {
        str(folder): ".",
        str(folder.resolve()): ".",
        sys.prefix: "python",
        sys.base_prefix: "python",
        str(Path.cwd()): ".",
        str(Path.home()): "~",
        tempfile.gettempdir(): "tmp",
    }
    for place in sorted(places, key=len, reverse=True):
        if len(place) > 1:
            text = text.replace(place, places[place])
    return text
