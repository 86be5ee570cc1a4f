"""The cells of the notebook, rendered from `templates/notebook`.

In a template of code every `{{ value }}` becomes a Python literal, in a template of text it is
escaped as Markdown: what a file calls its layers can neither run nor dress up as something else.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reportgen.records.image import Image
from reportgen.records.report import Report
from reportgen.report.notebook.choices import Choices
from reportgen.report.notebook.layers import image_dtype, is_channels_first
from reportgen.report.notebook.sections import Sections
from reportgen.report.notes.links import without_scripts
from reportgen.report.placed_notes import PlacedNotes, without_html
from reportgen.report.templates import find_templates

_MARKDOWN = re.compile(r"[\\`*_\[\]$~|#]")
_TOLERANCE, _TOLERANCE_GPU = 1e-3, 2e-2
"""How far numbers may lie apart, relative and absolute; a GPU multiplies in shorter numbers."""

_RESIZED = {
    "stretch": "ignoring its aspect ratio",
    "crop": "cropped to the aspect ratio of the input",
    "pad": "padded with black bars",
}
_PREPROCESSED = {
    "none": "they stay unchanged",
    "unit": "x / 255 (0 to 1)",
    "signed": "x / 127.5 − 1 (−1 to 1)",
    "caffe": "BGR, minus the ImageNet means",
    "torch": "x / 255, normalised by the ImageNet means and deviations",
}


_KERNELS_A_ROW, _MOST_KERNELS = 12, 48
_MOST_STEPS = 20


@dataclass(frozen=True)
class Cell:
    """One cell: its fixed id, whether it is code, and its source."""

    id: str
    is_code: bool
    source: str


@dataclass(frozen=True)
class Files:
    """What lies beside the notebook: names and relative paths with forward slashes."""

    model: str
    photos: list[str]
    inputs: Mapping[str, str]
    custom_objects: bool
    evaluated: Sequence[str] = ()
    """The photos whose class is known; some of them may be among `photos`."""
    bygone: Sequence[str] = ()
    """Kinds of layers that Keras no longer has: their code is in `bygone_layers.py`."""


class _Raw(str):
    """Text that goes into a cell as it is."""

    __slots__ = ()


class Writer:
    """Collects the cells of one notebook, each note of the user's in the first that asks for it."""

    def __init__(self, notes: PlacedNotes, **shared: Any) -> None:
        self.cells: list[Cell] = []
        self._notes = notes
        self._taken: set[str] = set()
        self._shared = shared
        folder = find_templates() / "notebook"
        self._code = _environment(folder, _literal)
        self._text = _environment(folder, _escaped)

    def add(self, name: str, /, *, cell: str = "", **values: Any) -> None:
        """Add the text and the code of `name`, as far as there are templates for them."""
        for kind, environment in ((".md.j2", self._text), (".py.j2", self._code)):
            if f"{name}{kind}" in environment.list_templates():
                template = environment.get_template(f"{name}{kind}")
                source = template.render({**self._shared, **values}).strip("\n")
                is_code = environment is self._code
                suffix = "" if is_code else "-text"
                self.cells.append(Cell(f"{cell or name}{suffix}", is_code, source))

    def take(self, place: str) -> str:
        """The user's note on a place; empty where there is none."""
        self._taken.add(place)
        return self._notes.by_place.get(place, "")

    def put_front_notes(self, at: int) -> None:
        """Put what no cell has taken before the cell number `at`, where there is something."""
        left = [place for place in self._notes.by_place if place not in self._taken]
        if text := self._notes.front_with(left):
            self.cells.insert(at, Cell("notes", False, _harmless(text)))


def make_cells(report: Report, choices: Choices, files: Files) -> list[Cell]:
    """All cells in order."""
    writer = Writer(
        choices.notes,
        report=report,
        is_nested=choices.is_nested,
        is_shared=choices.is_shared,
        seed=report.settings["seed"],
        image=report.model.image_input,
        head=report.model.head,
        photos=choices.photos,
        names=[photo.name for photo in choices.photos],
        note="",
    )
    writer.add("title", byline=_byline(report), photo_count=_count_photos(report))
    front = len(writer.cells)
    _add_work(writer, report, choices, files)
    writer.put_front_notes(front)
    return writer.cells


