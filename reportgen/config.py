"""Every setting once: its name, type, default and the sentence that `--help` and the docs print.

A setting's value comes from the command line, else from the configuration file, else from the
profile, else from its default here.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from reportgen.channel_lists import check_numbers, numbers_of
from reportgen.errors import SettingsError
from reportgen.feeding import Feeding
from reportgen.gates.conditions import checked_requirements
from reportgen.gates.tables import read_gates
from reportgen.heatmap_methods import CAMS
from reportgen.printable import printable
from reportgen.report.sections.table import TABLE
from reportgen.user_files import UnusableFileError, read_file
from reportgen.wording import sentence

SECTIONS = tuple(section.key for section in TABLE)
"""Parts of the report that can be switched on and off, in the order of the pages."""

ON_REQUEST = {section.key for section in TABLE if section.on_request}
"""Parts that cost so much that they are made only when they are asked for."""

FORMATS = ("site", "single", "pdf", "notebook", "card")
"""What a report can be written as."""

PREPROCESSING_MODES = ("auto", "none", "unit", "signed", "caffe", "torch")

ALL_KEYS = ("single_size", "columns", "pdf_images")
"""Settings that take a number, or the word "all"."""

CI_FILES = ("junit", "summary", "codequality", "metrics", "badge")
"""Files for continuous integration, each rewritten by every run."""

FILE_KEYS = (
    "dataset",
    "notes",
    "labels",
    "labels_csv",
    "values_csv",
    "templates",
    "weights",
    "custom_objects",
    "out",
    "cache_dir",
    "browser",
    "baseline",
    "history",
    *CI_FILES,
)
"""Keys that name files: in a configuration file they are relative to its folder."""

RUN_ONLY = {
    "out",
    "force",
    "open",
    "quiet",
    "debug",
    "strict",
    "cache_dir",
    "cache_size",
    "no_cache",
    "shard",
    "browser",
    "ci",
    "annotations",
    "outputs",
    *CI_FILES,
}
"""Settings that say how to run, not what the report holds: left out of report.json."""

WEIGHT_WORDS = ("imagenet", "none")
"""Values of `weights` that are no files."""

PROFILES = Path(__file__).parent / "profiles"


def _listed(value: Any) -> Any:
    """A single string where a list is expected stands for a list of one."""
    return (value,) if isinstance(value, str) else value


def _as_texts(value: Any) -> Any:
    """A single choice of filters, as a number or text, stands for a list of one."""
    values = value if isinstance(value, list | tuple) else (value,)
    return tuple(str(one) if isinstance(one, int) else one for one in values)


def _filter_choices(values: tuple[str, ...]) -> tuple[str, ...]:
    counts = [value for value in values if ":" not in value]
    for value in counts:
        if value != "all" and not re.fullmatch(r"[1-9]\d{0,8}", value):
            raise ValueError(
                f"“{value}” is neither a number above 0 nor “all”, nor of the form LAYER:0,4,17"
            )
    if len(counts) > 1:
        raise ValueError(f"{counts[0]} and {counts[1]} are given: only one number holds for all")
    for value in values:
        if ":" in value:
            check_numbers(value)
    return values


def _channels(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r".+:\d+(,\d+)*", value):
            raise ValueError(f"“{value}” is not of the form LAYER:3,30")
    return values


def _units(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r".+:\d+,\d+,\d+", value):
            raise ValueError(f"“{value}” is not of the form LAYER:ROW,COLUMN,CHANNEL")
    return values


def _input_files(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        name, equals, file = value.partition("=")
        if not (name and equals and file.endswith(".npy")):
            raise ValueError(f"“{value}” is not of the form NAME=FILE.npy")
    return values


def _heads(values: tuple[str, ...]) -> tuple[str, ...]:
    kinds = ("classes", "labels", "values", "embedding")
    for value in values:
        if value.rpartition("=")[2] not in kinds:
            raise ValueError(f"unknown kind “{value}”; use {', '.join(kinds)} or OUTPUT=KIND")
    return values


def _contrast(value: str) -> str:
    number = r"\d+(\.\d+)?"
    if not re.fullmatch(f"{number}:{number}", value) or float(value.partition(":")[2]) == 0:
        raise ValueError(f"“{value}” is not of the form MEAN:STD, such as 128:64")
    return value


def _place(value: Any) -> Any:
    """A folder as a path; the address of a bucket as it is."""
    return Path(value) if isinstance(value, str) and "://" not in value else value


def _shard(value: str | None) -> str | None:
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", value or "")
    if value is not None and not (found and 1 <= int(found[1]) <= int(found[2])):
        raise ValueError(f"“{value}” is not of the form I/N, such as 2/8, I from 1 to N")
    return value


def _preprocess(value: str) -> str:
    if value not in PREPROCESSING_MODES and not re.fullmatch(r"[\w.]+:\w+", value):
        names = ", ".join(PREPROCESSING_MODES)
        raise ValueError(f"unknown mode “{value}”; use {names} or MODULE:FUNCTION")
    return value


_BYTES = TypeAdapter(ByteSize)


def parse_size(text: str) -> int:
    """Bytes of a size such as "25MB" or "1.5 GiB". Raises ValueError when it is none."""
    try:
        return int(_BYTES.validate_python(text))
    except ValidationError:
        raise ValueError(f"“{text}” is not a size such as 25MB") from None


def _size(value: str) -> str:
    parse_size(value)
    return value


def _all(value: Any) -> Any:
    return None if value == "all" else value


def _input_size(value: Any) -> Any:
    """Accept "224" and "180x320" (height × width) beside a pair of numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+)(?:[x×](\d+))?", value.strip())
        if not match:
            raise ValueError(f"“{value}” is not of the form SIZE or HEIGHTxWIDTH")
        return (int(match[1]), int(match[2] or match[1]))
    return value


