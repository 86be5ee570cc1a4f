"""From settings and facts to units of work: what is to be computed, decided without TensorFlow."""

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reportgen.analysis.activations import Activations
from reportgen.analysis.dreams import MOST_IMAGES as MOST_DREAMERS
from reportgen.analysis.dreams import Dreams
from reportgen.analysis.exemplars import Exemplars
from reportgen.analysis.filters import Filters
from reportgen.analysis.gradcam import GradCams
from reportgen.analysis.kernels import Kernels
from reportgen.analysis.trust import MOST_IMAGES as MOST_MEASURED
from reportgen.analysis.trust import Sanity, Trust
from reportgen.config import PREPROCESSING_MODES, Settings
from reportgen.errors import ModelError, SettingsError
from reportgen.execution.runner import Plan
from reportgen.execution.units import Unit
from reportgen.heatmap_methods import CAMS
from reportgen.inputs.labels import find_class
from reportgen.records.flattening import flattens
from reportgen.records.report import Layer, Model, Skipped
from reportgen.spread import spread
from reportgen.trip.choosing import (
    check_filters,
    chosen_filters,
    chosen_layers,
    layer_called,
    single_channels,
)
from reportgen.trip.missing import no_such_layer
from reportgen.trip.planning_cams import plan_depth, plan_differences