def _add_work(writer: Writer, report: Report, choices: Choices, files: Files) -> None:
    """The cells that load, compute and show, with the notes between them."""
    settings = report.settings
    target, mode = report.model.image_input, report.model.preprocessing.mode
    module, _, function = mode.partition(":")
    computed = report.environment.device
    tolerance = _TOLERANCE if computed.startswith("CPU") else _TOLERANCE_GPU
    writer.add("setup", tolerance=tolerance)
    writer.add("model", files=files, note=writer.take("model"))
    if target is None:
        return
    writer.add(
        "photos",
        files=files.photos,
        left_out=len(report.images) - len(choices.photos),
        how_resized=_RESIZED[settings["resize"]],
        how_preprocessed=_PREPROCESSED.get(mode, f"by the function {function} of {module}"),
        resize=settings["resize"],
        interpolation=settings.get("interpolation", "bilinear"),
        deep=any(file.endswith(".npy") for file in files.photos),
        mode=mode,
        user_module=module if function else "",
        user_function=function,
        image_dtype=image_dtype(report),
        frames=_frames(report),
        inputs=_inputs(report, files),
        note=writer.take("images"),
    )
    for at, photo in enumerate(choices.photos):
        if text := writer.take(f"image {photo.name}"):
            writer.add("image", cell=f"image-{at}", name=photo.name, text=text)
    writer.add("inside")
    if choices.head:
        writer.add("predictions", **vars(choices.head))
    if choices.values:
        several = len(report.model.outputs) > 1
        note = writer.take("regression")
        writer.add("values", outputs=choices.values, several=several, note=note)
    _add_evaluation(writer, choices.sections, files.evaluated)
    _add_map(writer, choices.sections)
    _add_activations(writer, choices)
    _add_health(writer, choices.sections)
    _add_exemplars(writer, choices.sections)
    _add_filters(writer, report, choices)
    _add_kernels(writer, choices.sections)
    _add_gradcam(writer, choices)
    _add_decision(writer, choices)
    _add_dream(writer, choices.sections, int(settings.get("dream-steps", 0)))
    writer.add("closing", note=writer.take("about"))


def _add_activations(writer: Writer, choices: Choices) -> None:
    if not choices.layers:
        return
    writer.add("activations", note=writer.take("activations"))
    for at, layer in enumerate(choices.layers):
        note = writer.take(f"layer {layer.path}")
        writer.add("layer", cell=f"layer-{at}", layer=layer, note=note)


def _add_filters(writer: Writer, report: Report, choices: Choices) -> None:
    if not choices.patterns:
        return
    steps = min(int(report.settings["filter-steps"]), 30)
    writer.add("filters", note=writer.take("filters"), steps=steps)
    for at, gallery in enumerate(choices.patterns):
        writer.add("pattern", cell=f"pattern-{at}", gallery=gallery)


def _add_gradcam(writer: Writer, choices: Choices) -> None:
    layer = choices.gradcam_layer
    if layer is None or layer.cells is None:
        return
    first = is_channels_first(layer)
    if choices.values_layer:
        writer.add("value_scores", score_layer=choices.values_layer)
    writer.add(
        "gradcam",
        of_values=choices.values_layer is not None,
        note=writer.take("gradcam"),
        gradcam_layer=layer.path,
        channels_first=first,
        colormap=choices.colormap,
        start=layer.cells.start,
        jump=layer.cells.jump,
    )
    for at, photo in enumerate(choices.photos):
        if cams := _cams(photo):
            writer.add("overlays", cell=f"gradcam-{at}", photo=photo, at=at, layer=layer.path,
                       cams=cams)  # fmt: skip


def _add_decision(writer: Writer, choices: Choices) -> None:
    """The contributions of channels to one class score; Grad-CAM may have drawn overlays before."""
    if found := choices.sections.decision:
        cams = choices.gradcam_layer
        writer.add(
            "decision",
            decision=found,
            has_overlays=cams is not None and cams.path == found.path,
            colormap=choices.colormap,
            start=found.start,
            jump=found.jump,
            note=writer.take("decisions"),
        )


