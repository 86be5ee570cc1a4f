"""What a report states of its heatmaps: how far they can be trusted."""

from typing import Literal

from reportgen.records.base import Record


class TrustMeasure(Record):
    """How the maps of one kind did on the images measured: means over `images` of them.

    `method` is a name in `reportgen.heatmap_methods.CAMS`, or "chance" for random maps of the same
    resolution, "chance by pixel" for those of the image's. Of these, numbers are means over `draws`
    maps; `deletion_interval` and `insertion_interval` hold 95 % of such random maps.
    Curves are probabilities of the class while none to all of the pixels go, or come, the hottest
    first; areas below them 0..1. All are None or empty where no image has a map of this kind.
    """

    method: str
    images: int
    deletion: list[float]
    insertion: list[float]
    deletion_area: float | None
    insertion_area: float | None
    drop: float | None
    """Share of the probability that is lost when the image is multiplied by the map, 0..1."""
    increase: float | None
    """Share of the images whose probability rises then, 0..1."""
    blurred_drop: float | None = None
    """Share of the probability that is lost when the image is blurred where it is not hot, 0..1."""
    blurred_increase: float | None = None
    """Share of the images whose probability rises then, 0..1."""
    kept_brightness: float | None = None
    """Share of the image's brightness that is left once it is multiplied by the map, 0..1."""
    sparseness: float | None
    """Gini index of the map: 0 spread evenly, towards 1 in few pixels."""
    draws: int = 1
    deletion_interval: list[float] | None = None
    insertion_interval: list[float] | None = None


class Spread(Record):
    """A number measured several times: mean, smallest and largest."""

    mean: float
    low: float
    high: float


class SanityStage(Record):
    """Maps by a model whose layers from the output down to `layer` are randomised, and the true.

    `layers` counts these layers. Means over the images of the rank correlation (Spearman, -1..1)
    and of the structural similarity (SSIM), spread over `seeds` draws of random weights.
    """

    layer: str
    layers: int
    seeds: int
    correlation: Spread
    similarity: Spread


class SanityNull(Record):
    """How alike the maps of different images are, by the model as it is: over `pairs` of images.

    `error` is the standard error of the mean correlation, with as many images as there are.
    """

    images: int
    pairs: int
    correlation: Spread
    similarity: Spread
    error: float


class SanityCheck(Record):
    """Whether the maps of one kind depend on the model and on the class.

    Kinds that need many passes for each map are tried on the first two of the images.
    `other_class` is the rank correlation with the map of another class, by chance; None for a kind
    that is the same for every class. There are no stages where no image has a map.

    `outcome` compares the maps of the model randomised throughout with the null, the maps of
    different images: "gone" where they are no more like the true maps than these, within two
    standard errors; "kept" where at least three quarters of the way from the null to identity are
    left; "in part" between; "unknown" without a null.
    """

    method: str
    stages: list[SanityStage]
    between_images: SanityNull | None
    other_class: float | None
    outcome: Literal["gone", "in part", "kept", "unknown"]


class Trust(Record):
    """How far the heatmaps of `layer` can be trusted, measured on `images` (their names)."""

    layer: str
    images: list[str]
    measures: list[TrustMeasure]
    checks: list[SanityCheck]
    chart: str | None
    """Picture of the curves."""
