"""What a report says of the features of its images: the map, and the confusions."""

from dataclasses import dataclass
from pathlib import Path

from reportgen.analysis.image_map.projection import LEAST_IMAGES
from reportgen.assembly.confusions import assemble_confusions
from reportgen.assembly.image_map import MapChoice, assemble_map
from reportgen.assembly.mapped_images import mapped_images
from reportgen.assembly.mean_heat import read_heats
from reportgen.build_steps.computing import Computed
from reportgen.config import Settings
from reportgen.records.confusions import Confusions
from reportgen.records.image_map import ImageMap
from reportgen.records.report import Skipped


@dataclass(frozen=True)
class FeatureRecords:
    """The records that were asked for and can be made, and what else is to be told."""

    image_map: ImageMap | None
    confusions: Confusions | None
    skipped: list[Skipped]


def compose_features(settings: Settings, computed: Computed, folder: Path) -> FeatureRecords:
    """The map of the images and their confusions, with their pictures in `folder`."""
    wanted = {"map", "confusions"} & set(settings.chosen_sections)
    if not wanted:
        return FeatureRecords(None, None, [])
    inputs, planned, outcomes = computed.inputs, computed.planned, computed.outcomes
    skipped: list[Skipped] = []
    images = mapped_images(inputs.photos, planned.activations.units, outcomes)
    decoded = {digest: stored for digest, (_, stored) in inputs.decoded.items()}
    image_map, confusions = None, None
    if "map" in wanted:
        choice = MapChoice(method=settings.map_method, seed=settings.seed)
        image_map, reason = assemble_map(folder, inputs.facts, images, decoded, choice)
        enough = sum(bool(image.features) for image in images) >= LEAST_IMAGES
        if reason and (enough or "map" in settings.sections):
            skipped.append(Skipped(what="section", name="map", reason=reason))
    if "confusions" in wanted:
        heats = read_heats(images, planned.gradcam.units, outcomes)
        confusions = assemble_confusions(
            folder, inputs.facts, images, heats, decoded, settings.colormap
        )
        if confusions is None and "confusions" in settings.sections:
            reason = "no image is misclassified, and no class has 8 heatmaps"
            skipped.append(Skipped(what="section", name="confusions", reason=reason))
    return FeatureRecords(image_map, confusions, skipped)
