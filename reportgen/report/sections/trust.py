"""The page about how far the heatmaps can be trusted."""

from collections.abc import Iterator

from reportgen.heatmap_methods import CAMS, CHANCE
from reportgen.pictures.svg import shorten
from reportgen.records.report import SanityCheck, Trust, TrustMeasure
from reportgen.report.contexts import Link, Picture
from reportgen.report.explanations import explanation
from reportgen.report.figures import plain_picture
from reportgen.report.navigation import Here, Navigation
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href
from reportgen.report.sections.trust_contexts import Table, TableRow, TrustPage
from reportgen.wording import count, number, percent

PAGE = "trust.html"
MEASURES = ("Deletion", "Insertion", "Drop", "Increase", "Sparseness", "Images")
CHART_ALT = "Probability of the class while pixels are deleted and inserted, for each kind of map"
_CHART = (900, 320)
_UNMOVED = 0.9
"""Rank correlation from which on a map has hardly changed."""
_LONGEST_HEAD = 24


def trust_pages(outline: Outline, navigation: Navigation) -> Iterator[tuple[str, TrustPage]]:
    """Path and context of `trust.html`; none without the section."""
    trust = outline.report.trust
    if trust is None or not outline.has("trust"):
        return
    yield (
        PAGE,
        TrustPage(
            frame=navigation.frame(Here(PAGE, "Can the heatmaps be trusted?", "Trust")),
            explanation=explanation(outline.report, "trust"),
            notes=page_notes(outline, PAGE, "trust"),
            layer=Link(trust.layer, href(PAGE, outline.layer_place(trust.layer))),
            images=count(len(trust.images), "image"),
            verdicts=tuple(verdict(check) for check in trust.checks),
            chart=_chart(trust),
            measures=_measures(trust),
            checks=_checks(trust),
        ),
    )


def verdict(check: SanityCheck) -> str:
    """What a check says of a kind of map, in one or two sentences."""
    title = CAMS[check.method].title
    if not check.stages:
        return f"{title} could not be checked: there is no map, or nothing to forget."
    first, last = check.stages[0], check.stages[-1]
    if not check.depends:
        return (
            f"{title} does not depend on the model: with everything forgotten its maps are still"
            f" the same (rank correlation {number(last.correlation)})."
        )
    text = (
        f"{title} depends on the model: with everything forgotten little of its maps is left"
        if last.correlation < 0.5
        else f"{title} depends on the model in part: with everything forgotten something of its"
        " maps is left"
    )
    text += f" (rank correlation {number(last.correlation)})."
    if first.correlation >= _UNMOVED:
        text += (
            " But it hardly changes when only the last layer is forgotten: it shows what the"
            " network sees more than what it decides."
        )
    elif check.other_class is not None and check.other_class >= _UNMOVED:
        text += " Maps of different classes are almost the same."
    return text


def _chart(trust: Trust) -> Picture | None:
    if trust.chart is None:
        return None
    return plain_picture(PAGE, trust.chart, _CHART, CHART_ALT, 960)


def _measures(trust: Trust) -> Table:
    return Table("Map", MEASURES, tuple(map(measure_row, trust.measures)))


def measure_row(one: TrustMeasure) -> TableRow:
    """A kind of map and its cells under `MEASURES`."""
    title = "Order of chance" if one.method == CHANCE else CAMS[one.method].title
    areas = (one.deletion_area, one.insertion_area)
    shares = (one.drop, one.increase)
    cells = [
        *("–" if value is None else number(value) for value in areas),
        *("–" if value is None else percent(value) for value in shares),
        "–" if one.sparseness is None else number(one.sparseness),
        f"{one.images:,}",
    ]
    return TableRow(title, tuple(cells))


def _checks(trust: Trust) -> Table:
    stages = max((check.stages for check in trust.checks), key=len, default=[])
    heads = [shorten(stage.layer, _LONGEST_HEAD, keep="end") for stage in stages]
    rows = []
    for check in trust.checks:
        cells = [number(stage.correlation) for stage in check.stages] or ["–"] * len(stages)
        cells.append(number(check.stages[-1].similarity) if check.stages else "–")
        cells.append("–" if check.other_class is None else number(check.other_class))
        rows.append(TableRow(CAMS[check.method].title, tuple(cells)))
    return Table("Map", (*heads, "SSIM, all forgotten", "Other class"), tuple(rows))
