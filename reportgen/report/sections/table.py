"""Every section of a report, declared once: what menus, files, notes and options know of it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the report that `--sections` switches on and off."""

    key: str
    """Its name for `--sections`, in `report.json`, and in the names of its modules."""
    record: str
    """The field of `report.json` that holds its results; of each image where `page` is empty."""
    menu: str
    """Its entry in the menu; empty for what stands on the pages of images."""
    page: str
    """Its first page, by path inside the site; empty for what stands on the pages of images."""
    title: str
    """What its page, and its chapter of the PDF, is called."""
    headings: tuple[str, ...]
    """Headings of the user's notes, in lower case, that put the text below them there."""
    on_request: bool
    """Whether it is made only when it is asked for, because of what it costs."""
    scans: bool
    """Whether it is over the images of `--dataset`, or a sample of them, where one is named."""
    left_to_site: str
    """What the single file calls it when it leaves it out; empty where the file holds it."""
    search: tuple[str, ...]
    """Further words that the search finds it by."""


TABLE = (
    Section(
        key="activations",
        record="activations",
        menu="",
        page="",
        title="Activations",
        headings=("activations", "activation grids", "feature maps"),
        on_request=False,
        scans=False,
        left_to_site="",
        search=(),
    ),
    Section(
        key="filters",
        record="galleries",
        menu="Filters",
        page="filters/index.html",
        title="Filter patterns",
        headings=("filters", "filter galleries", "filter gallery", "filter patterns"),
        on_request=False,
        scans=False,
        left_to_site="",
        search=("patterns", "feature visualization", "gradient ascent"),
    ),
    Section(
        key="gradcam",
        record="gradcam",
        menu="",
        page="",
        title="Grad-CAM",
        headings=("gradcam", "grad cam", "gradcams", "grad cams", "heatmaps"),
        on_request=False,
        scans=False,
        left_to_site="",
        search=(),
    ),
    Section(
        key="decisions",
        record="decisions",
        menu="Decisions",
        page="decisions.html",
        title="Why this decision?",
        headings=("decisions", "why this decision", "decision recipe", "channel attribution"),
        on_request=False,
        scans=False,
        left_to_site="decisions",
        search=("channel attribution", "contributions", "building blocks"),
    ),
    Section(
        key="evaluation",
        record="evaluation",
        menu="Evaluation",
        page="evaluation.html",
        title="Evaluation",
        headings=("evaluation", "confusion matrix", "accuracy"),
        on_request=False,
        scans=True,
        left_to_site="",
        search=("accuracy", "confusion matrix", "precision", "recall", "calibration"),
    ),
    Section(
        key="confusions",
        record="confusions",
        menu="Confusions",
        page="confusions.html",
        title="Confusions explained",
        headings=("confusions", "confusions explained", "shortcuts"),
        on_request=False,
        scans=False,
        left_to_site="confusions explained",
        search=("misclassified", "shortcut", "Clever Hans", "background bias"),
    ),
    Section(
        key="map",
        record="image_map",
        menu="Map",
        page="map.html",
        title="Map of images",
        headings=("map", "map of images", "nearest neighbours", "label errors"),
        on_request=False,
        scans=False,
        left_to_site="the map of images",
        search=("nearest neighbours", "t-SNE", "principal components", "label errors"),
    ),
    Section(
        key="regression",
        record="regression",
        menu="Regression",
        page="regression.html",
        title="Regression",
        headings=("regression", "true values"),
        on_request=False,
        scans=True,
        left_to_site="",
        search=("mean absolute error", "scatter plot", "true values"),
    ),
    Section(
        key="health",
        record="health",
        menu="Health",
        page="health.html",
        title="Health",
        headings=("health",),
        on_request=False,
        scans=True,
        left_to_site="",
        search=("sparsity", "silent channels", "dead channels"),
    ),
    Section(
        key="similarity",
        record="similarity",
        menu="Similarity",
        page="similarity.html",
        title="Similarity of layers",
        headings=("similarity", "similarity of layers", "layers that repeat each other", "cka"),
        on_request=False,
        scans=True,
        left_to_site="",
        search=("cka", "near-duplicate layers", "centred kernel alignment"),
    ),
    Section(
        key="exemplars",
        record="exemplars",
        menu="Exemplars",
        page="exemplars/index.html",
        title="Exemplars",
        headings=("exemplars", "top images"),
        on_request=False,
        scans=True,
        left_to_site="",
        search=("top images", "patches", "receptive field"),
    ),
    Section(
        key="kernels",
        record="kernels",
        menu="Kernels",
        page="kernels.html",
        title="Kernels",
        headings=("kernels", "weights"),
        on_request=False,
        scans=False,
        left_to_site="kernels",
        search=("weights", "dead filters", "near-duplicates"),
    ),
    Section(
        key="trust",
        record="trust",
        menu="Trust",
        page="trust.html",
        title="Can the heatmaps be trusted?",
        headings=("trust", "trust in heatmaps", "can the heatmaps be trusted"),
        on_request=True,
        scans=False,
        left_to_site="trust in heatmaps",
        search=("deletion and insertion", "sanity check", "faithfulness"),
    ),
    Section(
        key="robustness",
        record="robustness",
        menu="Robustness",
        page="robustness.html",
        title="Robustness",
        headings=("robustness", "corruptions"),
        on_request=True,
        scans=True,
        left_to_site="robustness",
        search=("corruptions", "blur", "noise", "jpeg", "occlusion", "imagenet-c"),
    ),
    Section(
        key="concepts",
        record="concepts",
        menu="Concepts",
        page="concepts.html",
        title="Concepts",
        headings=("concepts", "neuron groups"),
        on_request=True,
        scans=True,
        left_to_site="concepts",
        search=("non-negative matrix factorisation", "neuron groups", "nmf", "craft"),
    ),
    Section(
        key="dreams",
        record="dreams",
        menu="Dreams",
        page="dreams.html",
        title="Dreams",
        headings=("dreams", "deepdream"),
        on_request=True,
        scans=False,
        left_to_site="dreams",
        search=("deepdream",),
    ),
)
"""All sections, in the order of the pages."""

WITH_PAGES = tuple(section for section in TABLE if section.page)
"""The sections that have pages, and an entry in the menu, of their own."""