def _known_sections(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value not in SECTIONS:
            near = difflib.get_close_matches(value, SECTIONS, 1, 0.4)
            hint = f", did you mean “{near[0]}”?" if near else ""
            raise ValueError(f"there is no section “{value}”{hint} ({', '.join(SECTIONS)})")
    return values


def _known_formats(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value not in FORMATS:
            raise ValueError(f"there is no format “{value}” ({', '.join(FORMATS)})")
    return tuple(name for name in FORMATS if name in values)


def _class_pairs(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value != "top" and not re.fullmatch(r".*\S.*,.*\S.*", value):
            raise ValueError(f"“{value}” is neither of the form CLASS,CLASS nor “top”")
    return tuple(dict.fromkeys(values))


def _known_cams(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value not in CAMS:
            near = difflib.get_close_matches(value, CAMS, 1, 0.4)
            hint = f", did you mean “{near[0]}”?" if near else ""
            raise ValueError(f"there is no map “{value}”{hint} ({', '.join(CAMS)})")
    return tuple(name for name in CAMS if name in values)


def _some(value: str) -> str:
    if not parse_size(value):
        raise ValueError("a report needs some room, such as 25MB")
    return value


ProfileName = Literal["quick", "standard", "full", "homework", "ci", "sources"]
Strings = Annotated[tuple[str, ...], BeforeValidator(_listed)]
FilterChoices = Annotated[
    tuple[str, ...], BeforeValidator(_as_texts), AfterValidator(_filter_choices)
]
Formats = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_known_formats)]
Sections = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_known_sections)]
Cams = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_known_cams)]
Short = Annotated[str, Field(max_length=300)]
"""A title or a name: a longer text fills a page, and belongs into the notes."""

Conditions = Annotated[
    tuple[str, ...], BeforeValidator(_listed), AfterValidator(checked_requirements)
]
Side = Annotated[int, Field(ge=8, le=2048)]
Count = Annotated[int, Field(ge=1)]
Size = Annotated[str, AfterValidator(_size)]
Room = Annotated[str, AfterValidator(_size), AfterValidator(_some)]