@dataclass(frozen=True)
class Planned:
    """The plans for all sections, and what was left out of them and why."""

    activations: Plan
    filters: Plan
    gradcam: Plan
    depth: Plan
    differences: Plan
    exemplars: Plan
    kernels: Plan
    trust: Plan
    sanity: Plan
    dreams: Plan
    skipped: list[Skipped]
    explained: Plan = field(default_factory=lambda: Plan(GradCams(), []))
    """Grad-CAMs that mistakes lack; known only when the class scores are."""

    @property
    def units(self) -> list[Unit]:
        """All units, by section."""
        return [unit for plan in (*self.plans, self.explained) for unit in plan.units]

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plans that are known from the start, in the order in which they are run."""
        return (
            self.activations,
            self.gradcam,
            self.depth,
            self.differences,
            self.filters,
            self.exemplars,
            self.kernels,
            self.trust,
            self.sanity,
            self.dreams,
        )


def plan(
    model: Model,
    basis: Mapping[str, Any],
    digests: Sequence[str],
    settings: Settings,
    searched: Sequence[str] | None = None,
) -> Planned:
    """Plan all sections for the images with these digests; exemplars come from those `searched`.

    `basis` is what the opened network depends on besides its file's bytes. Raises SettingsError or
    ModelError when a layer or class that was asked for is not there.
    """
    skipped: list[Skipped] = []
    chosen = chosen_layers(model.layers, settings.layers)
    check_filters(model.layers, chosen, settings)
    feeding = {
        **basis,
        "input": model.image_input.model_dump() if model.image_input else None,
        "preprocess": preprocessing_key(model.preprocessing.mode),
        "feeding": settings.feeding.settled(model.preprocessing.highest).options(),
    }
    photos = list(dict.fromkeys(digests)) if model.image_input else []
    cams = _cam_options("gradcam", model, feeding, settings, skipped)
    return Planned(
        _plan_activations(model, chosen, feeding, photos, settings, skipped),
        _plan_filters(model, chosen, feeding, settings, skipped),
        _plan_gradcam(model, cams, photos, settings),
        plan_depth(model, cams, photos, settings),
        plan_differences(model, cams, photos, settings),
        _plan_exemplars(model, chosen, feeding, searched or photos, settings, skipped),
        _plan_kernels(model, chosen, feeding, settings, skipped),
        *_plan_trust(model, feeding, photos, settings, skipped),
        _plan_dreams(model, feeding, photos, settings, skipped),
        skipped,
    )


def _plan_activations(
    model: Model,
    chosen: Sequence[Layer],
    feeding: Mapping[str, Any],
    photos: Sequence[str],
    settings: Settings,
    skipped: list[Skipped],
) -> Plan:
    """Every photo gets a unit, also without the section: predictions come from it."""
    layers: list[str] = []
    if "activations" in settings.chosen_sections:
        layers = [layer.path for layer in chosen if layer.spatial and not layer.passes_through]
        skipped += [
            Skipped(what="layer", name=layer.path, reason=reason)
            for layer in chosen
            if (reason := _why_not_drawn(layer))
        ]
        if not layers or model.image_input is None:
            reason = "no layer has maps to show" if model.image_input else _no_image(model)
            skipped.append(Skipped(what="section", name="activations", reason=reason))
    options = {
        **feeding,
        "layers": layers,
        "columns": settings.columns,
        "max_channels": settings.max_channels,
        "tile_size": None if settings.full_resolution else settings.tile_size,
        "contrast": list(settings.contrast_levels),
        "normalise": settings.normalise,
        "channels": single_channels(model.layers, settings),
    }
    analysis = Activations()
    return Plan(analysis, [analysis.unit(model.sha256, photo, options) for photo in photos])


def _why_not_drawn(layer: Layer) -> str:
    if layer.spatial and layer.passes_through:
        return "it hands its input on unchanged when the model predicts"
    if layer.channels and not layer.spatial and layer.type != "InputLayer":
        return "its maps are a single pixel"
    return ""


def _plan_filters(
    model: Model,
    chosen: Sequence[Layer],
    feeding: Mapping[str, Any],
    settings: Settings,
    skipped: list[Skipped],
) -> Plan:
    analysis = Filters()
    if "filters" not in settings.chosen_sections:
        return Plan(analysis, [])
    layers = [layer for layer in chosen if layer.convolution and layer.channels]
    if not layers or model.image_input is None:
        reason = _no_image(model) if layers else "there is no two-dimensional convolution layer"
        skipped.append(Skipped(what="section", name="filters", reason=reason))
        return Plan(analysis, [])
    options = {
        **{key: value for key, value in feeding.items() if key != "feeding"},
        "steps": settings.filter_steps,
        "size": settings.filter_size,
        "seed": settings.seed,
    }
    filters = chosen_filters(layers, settings)
    facets = settings.filter_diversity
    units = []
    for layer, channels in filters.items():
        for method in settings.filter_methods:
            by_method = {**options, "method": method}
            for at, channel in enumerate(channels):
                # The image that ascents start from is shown once for each method.
                first = not at and layer == next(iter(filters))
                about = model.sha256, layer, channel, by_method
                units.append(analysis.unit(*about, start=first))
                if settings.filter_negative:
                    units.append(analysis.unit(*about, negative=True))
                if facets > 1:
                    units += [analysis.unit(*about, facet=(at, facets)) for at in range(facets)]
    return Plan(analysis, units)


def _plan_exemplars(
    model: Model,
    chosen: Sequence[Layer],
    feeding: Mapping[str, Any],
    searched: Sequence[str],
    settings: Settings,
    skipped: list[Skipped],
) -> Plan:
    """One unit for all images; channels are those asked for, else the first of learned layers."""
    analysis = Exemplars()
    digests = list(dict.fromkeys(searched))
    singles = single_channels(model.layers, settings)
    learned = [one for one in chosen if one.spatial and one.channels and _has_features(one)]
    wanted = chosen_filters(learned, settings)
    wanted |= {one.path: singles[one.path] for one in chosen if one.path in singles}
    units = _single_units(model.layers, settings)
    reason = ""
    if "exemplars" not in settings.chosen_sections:
        return Plan(analysis, [])
    if model.image_input is None:
        reason = _no_image(model)
    elif not wanted and not units:
        reason = "no layer with maps has learned weights"
    elif len(digests) < 2 and settings.dataset is None and not units:
        if "exemplars" not in settings.sections:
            return Plan(analysis, [])
        reason = "it needs more than one image; --dataset names a folder to search"
    if reason:
        skipped.append(Skipped(what="section", name="exemplars", reason=reason))
        return Plan(analysis, [])
    k = min(settings.exemplars, len(digests))
    options = {**feeding, "k": k, "channels": wanted, "units": [list(one) for one in units]}
    return analysis.plan(model.sha256, digests, options)


def _has_features(layer: Layer) -> bool:
    """Whether channels of the layer are features of its own: not what it scales or normalises."""
    scaling = "Normalization" in layer.type or layer.type in ("PReLU", "LayerScale", "Embedding")
    return layer.convolution or (layer.parameters > 0 and not scaling)


def _single_units(layers: Sequence[Layer], settings: Settings) -> list[tuple[str, int, int, int]]:
    """The units asked for; raises SettingsError for one that is not there."""
    by_path = {layer.path: layer for layer in layers}
    for path, row, column, channel in settings.single_units:
        if path not in by_path:
            raise SettingsError(f"--unit {path}: {no_such_layer(layers, path)}")
        layer = by_path[path]
        if layer.map_size is None:
            raise SettingsError(f"--unit {path}: the layer has no maps to show.")
        sizes = (*layer.map_size, layer.channels or 0)
        for value, size, what in zip(
            (row, column, channel), sizes, ("row", "column", "channel"), strict=True
        ):
            if value >= size:
                raise SettingsError(
                    f"--unit {path}: there is no {what} {value}; the layer has {size}, counted "
                    f"from 0 to {size - 1}."
                )
    return settings.single_units


def _plan_kernels(
    model: Model,
    chosen: Sequence[Layer],
    feeding: Mapping[str, Any],
    settings: Settings,
    skipped: list[Skipped],
) -> Plan:
    analysis = Kernels()
    if "kernels" not in settings.chosen_sections:
        return Plan(analysis, [])
    layers = [layer.path for layer in chosen if layer.convolution]
    if not layers:
        reason = "there is no two-dimensional convolution layer"
        skipped.append(Skipped(what="section", name="kernels", reason=reason))
    options = {key: value for key, value in feeding.items() if key != "resize"}
    options["columns"] = settings.columns
    return Plan(analysis, [analysis.unit(model.sha256, layer, options) for layer in layers])


def _plan_gradcam(
    model: Model, options: Mapping[str, Any] | None, photos: Sequence[str], settings: Settings
) -> Plan:
    analysis = GradCams()
    if options is None:
        return Plan(analysis, [])
    options = {
        **options,
        "classes": settings.top,
        "colormap": settings.colormap,
        "full_size": settings.full_size,
    }
    return Plan(analysis, [analysis.unit(model.sha256, photo, options) for photo in photos])


def _plan_trust(
    model: Model,
    feeding: Mapping[str, Any],
    photos: Sequence[str],
    settings: Settings,
    skipped: list[Skipped],
) -> tuple[Plan, Plan]:
    """The plans of the measures, image by image, and of the check of the model."""
    trust, sanity = Trust(), Sanity()
    options = _cam_options("trust", model, feeding, settings, skipped)
    chosen = spread(photos, MOST_MEASURED)
    if options is None or not chosen:
        return Plan(trust, []), Plan(sanity, [])
    options["seed"] = settings.seed
    return (
        Plan(trust, [trust.unit(model.sha256, photo, options) for photo in chosen]),
        Plan(sanity, [sanity.unit(model.sha256, chosen, options)]),
    )


def _plan_dreams(
    model: Model,
    feeding: Mapping[str, Any],
    photos: Sequence[str],
    settings: Settings,
    skipped: list[Skipped],
) -> Plan:
    analysis = Dreams()
    if "dreams" not in settings.chosen_sections:
        return Plan(analysis, [])
    reason = "" if settings.dream else "no layer is named to dream with; --dream names one"
    reason = reason or ("" if model.image_input else _no_image(model))
    if reason:
        skipped.append(Skipped(what="section", name="dreams", reason=reason))
        return Plan(analysis, [])
    units = []
    for name, channel in settings.dreams:
        path = layer_called(model.layers, name)
        _check_dream(model, path, channel)
        options = {
            **feeding,
            "layer": path,
            "channel": channel,
            "steps": settings.dream_steps,
            "seed": settings.seed,
        }
        units += [
            analysis.unit(model.sha256, photo, options) for photo in spread(photos, MOST_DREAMERS)
        ]
    return Plan(analysis, units)


def _check_dream(model: Model, path: str, channel: int | None) -> None:
    layer = next((one for one in model.layers if one.path == path), None)
    if layer is None:
        raise SettingsError(f"--dream {path}: {no_such_layer(model.layers, path)}")
    if not (layer.spatial and layer.channels):
        raise SettingsError(f"--dream {path}: the layer has no maps.")
    if channel is not None and channel >= layer.channels:
        raise SettingsError(
            f"--dream {path}:{channel}: the layer has {layer.channels} channels, counted from 0 to "
            f"{layer.channels - 1}."
        )


def _cam_options(
    section: str,
    model: Model,
    feeding: Mapping[str, Any],
    settings: Settings,
    skipped: list[Skipped],
) -> dict[str, Any] | None:
    """What class activation maps are made with; None where the section has none to make."""
    if section not in settings.chosen_sections:
        return None
    layer = settings.gradcam_layer or model.last_spatial_layer
    by_path = {one.path: one for one in model.layers}
    if settings.gradcam_layer and settings.gradcam_layer not in by_path:
        missing = no_such_layer(model.layers, settings.gradcam_layer)
        raise SettingsError(f"--gradcam-layer {settings.gradcam_layer}: {missing}")
    if settings.gradcam_layer and not by_path[settings.gradcam_layer].spatial:
        raise SettingsError(f"--gradcam-layer {settings.gradcam_layer}: the layer has no maps.")
    if reason := _why_no_gradcam(model, layer, section):
        if settings.target_class is not None and model.head and not model.head.targets:
            raise ModelError(f"--class {settings.target_class}: {model.head.reason}.")
        skipped.append(Skipped(what="section", name=section, reason=reason))
        return None
    cams = _kinds(section, model, settings, skipped)
    if cams == ["gradcam"] and flattens(model, layer or ""):
        cams.append("hirescam")
    if not cams:
        return None
    return {
        **feeding,
        "layer": layer,
        "cams": cams,
        "class": _targets(model, settings),
    }


_OF_STILLS = [name for name, cam in CAMS.items() if cam.passes]
"""Kinds of heatmap that feed changed copies of an image."""


def _kinds(section: str, model: Model, settings: Settings, skipped: list[Skipped]) -> list[str]:
    """The kinds of heatmap to make; a transformer gets those of its attention by itself."""
    if settings.frames and (passing := [one for one in settings.cam if one in _OF_STILLS]):
        reason = f"{CAMS[passing[0]].title} is made for single images, not for clips"
        raise SettingsError(f"--cam {passing[0]}: {reason}.")
    attending = any(layer.type == "AttentionWeights" for layer in model.layers)
    of_attention = [name for name, cam in CAMS.items() if cam.of_attention]
    if attending:
        more = of_attention if section == "gradcam" and settings.cam == ("gradcam",) else []
        return [*settings.cam, *more]
    asked = [name for name in settings.cam if name in of_attention]
    reason = "no attention layer of the network reads patches with a known grid"
    if asked and section == "gradcam":
        title = CAMS[asked[0]].title
        skipped.append(Skipped(what="section", name=f"gradcam: {title}", reason=reason))
    return [name for name in settings.cam if name not in of_attention]


def _targets(model: Model, settings: Settings) -> int | list[int] | None:
    """What the maps explain: None for the likeliest classes, the one asked for, or values.

    A value has two maps: of what raises it, and of what lowers it.
    """
    wanted = settings.target_class
    if model.head is None or model.head.kind != "values":
        return find_class(model.labels, wanted) if wanted is not None else None
    count = min(settings.top, model.head.units)
    values = [find_class(model.value_names, wanted)] if wanted is not None else range(count)
    return [target for value in values for target in (2 * value, 2 * value + 1)]


def _why_no_gradcam(model: Model, layer: str | None, section: str) -> str:
    if model.image_input is None:
        return _no_image(model)
    if model.head is None:
        return "the model has no output of its own"
    if not (model.head.classes or (model.head.targets and section == "gradcam")):
        return model.head.reason
    if section == "trust" and model.head.margins:
        return "the output gives margins, and it is measured by probabilities"
    return "" if layer else model.last_spatial_reason


def _no_image(model: Model) -> str:
    """Why there is nothing to see: what the model takes instead of a picture."""
    shapes = [
        " × ".join("?" if n is None else str(n) for n in one.shape[1:]) for one in model.inputs
    ]
    are = "inputs are" if len(shapes) > 1 else "input is"
    return (
        f"the model takes no image: its {are} {' and '.join(shapes)}, not pixels with one or three"
        " channels"
    )


def preprocessing_key(mode: str) -> str:
    """The mode, and for a user's function a digest of its module's source."""
    if mode in PREPROCESSING_MODES:
        return mode
    spec = importlib.util.find_spec(mode.partition(":")[0])
    if spec is None or not spec.origin or not Path(spec.origin).is_file():
        return mode
    return f"{mode} {hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()}"
