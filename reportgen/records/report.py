"""Everything a report states, as typed records: the contents of `report.json`.

Analyses fill these records, the writers in `reportgen.report` turn them into pages.
Their JSON Schema is `Report.model_json_schema()`; a copy ships as `reportgen/report.schema.json`.
Pictures are named by their path inside the report's folder, with forward slashes.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from reportgen.records.base import MAJOR_VERSION, Record
from reportgen.records.behaviour.concepts import Concepts
from reportgen.records.behaviour.robustness import Robustness
from reportgen.records.behaviour.similarity import LayerSimilarity
from reportgen.records.confusions import Confusions
from reportgen.records.decisions import Decisions
from reportgen.records.filters import Dream, Filter, Gallery, Kernel, StartImage
from reportgen.records.gates import Baseline, Gates, Run
from reportgen.records.image import Image
from reportgen.records.image_map import ImageMap
from reportgen.records.model import Model
from reportgen.records.on_disk import KEPT, written_as
from reportgen.records.over_images import Evaluation, Exemplars, Health
from reportgen.records.regression import Regression
from reportgen.records.trust import Trust

SCHEMA_VERSION = "1.1"


class Environment(Record):
    """What the report was computed with."""

    python: str
    tensorflow: str | None = None
    jax: str | None = None
    """Versions of the library that computed; None for the other."""
    keras: str
    device: str
    """Name of the device as people know it, such as "CPU (2 cores)" or "NVIDIA H200"."""


class Skipped(Record):
    """Something that is not in the report: its kind, such as "image", "layer" or "section"."""

    what: str
    name: str
    reason: str

    @property
    def is_loss(self) -> bool:
        """Whether it is left out neither by the model's nature nor at the user's wish."""
        return self.what not in _AS_ASKED


_AS_ASKED = frozenset(
    {"layer", "channel", "input", "section", "file", "split", "resolution", "channels", "images"}
)


class NotePicture(Record):
    """A picture in the user's notes: the file that they name, its width and height in pixels."""

    file: str
    width: int
    height: int


class Report(Record):
    """A whole report."""

    schema_version: str = Field(default=SCHEMA_VERSION, pattern=MAJOR_VERSION)
    generator: str
    created: str
    """ISO 8601 date and time in UTC."""
    title: str
    author: str
    notes: str
    """The user's own text, Markdown."""
    note_pictures: list[NotePicture] = Field(default_factory=list)
    environment: Environment
    command: str
    settings: dict[str, Any]
    sections: list[str]
    model: Model
    images: Annotated[Sequence[Image], KEPT, written_as(list[Image])]
    filters: list[Filter]
    galleries: list[Gallery]
    start_images: list[StartImage] = Field(default_factory=list)
    """One for each way to find filter patterns."""
    kernels: list[Kernel] = Field(default_factory=list)
    trust: Trust | None = None
    dreams: list[Dream] = Field(default_factory=list)
    sparsity_chart: str | None
    evaluation: Evaluation | None = None
    """How the model does on images in class folders; None without them."""
    regression: Regression | None = None
    """How predicted values compare with true ones; None without these."""
    health: Health | None = None
    """The state of every layer over all images; None with fewer than two."""
    exemplars: Exemplars | None = None
    """The images that activate channels and units the most; None without the section."""
    similarity: LayerSimilarity | None = None
    """How similar the layers are to each other; None without the section."""
    concepts: Concepts | None = None
    """Groups of channels that are active together; None without the section."""
    robustness: Robustness | None = None
    """What corrupted images change; None without the section."""
    decisions: Decisions | None = None
    """Which channels made the decisions; None without the section."""
    confusions: Confusions | None = None
    """Why classes are confused, and where the heat lies; None without the section."""
    image_map: ImageMap | None = None
    """Where the images lie in the features of the network; None without the section."""
    skipped: list[Skipped]
    warnings: list[str]
    timings: dict[str, float]
    """Seconds spent in each part; empty when SOURCE_DATE_EPOCH is set."""
    gates: Gates | None = None
    """Conditions that the numbers have to meet; None where none are given."""
    baseline: Baseline | None = None
    """What changed since the report that `--baseline` names; None without it."""
    history: list[Run] = Field(default_factory=list)
    """The last runs of the file that `--history` names, this one at the end."""
    trend_chart: str | None = None
    """Picture of the metrics over these runs; None for fewer than two."""
    timing_notes: list[str] = Field(default_factory=list)
    """What a reader of the timings should know, such as batches that had to be halved."""