def _add_evaluation(writer: Writer, sections: Sections, files: Sequence[str]) -> None:
    """Accuracy and confusion matrix of the photos whose class is known, which are `files`."""
    found = sections.evaluation
    if found:
        evaluated = list(zip(files, found.true, found.reported, strict=True))
        note = writer.take("evaluation")
        writer.add("evaluation", evaluation=found, evaluated=evaluated, note=note)


def _add_map(writer: Writer, sections: Sections) -> None:
    """The principal components of the photos' features."""
    if found := sections.map:
        writer.add("map", map=found, note=writer.take("map"))


def _add_health(writer: Writer, sections: Sections) -> None:
    """The share of zeros of each layer."""
    if found := sections.health:
        layers = list(zip(found.paths, found.zeros, strict=True))
        writer.add("health", layers=layers, note=writer.take("health"))


def _add_exemplars(writer: Writer, sections: Sections) -> None:
    """The photos that activate a channel the most."""
    if found := sections.exemplars:
        writer.add("exemplars", exemplars=found, note=writer.take("exemplars"))


def _add_kernels(writer: Writer, sections: Sections) -> None:
    """The weights of the first convolution."""
    if found := sections.kernel:
        shown = min(found.filters, _MOST_KERNELS)
        columns = min(shown, _KERNELS_A_ROW)
        rows = -(-shown // columns)
        note = writer.take("kernels")
        writer.add("kernels", kernel=found, rows=rows, columns=columns, note=note)


def _add_dream(writer: Writer, sections: Sections, steps: int) -> None:
    """One dream, of no more `steps` than a reader will wait for."""
    if found := sections.dream:
        note = writer.take("dreams")
        writer.add("dream", dream=found, steps=min(steps, _MOST_STEPS), note=note)


def _cams(photo: Image) -> list[tuple[int, str, bool]]:
    """Class, label and whether there is evidence, of those that could be computed."""
    known = [cam for cam in photo.gradcam if cam.method == "gradcam" and cam.status != "failed"]
    return [(cam.index, cam.label, cam.status == "ok") for cam in known[:3]]


def _environment(folder: Path, finalize: Any) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=False,  # finalize does it, for code and for Markdown
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        newline_sequence="\n",
    )
    environment.filters["raw"] = _Raw
    environment.filters["note"] = lambda text: _Raw(_harmless(text))
    return environment


def _harmless(note: str) -> str:
    return without_scripts(without_html(note))


def _literal(value: Any) -> str:
    """A Python literal, strings in the quotes that formatters prefer."""
    if isinstance(value, _Raw):
        return value
    if isinstance(value, str) and value.isprintable():
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        pairs = (f"{_literal(key)}: {_literal(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' * (len(value) == 1)})"
    return repr(value)


def _escaped(value: Any) -> str:
    if isinstance(value, _Raw):
        return value
    plain = "".join(c if c.isprintable() else " " for c in str(value))
    escaped = _MARKDOWN.sub(lambda match: f"\\{match[0]}", plain)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _byline(report: Report) -> str:
    parts = (report.author, str(report.settings.get("organisation") or ""))
    return ", ".join(part for part in parts if part)


def _count_photos(report: Report) -> str:
    return "one photo" if len(report.images) == 1 else f"{len(report.images)} photos"


def _frames(report: Report) -> int:
    """How many frames a film has that the model takes."""
    target = report.model.image_input
    shape = next(
        tensor.shape for tensor in report.model.inputs if target and tensor.name == target.name
    )
    return (shape[1] or 1) if len(shape) == 5 else 1


def _inputs(report: Report, files: Files) -> list[dict[str, Any]]:
    """All inputs in order, where there are several."""
    target = report.model.image_input
    if target is None or len(report.model.inputs) == 1:
        return []
    return [
        {
            "is_image": tensor.name == target.name,
            "file": files.inputs.get(tensor.name),
            "shape": [size or 1 for size in tensor.shape[1:]],
            "dtype": tensor.dtype,
        }
        for tensor in report.model.inputs
    ]
