"""Every section of a comparison, declared once: its menu entry, its page and its introduction."""

from collections.abc import Callable
from dataclasses import dataclass

from reportgen.records.comparison import Comparison


@dataclass(frozen=True, kw_only=True)
class ComparisonSection:
    """A section of a comparison; it is there where the comparison has something to say in it."""

    key: str
    menu: str
    page: str
    title: str
    introduction: str
    sources: tuple[str, ...]
    """Where its methods come from."""
    has: Callable[[Comparison], bool]
    """Whether a comparison has it."""


_MCNEMAR = (
    "Q. McNemar, “Note on the Sampling Error of the Difference between Correlated Proportions or "
    "Percentages”, 1947"
)
_WILSON = (
    "E. B. Wilson, “Probable Inference, the Law of Succession, and Statistical Inference”, 1927"
)
_GUO = "C. Guo et al., “On Calibration of Modern Neural Networks”, 2017"
_GRAD_CAM = (
    "R. R. Selvaraju et al., “Grad-CAM: Visual Explanations from Deep Networks via Gradient-based "
    "Localization”, 2017"
)
_CKA = (
    "S. Kornblith et al., “Similarity of Neural Network Representations Revisited”, 2019",
    "T. Nguyen et al., “Do Wide and Deep Networks Learn the Same Things?”, 2021",
    "M. Davari et al., “Reliability of CKA as a Similarity Measure in Deep Learning”, 2023",
)

TABLE = (
    ComparisonSection(
        key="verdict",
        menu="Verdict",
        page="index.html",
        title="Verdict",
        introduction="Both models are compared on the images that both reports contain. Intervals"
        " are 95 % Wilson intervals. McNemar’s exact test asks whether the images that only one"
        " model classifies correctly could be split this unevenly by chance.",
        sources=(_WILSON, _MCNEMAR),
        has=lambda found: True,  # noqa: ARG005
    ),
    ComparisonSection(
        key="course",
        menu="Course",
        page="course.html",
        title="Course over the reports",
        introduction="Each number over all reports, in the order given. In the strips, each column"
        " is a report: the pattern that excites a filter on top, its feature map for one image"
        " below.",
        sources=(),
        has=lambda found: found.course is not None,
    ),
    ComparisonSection(
        key="flips",
        menu="Flips",
        page="flips.html",
        title="Changed predictions",
        introduction="The images whose predicted class changed, those that became wrong first."
        " Heatmaps show the evidence for each model’s own prediction. In the difference, each"
        " heatmap counts relative to its strongest place: red regions weigh more in the second"
        " model, blue regions in the first.",
        sources=(_GRAD_CAM,),
        has=lambda found: found.compared > 0,
    ),
    ComparisonSection(
        key="classes",
        menu="Classes",
        page="classes.html",
        title="Classes",
        introduction="Precision is the share of predictions of a class that are correct, recall the"
        " share of its images that are found. The difference of the confusion matrices shows which"
        " confusions appeared or disappeared.",
        sources=(_GUO,),
        has=lambda found: found.known > 0,
    ),
    ComparisonSection(
        key="layers",
        menu="Layers",
        page="layers.html",
        title="Layers",
        introduction="Layers match by path, else by position with the same type and channels. A"
        " channel is silent if it is zero on all images. The change of the weights is the norm of"
        " their difference relative to the larger norm, estimated to about 5 %. CKA compares what"
        " the layer computes: 1 is the same up to rotation and scale.",
        sources=_CKA[:1],
        has=lambda found: bool(found.layers),
    ),
    ComparisonSection(
        key="similarity",
        menu="Similarity",
        page="similarity.html",
        title="Similarity of the layers",
        introduction="Centred kernel alignment (CKA) of every layer with every other, within each"
        " model and between both, computed from the mean activation of each channel on each image."
        " Blocks along the diagonal are layers that compute much the same.",
        sources=_CKA,
        has=lambda found: found.similarity is not None,
    ),
    ComparisonSection(
        key="filters",
        menu="Filters",
        page="filters.html",
        title="Filters",
        introduction="A pattern stops if the search that found one in the first model finds none in"
        " the second, and begins in the opposite case. Near-duplicates are filters whose weights"
        " have a cosine similarity above 0.95.",
        sources=(),
        has=lambda found: found.filters is not None,
    ),
)
"""All sections, in the order of the menu."""


def sections_of(comparison: Comparison) -> tuple[ComparisonSection, ...]:
    """The sections that a comparison has."""
    return tuple(section for section in TABLE if section.has(comparison))
