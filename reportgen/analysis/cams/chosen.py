"""Which class activation maps the settings choose: their layer, their kinds, their classes."""

from dataclasses import dataclass

from reportgen.analysis.choosing import no_such_layer
from reportgen.analysis.request import Request, no_section
from reportgen.config import Settings
from reportgen.errors import ModelError, SettingsError
from reportgen.heatmap_methods import CAMS
from reportgen.inputs.classes.labels import find_class
from reportgen.records.flattening import flattens
from reportgen.records.model import Model
from reportgen.records.report import Skipped

Targets = int | list[int] | None
"""What maps explain: None for the top classes, the one asked for, or values."""

_OF_STILLS = [name for name, cam in CAMS.items() if cam.passes]
"""Kinds of heatmap that feed changed copies of an image."""


@dataclass(frozen=True)
class ChosenCams:
    """The layer, the kinds (names in `reportgen.heatmap_methods.CAMS`), and what they explain."""

    layer: str
    kinds: list[str]
    targets: Targets

    @property
    def target(self) -> int | None:
        """What a single map explains: of values, what raises the first."""
        return self.targets[0] if isinstance(self.targets, list) else self.targets


def chosen_cams(section: str, request: Request) -> tuple[ChosenCams | None, list[Skipped]]:
    """The maps that a section makes, and what it leaves out; None where it makes none.

    Raises SettingsError for a layer that is not there or has no maps, ModelError for a class that
    is not there.
    """
    model, settings = request.model, request.settings
    if not request.wants(section):
        return None, []
    layer = _chosen_layer(model, settings)
    if reason := _why_none(request, layer, section):
        if settings.target_class is not None and model.head and not model.head.targets:
            raise ModelError(f"--class {settings.target_class}: {model.head.reason}.")
        return None, no_section(section, reason)
    kinds, skipped = _kinds(section, model, settings)
    if kinds == ["gradcam"] and flattens(model, layer or ""):
        kinds.append("hirescam")
    if layer is None or not kinds:
        return None, skipped
    return ChosenCams(layer, kinds, _targets(model, settings)), skipped


def _chosen_layer(model: Model, settings: Settings) -> str | None:
    named = settings.gradcam_layer
    if not named:
        return model.last_spatial_layer
    layer = next((layer for layer in model.layers if layer.path == named), None)
    if layer is None:
        raise SettingsError(f"--gradcam-layer {named}: {no_such_layer(model.layers, named)}")
    if not layer.spatial:
        raise SettingsError(f"--gradcam-layer {named}: the layer has no maps.")
    return named


def _kinds(section: str, model: Model, settings: Settings) -> tuple[list[str], list[Skipped]]:
    """The kinds of heatmap to make; a transformer gets those of its attention by itself."""
    if settings.frames and (passing := [kind for kind in settings.cam if kind in _OF_STILLS]):
        reason = f"{CAMS[passing[0]].title} is made for single images, not for clips"
        raise SettingsError(f"--cam {passing[0]}: {reason}.")
    of_attention = [name for name, cam in CAMS.items() if cam.of_attention]
    if any(layer.type == "AttentionWeights" for layer in model.layers):
        more = of_attention if section == "gradcam" and settings.cam == ("gradcam",) else []
        return [*settings.cam, *more], []
    kinds = [kind for kind in settings.cam if kind not in of_attention]
    asked = [kind for kind in settings.cam if kind in of_attention]
    if not asked or section != "gradcam":
        return kinds, []
    reason = "no attention layer of the network reads patches with a known grid"
    return kinds, no_section(f"gradcam: {CAMS[asked[0]].title}", reason)


def _targets(model: Model, settings: Settings) -> Targets:
    """What the maps explain; a value has two of them: of what raises it, and of what lowers it."""
    wanted = settings.target_class
    if model.head is None or model.head.kind != "values":
        return find_class(model.labels, wanted) if wanted is not None else None
    count = min(settings.top, model.head.units)
    values = [find_class(model.value_names, wanted)] if wanted is not None else range(count)
    return [target for value in values for target in (2 * value, 2 * value + 1)]


def _why_none(request: Request, layer: str | None, section: str) -> str:
    head = request.model.head
    if request.model.image_input is None:
        return request.no_image
    if head is None:
        return "the model has no output of its own"
    if not (head.classes or (head.targets and section == "gradcam")):
        return head.reason
    if section == "trust" and head.margins:
        return "the output gives margins, and it is measured by probabilities"
    return "" if layer else request.model.last_spatial_reason
