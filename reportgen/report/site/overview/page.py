"""The overview: a poster of the results with links to everything else."""

from urllib.parse import quote

from reportgen.gates.wording import gates_sentence
from reportgen.records.gates import Gates
from reportgen.records.report import Report
from reportgen.report.contexts import Link
from reportgen.report.figures import chart_by_depth
from reportgen.report.gates import gate_blocks
from reportgen.report.model_facts import summary
from reportgen.report.navigation import Here, Navigation
from reportgen.report.notes.html import front_notes
from reportgen.report.outline import Outline, href
from reportgen.report.sections.findings import findings
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.image_list import card
from reportgen.report.site.network.stages import stages
from reportgen.report.site.overview.contexts import IndexPage
from reportgen.report.site.overview.headlines import headlines
from reportgen.report.site.overview.telling import chosen_images, strip
from reportgen.report.site.overview.trend import trend_picture, trend_text
from reportgen.wording import count, percent

MOST_CARDS = 6
"""Images on the overview; with no more, there is no list of images in the single file."""
_STANDING_OUT = 5
_DOWNLOADS = {
    "pdf": ("report.pdf", "PDF", "for print and hand-in"),
    "notebook": ("report.ipynb", "Notebook", "the analysis as code that runs"),
    "card": ("README.md", "Model card", "for Hugging Face"),
    "single": ("report.html", "Single file", "the pages in one HTML file"),
}


def index_page(outline: Outline, navigation: Navigation, drawings: Drawings) -> IndexPage:
    """The context of `index.html`."""
    report, page = outline.report, "index.html"
    drawn, note = stages(outline, page)
    found, found_note = findings(outline, page)
    more = len(report.images) > MOST_CARDS
    in_health = outline.has("health") or not outline.has("activations")
    chart = None if in_health else report.sparsity_chart
    return IndexPage(
        frame=navigation.frame(Here(page, report.title, "Overview")),
        summary=summary(report.model),
        headlines=headlines(outline, page),
        cards=tuple(
            card(outline, page, image, drawings, alone=len(report.images) == 1)
            for image in chosen_images(outline, MOST_CARDS)
        ),
        all_images=Link(f"All {len(report.images):,} images", href(page, "images/index.html"))
        if more
        else None,
        findings=found[:_STANDING_OUT],
        more_findings=found[_STANDING_OUT:],
        findings_note=found_note,
        strip=strip(outline, page, drawings),
        stages=drawn,
        stages_note=note,
        sparsity_chart=chart_by_depth(page, chart, drawings.folder) if chart else None,
        gates=tuple(gate_blocks(report.gates, report.baseline)) if report.gates else (),
        gates_passed=_gates_passed(report.gates),
        trend=trend_picture(report, page, drawings.folder),
        trend_text=trend_text(report),
        notes=front_notes(outline, page),
        downloads=_downloads(report),
        doors=_doors(outline, navigation),
    )


def _gates_passed(gates: Gates | None) -> str:
    """A few words where all gates passed."""
    return gates_sentence(gates) if gates and not gates.failed else ""


def _downloads(report: Report) -> tuple[Link, ...]:
    """The report's other formats, as far as they were asked for, and its data."""
    formats = report.settings.get("format")
    asked = formats if isinstance(formats, list | tuple) else ()
    links = [
        Link(text, quote(file), note=note)
        for key, (file, text, note) in _DOWNLOADS.items()
        if key in asked
    ]
    return (*links, Link("report.json", "report.json", note="all results as JSON"))


def _doors(outline: Outline, navigation: Navigation) -> tuple[Link, ...]:
    page = "index.html"
    galleries = sum(map(len, outline.gallery_blocks.values()))
    channels = sum(len(outline.unit_channels(path)) for path in outline.unit_layers)
    notes = {
        "Model": count(len(outline.layers), "layer"),
        "Images": count(len(outline.images), "image"),
        "Channels": f"everything about {count(channels, 'channel')}",
        "Filters": f"filter patterns of {count(galleries, 'gallery', 'galleries')}",
        "Decisions": "channels that made the decisions",
        **_notes_over_images(outline.report),
        "Kernels": f"weights of {count(len(outline.report.kernels), 'convolution')}",
        "Trust": "can the heatmaps be trusted?",
        "Dreams": count(len(outline.report.dreams), "DeepDream image"),
        "Sources": "the figures of the sources",
        "About": "methods, settings, versions",
    }
    return tuple(
        Link(text, href(page, place), note=notes.get(text, ""))
        for text, place in navigation.parts()
        if text != "Overview"
    )


def _notes_over_images(report: Report) -> dict[str, str]:
    """What the links to parts about all images together say."""
    notes = {}
    if report.evaluation:
        notes["Evaluation"] = f"accuracy {percent(report.evaluation.accuracy)}"
    if report.confusions:
        notes["Confusions"] = f"{count(report.confusions.pairs, 'pair')} of classes confused"
    if report.image_map:
        notes["Map"] = "nearest images and suspected label errors"
    if report.regression:
        notes["Regression"] = (
            f"predicted and true values of {count(report.regression.images, 'image')}"
        )
    if report.health:
        notes["Health"] = "sparsity and silent channels"
    if report.robustness:
        notes["Robustness"] = f"{count(report.robustness.images, 'image')} corrupted in seven ways"
    if report.concepts:
        notes["Concepts"] = "channels that are active together"
    if report.similarity:
        notes["Similarity"] = "layers that repeat each other"
    if report.exemplars:
        notes["Exemplars"] = f"top images for {count(len(report.exemplars.channels), 'channel')}"
    return notes
