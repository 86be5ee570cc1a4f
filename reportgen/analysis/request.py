"""What a report asks of the analyses: each plans its own units from it, without TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from reportgen.analysis.choosing import chosen_layers
from reportgen.analysis.options import Feed
from reportgen.config import Settings
from reportgen.records.model import Layer, Model
from reportgen.records.report import Skipped


@dataclass(frozen=True)
class Request:
    """The model, the images and the settings of a report.

    `photos` are the distinct digests of the images that are shown, `searched` those that exemplars
    come from; they are a whole `data_set`, or those shown.
    """

    model: Model
    feed: Feed
    settings: Settings
    photos: Sequence[str]
    searched: Sequence[str]
    data_set: bool = False

    @cached_property
    def layers(self) -> list[Layer]:
        """The layers that the settings choose. Raises SettingsError for a choice of nothing."""
        return chosen_layers(self.model.layers, self.settings.layers)

    def wants(self, section: str) -> bool:
        """Whether the report is to have this section."""
        return section in self.settings.chosen_sections

    @property
    def measured(self) -> list[str]:
        """Paths of the layers whose channels and zeros a scan of a data set measures."""
        if not (self.data_set and (self.wants("health") or self.wants("similarity"))):
            return []
        return [layer.path for layer in self.layers if layer.spatial and not layer.passes_through]

    @property
    def answers(self) -> bool:
        """Whether a scan of a data set takes class scores."""
        head = self.model.head
        return self.data_set and self.wants("evaluation") and bool(head and head.classes)

    @property
    def values(self) -> str:
        """Name of the output whose values a scan takes, for their true ones; empty without."""
        if not (self.data_set and self.wants("regression") and self.settings.values_csv):
            return ""
        output = self.model.value_output
        return output.name if output else ""

    @property
    def no_image(self) -> str:
        """Why there is nothing to see: what the model takes instead of a picture; else empty."""
        if self.model.image_input is not None:
            return ""
        shapes = [
            " × ".join("?" if size is None else str(size) for size in tensor.shape[1:])
            for tensor in self.model.inputs
        ]
        are = "inputs are" if len(shapes) > 1 else "input is"
        return (
            f"the model takes no image: its {are} {' and '.join(shapes)}, not pixels with one or "
            "three channels"
        )


def no_section(section: str, reason: str) -> list[Skipped]:
    """The note that a report has no such section; none without a reason."""
    return [Skipped(what="section", name=section, reason=reason)] if reason else []
