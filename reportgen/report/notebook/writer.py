"""The working notebook: the report's numbers computed again with plain Keras, NumPy, Matplotlib."""

import base64
import importlib.util
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.errors import NotebookError
from reportgen.feeding import Feeding
from reportgen.file_names import slugs
from reportgen.inputs.model_files import bygone_layers
from reportgen.inputs.model_files.custom_objects import files_of, is_package
from reportgen.inputs.photos.photo_copies import copy_photo
from reportgen.records.report import NotePicture, Report
from reportgen.report.notebook.cells import Cell, Files, make_cells
from reportgen.report.notebook.choices import choose
from reportgen.report.notebook.execution import check_notebook_tools, execute

if TYPE_CHECKING:
    from nbformat import NotebookNode

NOTEBOOK = "report.ipynb"
MODEL, PHOTOS, INPUTS = "model", "photos", "inputs"
"""Folders beside the notebook that hold what it reads."""


@dataclass(frozen=True)
class Sources:
    """The files that the notebook takes along, as copies with harmless names.

    `model` is a file that `keras.saving.load_model` opens; it may already lie where the notebook
    looks for it. `photos` maps the SHA-256 of an image's bytes to its file, `inputs` the name of an
    input that takes no picture to a `.npy` file, `custom_objects` are the user's Python files
    and packages with classes of the model.
    """

    model: Path
    photos: Mapping[str, Path]
    inputs: Mapping[str, Path] = field(default_factory=dict)
    custom_objects: Sequence[str] = ()
    feeding: Feeding = field(default_factory=Feeding)
    """How the photos were read; without "auto"."""


def write_notebook(report: Report, folder: Path, sources: Sources, *, run: bool = True) -> Path:
    """Write `report.ipynb` to `folder` with the files that it reads, and return its path.

    With `run`, the notebook is executed first, so that its outputs are in it. Copies of photos
    lose their metadata. Raises NotebookError, one sentence, when a cell fails or when what runs
    notebooks is missing.
    """
    check_notebook_tools()
    choices = choose(report)
    names = slugs([image.name for image in report.images])
    evaluated = choices.sections.evaluation.photos if choices.sections.evaluation else []
    copies = {
        image.name: copy_photo(
            sources.photos[image.sha256], folder / PHOTOS, names[image.name], sources.feeding
        )
        .relative_to(folder)
        .as_posix()
        for image in {image.name: image for image in (*choices.photos, *evaluated)}.values()
    }
    files = Files(
        model=_copy(sources.model, folder / MODEL / sources.model.name),
        photos=[copies[image.name] for image in choices.photos],
        inputs=_copy_inputs(sources.inputs, folder),
        custom_objects=bool(sources.custom_objects),
        evaluated=[copies[image.name] for image in evaluated],
        bygone=sorted({layer.type for layer in report.model.layers} & {*bygone_layers.BYGONE}),
    )
    _copy_code(sources.custom_objects, folder)
    if files.bygone:
        _copy(Path(bygone_layers.__file__), folder / "bygone_layers.py")
    _copy_users_function(report.model.preprocessing.mode, folder)
    notebook = _notebook(make_cells(report, choices, files))
    _attach_pictures(notebook, report.note_pictures, folder)
    if run:
        execute(notebook, folder, cpu_only=report.environment.device.startswith("CPU"))
    return _write(notebook, folder)


def _copy(source: Path, target: Path) -> str:
    """Copy a file to where the notebook looks for it; returns its name there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source != target:
        shutil.copyfile(source, target)
    return target.name


def _copy_code(sources: Sequence[str], folder: Path) -> None:
    """Copy the user's files with what they import; `custom_objects.py` stands for all of them."""
    imports = []
    for number, source in enumerate(sources, 1):
        if is_package(source):
            imports.append(f"from {source} import *")
            continue
        first, *others = files_of(Path(source))
        name = "custom_objects" if len(sources) == 1 else f"custom_objects_{number}"
        _copy(first, folder / f"{name}.py")
        for other in others:
            _copy(other, folder / other.relative_to(first.parent))
        imports.append(f"from {name} import *")
    if len(sources) > 1 or any(map(is_package, sources)):
        text = "\n".join(imports)
        (folder / "custom_objects.py").write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _copy_inputs(inputs: Mapping[str, Path], folder: Path) -> dict[str, str]:
    names = slugs(inputs)
    return {
        name: f"{INPUTS}/{_copy(file, folder / INPUTS / f'{names[name]}.npy')}"
        for name, file in inputs.items()
    }


def _notebook(cells: Sequence[Cell]) -> "NotebookNode":
    from nbformat import v4

    made = []
    for cell in cells:
        new = v4.new_code_cell if cell.is_code else v4.new_markdown_cell
        made.append(new(cell.source, id=cell.id))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


def _attach_pictures(
    notebook: "NotebookNode", pictures: Sequence[NotePicture], folder: Path
) -> None:
    """Put the pictures of notes into the cells that show them: the notebook stands for itself."""
    for picture in pictures:
        file = folder / picture.file
        kind = "image/png" if file.suffix == ".png" else "image/jpeg"
        for cell in notebook.cells:
            if cell.cell_type == "markdown" and f"]({picture.file})" in cell.source:
                cell.source = cell.source.replace(
                    f"]({picture.file})", f"](attachment:{file.name})"
                )
                content = base64.b64encode(file.read_bytes()).decode("ascii")
                cell.setdefault("attachments", {})[file.name] = {kind: content}


def _write(notebook: "NotebookNode", folder: Path) -> Path:
    import nbformat

    nbformat.validate(notebook)
    target = folder / NOTEBOOK
    text = nbformat.writes(notebook)
    target.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8", newline="\n")
    return target


def _copy_users_function(mode: str, folder: Path) -> None:
    """The user's own preprocessing comes along; a package that is installed does not need to."""
    module, _, function = mode.partition(":")
    if not function:
        return
    spec = importlib.util.find_spec(module)
    source = Path(spec.origin) if spec and spec.origin else None
    if source is None or "site-packages" in source.parts:
        return
    if "." in module or source.name == "__init__.py":
        raise NotebookError(
            f"--format notebook: the notebook cannot take the package of --preprocess {mode} "
            "along; put the function into a single file."
        )
    shutil.copyfile(source, folder / source.name)