class Settings(BaseModel):
    """All settings of one build. Field descriptions are the options' help texts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: ProfileName = Field(
        "standard", description="Preset of options (see `reportgen profile`)."
    )
    title: Short = Field("", description="Report title; the model's name by default.")
    author: Short = Field("", description="Author shown on the report.")
    organisation: Short = Field(
        "", description="Course or organisation shown on the cover of the PDF."
    )
    notes: Path | None = Field(None, description="Markdown file with your own text for the report.")
    format: Formats = Field(
        ("site",),
        min_length=1,
        description="Output formats: site, single, pdf, notebook, card (repeatable).",
    )
    single_size: Annotated[Count | None, BeforeValidator(_all)] = Field(
        10, description="Size limit of the single file in MB, or “all” for no limit."
    )
    max_size: Room | None = Field(
        None,
        description="Size limit of the whole report, such as 25MB. Reduces resolution, then "
        "channels, then images.",
    )
    templates: Path | None = Field(
        None, description="Folder with your own page templates (see `reportgen templates`)."
    )
    pdf_engine: Literal["typst", "browser"] = Field(
        "typst", description="PDF engine: Typst (bundled) or an installed browser."
    )
    pdf_images: Annotated[Annotated[int, Field(ge=0)] | None, BeforeValidator(_all)] = Field(
        3,
        description="Images that the PDF shows in full: a number or “all”. Those that the notes "
        "name and misclassified ones come first.",
    )
    pdf_size: Room | None = Field(
        None,
        description="Size limit of the PDF, such as 2MB. Shows fewer images, maps and patterns.",
    )
    paper: Literal["a4", "letter"] = Field("a4", description="Paper size of the PDF.")
    browser: Path | None = Field(
        None, description="Path to Chrome, Chromium or Edge; found automatically by default."
    )

    explanations: bool = Field(True, description="Omit the introductory explanations.")

    weights: str | None = Field(
        None,
        description="Weights for a keras.applications name or an architecture: a file, or, for "
        "the former, “imagenet” or “none” (untrained).",
    )
    weights_by_name: bool = Field(
        False,
        description="Match HDF5 weights of Keras 1 and 2 by layer name; by order by default.",
    )
    no_top: bool = Field(False, description="Omit the classification head of an application.")
    input_size: Annotated[tuple[Count, Count] | None, BeforeValidator(_input_size)] = Field(
        None, description="Input size for models that accept any: SIZE or HxW."
    )
    custom_objects: Strings = Field(
        (),
        description="Python file or installed package that defines custom classes; it is executed "
        "(repeatable).",
    )
    replace_layer: Strings = Field(
        (),
        description="Replace a Lambda layer: NAME=x/127.5-1 or NAME=MODULE:FUNCTION "
        "(repeatable; NAME may be a glob). Code in the model file is never run.",
    )
    input: Annotated[Strings, AfterValidator(_input_files)] = Field(
        (),
        description="Values for an input that is not the image: NAME=FILE.npy (repeatable); "
        "zeros by default.",
    )
    output: str | None = Field(
        None, description="Output to explain, by name, in a model that has several."
    )
    head: Annotated[Strings, AfterValidator(_heads)] = Field(
        (),
        description="What an output means, where that is concluded wrongly: classes, labels, "
        "values or embedding, or OUTPUT=KIND for one of several (repeatable).",
    )

    layers: Strings = Field(
        (),
        description="Only layers whose path matches GLOB, or whose place in Keras’s model.layers "
        "is in START:STOP, such as 8:14 (repeatable).",
    )
    channels: Annotated[Strings, AfterValidator(_channels)] = Field(
        (),
        description="Single channels to show large, as LAYER:3,30; first and last stand for the "
        "first and last convolution (repeatable).",
    )
    columns: Annotated[Annotated[int, Field(ge=1, le=64)] | None, BeforeValidator(_all)] = Field(
        16, description="Tiles in a row: a number up to 64, or “all” to scroll sideways."
    )
    max_channels: Count | None = Field(
        None, description="Show only the first N channels of each layer."
    )
    tile_size: Annotated[int, Field(ge=8)] = Field(
        96, description="Longest side of a tile in pixels; larger maps are averaged down."
    )
    full_resolution: bool = Field(False, description="Do not downscale feature maps.")
    contrast: Annotated[str, AfterValidator(_contrast)] = Field(
        "128:64", description="Target mean and SD of tile brightness."
    )
    normalise: Literal["channel", "layer"] = Field(
        "channel", description="Scale tiles per channel, or per layer."
    )

    filters: FilterChoices = Field(
        ("16",),
        min_length=1,
        description="Filters to show patterns of: so many of each layer, “all”, or those of a "
        "layer, as LAYER:0,4,17 or LAYER:0-7 (repeatable).",
    )
    filter_steps: Annotated[int, Field(ge=1, le=10_000)] = Field(
        40,
        description="Most steps of gradient ascent for a filter pattern; 1.4 times as many for "
        "fourier, more in layers behind over 13 convolutions.",
    )
    filter_method: Literal["classic", "fourier", "both"] = Field(
        "classic",
        description="Method for filter patterns: classic; fourier, clearer in deep layers; or "
        "both.",
    )
    filter_size: Side = Field(64, description="Side length of a filter pattern in pixels.")
    filter_margin: Annotated[int, Field(ge=0, le=64)] = Field(
        3, description="Pixels between the patterns of a gallery."
    )
    filter_diversity: Annotated[int, Field(ge=1, le=16)] = Field(
        1,
        description="Patterns for each filter, driven apart: above 1 they get galleries of their "
        "own.",
    )
    filter_negative: bool = Field(
        False, description="Show what lowers each filter, too, before its activation function."
    )

    exemplars: Annotated[int, Field(ge=1, le=64)] = Field(
        9, description="Top images to show per channel."
    )
    unit: Annotated[Strings, AfterValidator(_units)] = Field(
        (),
        description="Also show top images for one position: LAYER:ROW,COLUMN,CHANNEL (repeatable).",
    )
    dataset: Path | None = Field(
        None,
        description="Scan a whole data set: evaluation, health and top images are over all its "
        "images; only a few get pages.",
    )
    dataset_pages: Annotated[int, Field(ge=0, le=10_000)] = Field(
        24,
        description="Images of the data set to show: the most confident mistakes and the top "
        "images.",
    )
    dream: Strings = Field(
        (),
        description="Add DeepDream images for LAYER or LAYER:CHANNEL; first and last stand for "
        "the first and last convolution (repeatable).",
    )
    dream_steps: Annotated[int, Field(ge=1, le=10_000)] = Field(
        100, description="Gradient-ascent steps per dream."
    )

    top: Count = Field(3, description="Number of classes to list and explain per image.")
    target_class: str | None = Field(
        None,
        alias="class",
        description="Explain this class (index or label) instead of the top ones.",
    )
    cam: Cams = Field(
        ("gradcam",),
        min_length=1,
        description=f"Kinds of class activation map: {', '.join(CAMS)} (repeatable). Each image is "
        + ", ".join(f"passed {cam.passes} by {cam.name}" for cam in CAMS.values() if cam.passes)
        + ": minutes an image where the network is large and has no GPU. Transformers get those of "
        "their attention beside gradcam.",
    )
    cam_layers: Strings = Field(
        (),
        description="Show Grad-CAM at several depths: “blocks” or a GLOB (repeatable, at most "
        "16 layers).",
    )
    cam_difference: Annotated[Strings, AfterValidator(_class_pairs)] = Field(
        (),
        description="Show evidence for one class against another: CLASS,CLASS or “top” "
        "(repeatable).",
    )
    trust: bool = Field(False, description="Run sanity checks on the heatmaps (slow).")
    gradcam_layer: str | None = Field(
        None, description="Layer for Grad-CAM, by path; the last spatial one when not given."
    )
    colormap: Literal[
        "jet", "turbo", "inferno", "magma", "plasma", "viridis", "cividis", "gray"
    ] = Field("jet", description="Colour map of heatmaps and overlays.")
    full_size: bool = Field(
        False,
        description="Save every Grad-CAM overlay at the photo's full size too. Without it, only "
        "where the file is smaller than 2 MB.",
    )
    labels: Path | None = Field(
        None,
        description="Class names in the order of the model's classes: one a line, JSON, CSV, YAML.",
    )
    labels_csv: Path | None = Field(
        None, description="Table (CSV) that names each image and its class; folders do not count."
    )
    values_csv: Path | None = Field(
        None,
        description="Table (CSV) that names each image and the true values of a regression.",
    )
    split: str | None = Field(
        None,
        description="Part of a data set to use: train, val, test, or a folder's name; the test set "
        "when not given.",
    )
    preprocess: Annotated[str, AfterValidator(_preprocess)] = Field(
        "auto",
        description="How pixels (0–255) are scaled: auto, none, unit (x/255), signed (x/127.5 "
        "− 1), caffe, torch, or MODULE:FUNCTION.",
    )
    interpolation: Literal["nearest", "bilinear", "bicubic", "area"] = Field(
        "bilinear", description="Interpolation for resizing photos, named as in Keras."
    )
    alpha: Literal["drop", "white", "black"] = Field(
        "drop",
        description="Transparency: drop it, as Keras's loaders do, or composite over white or "
        "black.",
    )
    frames: bool = Field(
        False,
        description="A folder of pictures, or an animated picture, is one clip for a network that "
        "takes video; its frames are fed evenly spaced.",
    )
    exif: Literal["apply", "ignore"] = Field(
        "apply", description="Apply or ignore the EXIF orientation; Keras's loaders ignore it."
    )
    depth: Literal["auto", "high-byte", "raw", "scale", "stretch"] = Field(
        "auto",
        description="Gray of 16 bits: its high byte, raw values, scaled by 1/257, or stretched; "
        "auto is raw where the model rescales such values.",
    )
    resize: Literal["stretch", "crop", "pad"] = Field(
        "stretch", description="How photos are fitted to the input size."
    )

    batch_size: Count | None = Field(
        None,
        description="Batch size; automatic by default. The last digits of numbers depend on it.",
    )
    engine: Literal["auto", "tensorflow", "jax"] = Field(
        "auto",
        description="Computing engine: tensorflow, jax, or auto (TensorFlow, unless only JAX "
        "reaches a GPU).",
    )
    device: Literal["auto", "cpu", "gpu"] = Field("auto", description="Device to compute on.")
    seed: Annotated[int, Field(ge=0, lt=2**32)] = Field(0, description="Random seed.")

    sections: Sections = Field((), description="Include only these sections (repeatable).")
    skip_section: Sections = Field((), description="Exclude these sections (repeatable).")

    fail_if: Conditions = Field(
        (),
        description="Gate: condition that fails the build, such as “accuracy < 0.9” (repeatable; "
        "see `reportgen docs gates`).",
    )
    require: Conditions = Field(
        (),
        description="Gate: condition that has to hold, such as “accuracy >= 0.9” (repeatable); "
        "[gates] in the configuration file.",
    )
    gates: Literal["fail", "warn"] = Field(
        "fail", description="What a failed gate does: fail (exit code 3) or warn."
    )
    baseline: Path | None = Field(
        None, description="Earlier report (folder or zip) that gates compare with."
    )
    history: Path | None = Field(
        None,
        description="File of earlier runs (JSON Lines): this run is appended, and the overview "
        "shows the trend.",
    )
    ci: Literal["none", "auto", "github", "gitlab", "jenkins"] = Field(
        "none",
        description="Write what this CI service reads; auto finds the service by its environment "
        "variables.",
    )
    junit: Path | None = Field(None, description="Write gates as JUnit XML to this file.")
    summary: Path | None = Field(None, description="Write a Markdown summary to this file.")
    annotations: bool = Field(
        False, description="Print failed gates and warnings as GitHub annotations."
    )
    codequality: Path | None = Field(
        None, description="Write failed gates as GitLab code quality JSON to this file."
    )
    metrics: Path | None = Field(
        None, description="Write the measured metrics as OpenMetrics text to this file."
    )
    badge: Path | None = Field(
        None, description="Write a badge for shields.io (endpoint JSON) to this file."
    )
    outputs: bool = Field(
        False, description="Append report-path, passed and metrics to $GITHUB_OUTPUT."
    )

    out: Path | None = Field(None, description="Output folder of the report.")
    force: bool = Field(
        False,
        description="Write into a folder that is not a report; allow a single file over 100 MB.",
    )
    strict: bool = Field(False, description="Fail if an image is skipped or a section fails.")
    open: bool = Field(False, description="Open the finished report in the browser.")
    quiet: bool = Field(False, description="Print errors only.")
    debug: bool = Field(False, description="Show full tracebacks.")
    shard: Annotated[str | None, AfterValidator(_shard)] = Field(
        None,
        description="Compute part I of N of what is missing, keep it in the cache, and write no "
        "report.",
    )
    cache_dir: Annotated[Path | str | None, BeforeValidator(_place)] = Field(
        None,
        description="Cache folder, or the address of a bucket such as s3://bucket/path; the user "
        "cache folder by default.",
    )
    cache_size: Size = Field(
        "5GB", description="Cache size limit; least recently used entries are removed."
    )
    no_cache: bool = Field(False, description="Disable the cache.")

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        if both := set(self.sections) & set(self.skip_section):
            raise ValueError(f"section “{min(both)}” is both asked for and skipped")
        return self

    @model_validator(mode="after")
    def _shards_are_kept(self) -> Self:
        if self.shard and self.no_cache:
            raise ValueError("--shard keeps its results in the cache: it cannot go with --no-cache")
        return self

    @model_validator(mode="after")
    def _clips_are_possible(self) -> Self:
        asked = {"--trust": self.trust, "--dream": self.dream, "--split": self.split,
                 "--format notebook": "notebook" in self.format}  # fmt: skip
        if self.frames and (found := [option for option, on in asked.items() if on]):
            raise ValueError(f"--frames cannot go with {found[0]}, which is for single images")
        return self

    @property
    def chosen_sections(self) -> tuple[str, ...]:
        """The sections to make, in the order of the pages."""
        switches = {"trust": self.trust, "dreams": bool(self.dream)}
        asked = {name for name, on in switches.items() if on}
        usual = [name for name in SECTIONS if name not in ON_REQUEST - asked]
        wanted = [*self.sections, *asked] if self.sections else usual
        return tuple(name for name in SECTIONS if name in wanted and name not in self.skip_section)

    @property
    def scans(self) -> bool:
        """Whether a data set is scanned: it is named, and a section says something of it."""
        asked = {"evaluation", "health", "exemplars"} & set(self.chosen_sections)
        return self.dataset is not None and bool(asked)

    @property
    def filter_methods(self) -> tuple[Literal["classic", "fourier"], ...]:
        """The ways to find filter patterns, in the order of the galleries."""
        return ("classic", "fourier") if self.filter_method == "both" else (self.filter_method,)

    @property
    def filters_of_each(self) -> int | None:
        """Filters of each layer to show: 0 where some layers' own are named, None for all."""
        counts = [value for value in self.filters if ":" not in value]
        if not counts:
            return 0
        return None if counts[0] == "all" else int(counts[0])

    @property
    def named_filters(self) -> dict[str, tuple[int, ...]]:
        """Filters that are named one by one, by layer path, in ascending order."""
        chosen: dict[str, set[int]] = {}
        for value in self.filters:
            layer, colon, _ = value.rpartition(":")
            if colon:
                chosen.setdefault(layer, set()).update(numbers_of(value))
        return {layer: tuple(sorted(numbers)) for layer, numbers in chosen.items()}

    @property
    def contrast_levels(self) -> tuple[float, float]:
        """Mean and standard deviation of a tile's gray levels, in 0..255."""
        mean, deviation = self.contrast.split(":")
        return float(mean), float(deviation)

    @property
    def single_channels(self) -> dict[str, tuple[int, ...]]:
        """Channels to show large, by layer path."""
        chosen: dict[str, list[int]] = {}
        for value in self.channels:
            layer, _, numbers = value.rpartition(":")
            chosen.setdefault(layer, []).extend(int(number) for number in numbers.split(","))
        return {layer: tuple(dict.fromkeys(numbers)) for layer, numbers in chosen.items()}

    @property
    def single_units(self) -> list[tuple[str, int, int, int]]:
        """Layer path, row, column and channel of the units to show images for."""
        found = []
        for value in dict.fromkeys(self.unit):
            layer, _, numbers = value.rpartition(":")
            row, column, channel = (int(number) for number in numbers.split(","))
            found.append((layer, row, column, channel))
        return found

    @property
    def dreams(self) -> list[tuple[str, int | None]]:
        """Layer path and channel of each dream; None stands for the whole layer."""
        found: list[tuple[str, int | None]] = []
        for value in self.dream:
            match = re.fullmatch(r"(.+):(\d+)", value)
            found.append((match[1], int(match[2])) if match else (value, None))
        return list(dict.fromkeys(found))

    @property
    def input_files(self) -> dict[str, Path]:
        """Files with values for inputs that are not the image, by the input's name."""
        pairs = (value.partition("=") for value in self.input)
        return {name: Path(file) for name, _, file in pairs}

    @property
    def feeding(self) -> Feeding:
        """How a picture's file becomes the pixels that the network is fed."""
        return Feeding(self.resize, self.interpolation, self.alpha, self.exif, self.depth)

    @property
    def files_read(self) -> list[Path]:
        """Files that are read for another purpose than to be shown."""
        named = (self.labels, self.labels_csv, self.values_csv, self.notes)
        code = [Path(one) for one in self.custom_objects if one.endswith(".py")]
        return [*(file for file in named if file), *code, *self.input_files.values()]

    @property
    def for_report(self) -> dict[str, Any]:
        """The settings as report.json states them: no folder of the machine, nothing of the run."""
        values = self.model_dump(mode="json", by_alias=True, exclude=RUN_ONLY)
        for name in ALL_KEYS:
            values[name] = values[name] or "all"
        if len(self.filters) == 1:
            values["filters"] = (
                int(self.filters[0]) if self.filters[0].isdigit() else self.filters[0]
            )
        for name in (
            *("dataset", "notes", "labels", "labels_csv", "values_csv"),
            *("templates", "weights", "baseline", "history"),
        ):
            if values[name]:
                values[name] = printable(Path(values[name]).name)
        values["custom_objects"] = [printable(Path(one).name) for one in self.custom_objects]
        values["input"] = [
            f"{name}={printable(file.name)}" for name, file in self.input_files.items()
        ]
        return {key.replace("_", "-"): value for key, value in values.items()}


