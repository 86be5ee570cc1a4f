"""What goes with Grad-CAM on request: maps through the depth, and differences of two classes."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from reportgen.analysis.cam_depth import CamsThroughDepth
from reportgen.analysis.cam_difference import CamDifferences
from reportgen.config import Settings
from reportgen.errors import ModelError, SettingsError
from reportgen.execution.runner import Plan
from reportgen.inputs.labels import find_class
from reportgen.printable import printable
from reportgen.records.report import Layer, Model
from reportgen.spread import spread
from reportgen.trip.missing import no_such_layer

BLOCKS = "blocks"
"""Stands for the last layer of each block."""

TOP = "top"
"""Stands for an image's two likeliest classes."""

MOST_LAYERS = 16
"""Layers through the depth; of more, so many are evenly chosen."""


def plan_depth(
    model: Model, options: Mapping[str, Any] | None, photos: Sequence[str], settings: Settings
) -> Plan:
    """The plan of the maps through the depth; `options` are Grad-CAM's, None without it."""
    analysis = CamsThroughDepth()
    if options is None or not settings.cam_layers:
        return Plan(analysis, [])
    layers = spread(layers_through_depth(model, settings.cam_layers), MOST_LAYERS)
    known = {key: value for key, value in options.items() if key not in ("layer", "cams")}
    if isinstance(known["class"], list):
        known["class"] = known["class"][0]
    known |= {"layers": layers, "colormap": settings.colormap}
    return Plan(analysis, [analysis.unit(model.sha256, photo, known) for photo in photos])


def layers_through_depth(model: Model, wanted: Sequence[str]) -> list[str]:
    """Paths of the layers that were asked for, in order of depth.

    Only layers with maps that lead to the class scores count. Raises SettingsError for a glob that
    matches none of them.
    """
    leading = _leading_to_scores(model)
    chosen: set[str] = set()
    for pattern in wanted:
        if pattern == BLOCKS:
            # what pads the input of the next block says nothing of this one
            ends = {one.block: one.path for one in leading if one.type != "ZeroPadding2D"}
            chosen |= set(ends.values())
            continue
        found = {layer.path for layer in leading if fnmatchcase(layer.path, pattern)}
        if not found and any(fnmatchcase(layer.path, pattern) for layer in model.layers):
            reason = "the layer has no maps that lead to the class scores."
            raise SettingsError(f"--cam-layers {pattern}: {reason}")
        if not found:
            raise SettingsError(f"--cam-layers {pattern}: {no_such_layer(model.layers, pattern)}")
        chosen |= found
    return [layer.path for layer in leading if layer.path in chosen]


def _leading_to_scores(model: Model) -> list[Layer]:
    by_path = {layer.path: layer for layer in model.layers}
    waiting = [model.head.layer] if model.head else []
    found: set[str] = set()
    while waiting:
        for path in by_path[waiting.pop()].inputs:
            if path not in found and path in by_path:
                found.add(path)
                waiting.append(path)
    return [
        layer
        for layer in model.layers
        if layer.path in found and layer.spatial and not layer.passes_through
    ]


def plan_differences(
    model: Model, options: Mapping[str, Any] | None, photos: Sequence[str], settings: Settings
) -> Plan:
    """The plan of the differences of classes; `options` are Grad-CAM's, None without it."""
    analysis = CamDifferences()
    if options is None or not settings.cam_difference:
        return Plan(analysis, [])
    if not model.labels:
        reason = model.head.reason if model.head else "the model has no output of its own"
        raise SettingsError(f"--cam-difference {printable(settings.cam_difference[0])}: {reason}.")
    pairs = [
        None if text == TOP else class_pair(model.labels, text) for text in settings.cam_difference
    ]
    known = {key: value for key, value in options.items() if key not in ("class", "cams")}
    known["pairs"] = pairs
    return Plan(analysis, [analysis.unit(model.sha256, photo, known) for photo in photos])


def class_pair(labels: Sequence[str], text: str) -> list[int]:
    """The indices of two classes written as CLASS,CLASS; a label may hold commas of its own.

    Raises SettingsError where no comma, or more than one, stands between two classes.
    """
    parts = text.split(",")
    found: set[tuple[int, int]] = set()
    reason = ""
    for at in range(1, len(parts)):
        sides = (",".join(parts[:at]).strip(), ",".join(parts[at:]).strip())
        try:
            found.add((find_class(labels, sides[0]), find_class(labels, sides[1])))
        except ModelError as error:
            reason = reason or str(error)
    shown = printable(text)
    if len(found) > 1:
        raise SettingsError(f"--cam-difference {shown}: it can be read in two ways; give indices.")
    if not found:
        raise SettingsError(f"--cam-difference {shown}: {reason}")
    first, second = found.pop()
    if first == second:
        raise SettingsError(f"--cam-difference {shown}: it names the same class twice.")
    return [first, second]
