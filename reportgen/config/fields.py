"""Every setting once: its name, type, default and the sentence that `--help` and the docs print.

A setting's value comes from the command line, else from the configuration file, else from the
profile, else from its default here.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from reportgen.config.values import (
    ALL_IS_NONE,
    BlockGallery,
    Cams,
    Channels,
    ClassPairs,
    Conditions,
    Contrast,
    Count,
    FilterChoices,
    Formats,
    Heads,
    InputFiles,
    InputSize,
    Place,
    PreprocessingMode,
    ProfileName,
    Room,
    Sections,
    ShardName,
    Short,
    Side,
    Size,
    Strings,
    Units,
)
from reportgen.heatmap_methods import CAMS


class SettingsFields(BaseModel):
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
    single_size: Annotated[Count | None, ALL_IS_NONE] = Field(
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
    pdf_images: Annotated[Annotated[int, Field(ge=0)] | None, ALL_IS_NONE] = Field(
        3,
        description="Images that the PDF shows in full: a number or “all”. Those that the notes "
        "name and misclassified ones come first.",
    )
    pdf_size: Room | None = Field(
        None,
        description="Size limit of the PDF, such as 2MB. Reduces photos, then shows fewer images, "
        "maps and patterns.",
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
    input_size: InputSize | None = Field(
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
    input: InputFiles = Field(
        (),
        description="Values for an input that is not the image: NAME=FILE.npy (repeatable); "
        "zeros by default.",
    )
    output: str | None = Field(
        None, description="Output to explain, by name, in a model that has several."
    )
    head: Heads = Field(
        (),
        description="What an output means, where that is concluded wrongly: classes, labels, "
        "values or embedding, or OUTPUT=KIND for one of several (repeatable).",
    )

    layers: Strings = Field(
        (),
        description="Only layers whose path matches GLOB, or whose place in Keras’s model.layers "
        "is in START:STOP, such as 8:14 (repeatable).",
    )
    channels: Channels = Field(
        (),
        description="Single channels to show large, as LAYER:3,30 or LAYER:0-7; first and last "
        "stand for the first and last convolution (repeatable).",
    )
    columns: Annotated[Annotated[int, Field(ge=1, le=64)] | None, ALL_IS_NONE] = Field(
        16, description="Tiles in a row: a number up to 64, or “all” to scroll sideways."
    )
    max_channels: Count | None = Field(
        None, description="Show only the first N channels of each layer."
    )
    tile_size: Annotated[int, Field(ge=8)] = Field(
        96, description="Longest side of a tile in pixels; larger maps are averaged down."
    )
    full_resolution: bool = Field(False, description="Do not downscale feature maps.")
    contrast: Contrast = Field("128:64", description="Target mean and SD of tile brightness.")
    normalise: Literal["channel", "layer"] = Field(
        "channel", description="Scale tiles per channel, or per layer."
    )

    filters: FilterChoices = Field(
        ("16",),
        min_length=1,
        description="Filters to show patterns of: so many of each layer, “all”, or those of a "
        "layer, as LAYER:0,4,17 or LAYER:0-7; first and last stand for the first and last "
        "convolution (repeatable).",
    )
    filter_steps: Annotated[int, Field(ge=1, le=10_000)] = Field(
        40,
        description="Most steps of gradient ascent for a filter pattern; 1.6 times as many for "
        "fourier, more in layers behind over 13 convolutions.",
    )
    filter_method: Literal["mixed", "classic", "fourier", "both"] = Field(
        "mixed",
        description="Method for filter patterns: classic; fourier, clearer in deep layers; both; "
        "or mixed: classic, and fourier for a few channels of each block, those that respond most "
        "to the images.",
    )
    filter_size: Side = Field(64, description="Side length of a filter pattern in pixels.")
    filter_margin: Annotated[int, Field(ge=0, le=64)] = Field(
        3, description="Pixels between the patterns of a gallery."
    )
    block_gallery: BlockGallery | None = Field(
        None,
        description="Add a square gallery of classic patterns for the first convolution of each "
        "block, as FILTERS:PIXELS:STEPS (64:64:40).",
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
    unit: Units = Field(
        (),
        description="Also show top images for one position: LAYER:ROW,COLUMN,CHANNEL (repeatable).",
    )
    dataset: Path | None = Field(
        None,
        description="Scan a whole data set: evaluation, health and top images are over all its "
        "images; only a few get pages. A folder, a list of paths and labels (CSV, Parquet), or a "
        "tar (WebDataset).",
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
    cam_difference: ClassPairs = Field(
        (),
        description="Show evidence for one class against another: CLASS,CLASS or “top” "
        "(repeatable).",
    )
    map_method: Literal["pca", "tsne"] = Field(
        "pca",
        alias="map",
        description="How the map of images places them: pca, or tsne, which needs scikit-learn.",
    )
    trust: bool = Field(False, description="Run sanity checks on the heatmaps (slow).")
    robustness: bool = Field(
        False,
        description="Corrupt the images (blur, noise, JPEG, …) and measure what changes (slow).",
    )
    concepts: bool = Field(
        False,
        description="Find concepts: channels of the Grad-CAM layer that are active together, from "
        "20 images or more (slow).",
    )
    gradcam_layer: str | None = Field(
        None, description="Layer for Grad-CAM, by path; the last spatial one when not given."
    )
    colormap: Literal[
        "jet", "turbo", "inferno", "magma", "plasma", "viridis", "cividis", "gray"
    ] = Field("jet", description="Colour map of heatmaps and overlays.")
    full_size: bool = Field(
        False,
        description="Save every overlay at the photo's full size too. Without it, only those of "
        "the first kind of map whose file is smaller than 2 MB.",
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
    preprocess: PreprocessingMode = Field(
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
    shard: ShardName | None = Field(
        None,
        description="Compute part I of N of what is missing, keep it in the cache, and write no "
        "report.",
    )
    runner: Literal["local", "ray"] = Field(
        "local",
        description="Compute on this machine, or on the workers of a Ray cluster, which is started "
        "here if RAY_ADDRESS names none.",
    )
    workers: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None,
        description="Worker processes of --runner ray; one for each GPU, else for every 4 CPU "
        "cores, if not given.",
    )
    cache_dir: Place | None = Field(
        None,
        description="Cache folder, or the address of a bucket such as s3://bucket/path; the user "
        "cache folder by default.",
    )
    cache_size: Size = Field(
        "5GB", description="Cache size limit; least recently used entries are removed."
    )
    no_cache: bool = Field(False, description="Disable the cache.")