_LARGEST_TOML = 1 << 20
"""Bytes of a configuration file."""


def option_names() -> dict[str, str]:
    """Every key of a configuration file with the field it sets, such as `class`: target_class."""
    return {field.alias or name: name for name, field in Settings.model_fields.items()}


def read_toml(path: Path) -> dict[str, Any]:
    """Read a configuration file; keys may be spelled with `-` or `_`.

    Raises SettingsError when it cannot be read, is no TOML, or holds an unknown key.
    """
    try:
        table = tomllib.loads(read_file(path, _LARGEST_TOML).decode("utf-8"))
    except UnusableFileError as error:
        raise SettingsError(f"The configuration file {path.name}: {error}.") from error
    except RecursionError as error:
        raise SettingsError(f"{path.name} is nested too deep for a configuration file.") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError(
            f"The configuration file {path.name} cannot be read: {reason}."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path.name} is not valid TOML: {error}") from error
    known = option_names()
    settings: dict[str, Any] = {}
    for key, value in _with_gates(path, table).items():
        name = key.replace("-", "_")
        if name not in known:
            raise SettingsError(f"{path.name}: unknown key “{key}”{_nearest(key, known)}.")
        is_file = name in FILE_KEYS and isinstance(value, str) and value not in WEIGHT_WORDS
        is_file = is_file and "://" not in str(value)
        settings[name] = str(path.parent / value) if is_file else value
        if name == "custom_objects":  # a package is named without .py
            settings[name] = [
                str(path.parent / str(one)) if str(one).endswith(".py") else one
                for one in _listed(value)
            ]
        if name == "input":
            settings[name] = [_beside(path, one) for one in _listed(value)]
    return settings


