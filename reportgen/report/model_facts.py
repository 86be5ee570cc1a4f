"""Facts on the model, the photos and the machine, on pages and on paper."""

import json
import re
from collections.abc import Sequence
from typing import Any

from reportgen.records.image import Image
from reportgen.records.model import Model, Preprocessing
from reportgen.records.outputs import TensorInfo
from reportgen.records.report import Environment
from reportgen.report.contexts import Fact
from reportgen.report.layer_facts import total_memory, total_multiply_adds
from reportgen.report.outline import Outline
from reportgen.wording import TIMES, count, shape, size_of

_KINDS = {
    "classes": ("Image classifier", "class", "classes"),
    "labels": ("Multi-label classifier", "label"),
    "map": ("Segmentation", "class map"),
    "values": ("Regression", "value"),
    "embedding": ("Embedding", "number"),
}
_OF_CLASSES = ("classes", "labels", "map")
_VERSION = re.compile(r"Keras (\d+\.\d+)")


def summary(model: Model) -> str:
    """The model in one line: "Image classifier · 6 classes · 180,742 parameters · Keras 3.15"."""
    parts = [*_kind(model), count(model.parameters, "parameter")]
    if version := _VERSION.search(model.description):
        parts.append(version[0])
    return " · ".join(parts)


def _kind(model: Model) -> tuple[str, ...]:
    """What kind of network it is, by its head, and how much that tells apart."""
    head = model.head
    if head is not None and head.kind in _KINDS and (head.classes or head.kind not in _OF_CLASSES):
        kind, *noun = _KINDS[head.kind]
        return (kind, count(head.classes if head.kind in _OF_CLASSES else head.units, *noun))
    return ("Keras model",)


def file_size(model: Model) -> str:
    """How large the model's file is; a network that is known by its name alone has none."""
    return size_of(model.size) if model.size else "none"


def environment_facts(environment: Environment) -> tuple[Fact, ...]:
    """Versions and device."""
    engines = (("TensorFlow", environment.tensorflow), ("JAX", environment.jax))
    return (
        Fact("Device", environment.device),
        Fact("Python", environment.python),
        *(Fact(name, version) for name, version in engines if version),
        Fact("Keras", environment.keras),
    )


def model_facts(outline: Outline) -> tuple[Fact, ...]:
    """Parameters, inputs, outputs and preprocessing of the model."""
    model = outline.report.model
    frozen = model.parameters - model.trainable_parameters
    trainable = f"{model.trainable_parameters:,} trainable, {frozen:,} frozen"
    return (
        Fact("Parameters", f"{model.parameters:,}", trainable),
        Fact("Layers", f"{len(model.layers):,}", f"in {count(len(outline.blocks), 'block')}"),
        Fact("Multiply-adds", total_multiply_adds(model.layers), _unknown_costs(model)),
        Fact("Memory", total_memory(model.layers), "of all outputs for one image"),
        Fact("Input", *_tensors(model.inputs)),
        Fact("Output", *_output(outline)),
        Fact("Preprocessing", *_preprocessing(model.preprocessing)),
    )


_MODES = {
    "none": "pixels 0 to 255, unchanged",
    "unit": "pixels divided by 255",
    "signed": "pixels divided by 127.5, less 1",
    "caffe": "channels in the order BGR, less ImageNet’s means",
    "torch": "pixels divided by 255, normalised by ImageNet’s means and deviations",
}
_SOURCES = {
    "given": "set by --preprocess",
    "detected": "detected in the model",
    "assumed": "assumed; --preprocess sets it",
}


def _preprocessing(taken: Preprocessing) -> tuple[str, str]:
    """What is done to pixels, and who says so; a function of the user's by its name."""
    what = _MODES.get(taken.mode, f"function {taken.mode}")
    mode = f"{taken.mode}, " if taken.mode in _MODES else ""
    return what, f"{mode}{_SOURCES[taken.source]}"


def _unknown_costs(model: Model) -> str:
    """The types of layers whose multiply-adds are not known."""
    unknown = {layer.type: None for layer in model.layers if layer.multiply_adds is None}
    return f"unknown for {', '.join(unknown)}" if unknown else "for one image"


def _tensors(tensors: Sequence[TensorInfo]) -> tuple[str, str]:
    if not tensors:
        return "none", ""
    rest = f" and {len(tensors) - 1} more" if len(tensors) > 1 else ""
    return shape(tensors[0].shape), tensors[0].name + rest


def _output(outline: Outline) -> tuple[str, str]:
    head = outline.report.model.head
    if head is not None and head.kind == "values":
        return count(head.units, "value"), head.name
    if head is not None and head.kind == "embedding":
        return f"embedding of {count(head.units, 'number')}", head.name
    if head is None or not head.classes:
        value, note = _tensors(outline.report.model.outputs)
        return value, head.reason if head and head.reason else note
    of = f"{head.name}: " if len(outline.report.model.outputs) > 1 else ""
    if head.kind == "map":
        return count(head.classes, "class map"), f"{of}{head.activation}"
    return count(head.classes, "class", "classes"), f"{of}{head.activation}"


def photo_size(image: Image) -> str:
    """The size of the photo: "640 × 480 pixels"."""
    return f"{image.width} {TIMES} {image.height} pixels"


def setting_text(value: Any) -> str:
    """A setting as one writes it in the configuration file; empty ones as "not set"."""
    if value is None or value in ("", [], ()):
        return "not set"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