def _with_gates(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    """The table of a configuration file, its `[gates]` read as the settings that they make."""
    gates = table.get("gates")
    if not isinstance(gates, dict):
        return table
    try:
        conditions, mode = read_gates(gates)
    except ValueError as error:
        raise SettingsError(f"{path.name}: {sentence(f'[gates]: {error}')}") from error
    if "require" in table:
        raise SettingsError(f"{path.name}: give require or [gates], which says the same.")
    rest = {key: value for key, value in table.items() if key != "gates"}
    return {**rest, "require": conditions, **({"gates": mode} if mode else {})}


def _beside(config: Path, value: Any) -> Any:
    """NAME=FILE with the file looked for in the configuration file's folder."""
    name, equals, file = str(value).partition("=")
    return f"{name}={config.parent / file}" if equals else value


def _nearest(key: str, known: Mapping[str, str]) -> str:
    names = [name.replace("_", "-") for name in known]
    near = difflib.get_close_matches(key.replace("_", "-"), names, 1, 0.5)
    return f"; did you mean “{near[0]}”?" if near else ""


def read_profile(name: str) -> dict[str, Any]:
    """The settings that a profile of the package makes."""
    return read_toml(PROFILES / f"{name}.toml")


def make_settings(command_line: Mapping[str, Any], config: Path | None = None) -> Settings:
    """Settings from the options given on the command line and a configuration file.

    Raises SettingsError naming the option that has a wrong value.
    """
    file = read_toml(config) if config else {}
    profile = command_line.get("profile") or file.get("profile") or "standard"
    known = profile in get_args(ProfileName)
    merged = {**(read_profile(profile) if known else {}), **file, **command_line}
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from error


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return sentence(message)
    key = str(first["loc"][0])
    if first["type"] in _PLAIN:
        message = _PLAIN[first["type"]].format(given=first["input"], **first.get("ctx", {}))
        if key in ALL_KEYS and first["type"] == "int_parsing":
            message += " or “all”"
    return f"--{key.replace('_', '-')}: {message}{'' if message.endswith('?') else '.'}"


_PLAIN = {
    "int_parsing": "“{given}” is not a whole number",
    "float_parsing": "“{given}” is not a number",
    "greater_than_equal": "{given} is too small, it must be at least {ge}",
    "greater_than": "{given} is too small, it must be more than {gt}",
    "less_than_equal": "{given} is too large, it must be at most {le}",
    "string_too_long": "it is too long, at most {max_length} characters are shown",
    "less_than": "{given} is too large, it must be less than {lt}",
}
"""What pydantic says of the commonest mistakes, in plain words."""
