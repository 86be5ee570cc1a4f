"""The page about how far the heatmaps can be trusted."""

from collections.abc import Iterator

from reportgen.heatmap_methods import CAMS, CHANCE, CHANCE_PIXELS
from reportgen.pictures.svg import shorten
from reportgen.records.report import SanityCheck, Spread, Trust, TrustMeasure
from reportgen.report.contexts import Link, Picture
from reportgen.report.explanations import explanation
from reportgen.report.figures import plain_picture
from reportgen.report.navigation import Here, Navigation
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href
from reportgen.report.sections.trust_contexts import Table, TableRow, Texts, TrustPage
from reportgen.wording import MINUS, count, number, percent

PAGE = "trust.html"
MEASURES = (
    *("Deletion", "Insertion", "Drop", "Drop, blurred", "Increase", "Increase, blurred"),
    *("Sparseness", "Images"),
)
COMPARED = (
    "Between images",
    "SSIM, all weights randomised",
    "SSIM between images",
    "Other class",
)
"""Columns of the checks behind those of the stages."""
CURVES = (
    "Probability of the class while the hottest pixels go (deletion) or come (insertion). A good"
    " map falls fast and rises fast. Dashed: the mean of ten random maps of the same resolution."
)
CORRELATIONS = (
    "Rank correlation (Spearman) with the original map, with the weights randomised from the output"
    " down to the named layer: 1 is the same order of places, 0 no relation. In brackets the range"
    " over the seeds; “between images” is the same between the original maps of different images,"
    " which is what a map that depends on the model should come down to. “Other class” is the"
    " correlation with the map of another class of the same image."
)
CAVEAT = (
    "Deletion: lower is better. Insertion: higher is better. In brackets, where 95 % of random maps"
    " lie. Sparseness measures concentration, not correctness. The measures often disagree, so no"
    " overall score is given."
)
_CHANCES = {CHANCE: "Random maps", CHANCE_PIXELS: "Random pixels"}
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
            checks=checks_table(trust),
            against_chance=tuple(against_chance(trust)),
            texts=Texts(CORRELATIONS, CURVES, f"{CAVEAT} {masking(trust)}"),
        ),
    )


def verdict(check: SanityCheck) -> str:
    """What a check says of a kind of map, in one or two sentences."""
    title = CAMS[check.method].title
    if not check.stages:
        return f"{title} could not be checked: there is no map, or there are no weights."
    first, last = check.stages[0], check.stages[-1]
    seeds = count(last.seeds, "seed")
    numbers = f"rank correlation {_spread(last.correlation)} over {seeds}"
    if check.between_images is None:
        return (
            f"{title}: with all weights randomised, {numbers}. Without maps of different images"
            " there is nothing to compare it with."
        )
    numbers += f"; {_spread(check.between_images.correlation)} between maps of different images"
    text = {
        "kept": f"{title} does not depend on the model: its maps stay the same when all weights"
        " are randomised",
        "in part": f"{title} depends on the model in part: its maps partly survive when all"
        " weights are randomised",
        "gone": f"{title} depends on the model: when all weights are randomised, its maps are no"
        " more like the original ones than maps of different images are",
        "unknown": f"{title}: {count(check.between_images.images, 'image')} with a map"
        f" {'is' if check.between_images.images == 1 else 'are'} too few to say whether it depends"
        " on the model",
    }[check.outcome]
    text += f" ({numbers})."
    if check.outcome == "kept":
        return text
    if first.correlation.mean >= _UNMOVED:
        text += (
            " It barely changes when only the last layer is randomised, so it reflects features"
            " more than the decision."
        )
    elif check.other_class is not None and check.other_class >= _UNMOVED:
        text += " Maps of different classes are almost the same."
    return text


def against_chance(trust: Trust) -> Iterator[str]:
    """For each kind of map, how its areas compare with those of random maps."""
    by_method = {one.method: one for one in trust.measures}
    for one in trust.measures:
        if one.method not in CAMS or one.deletion_area is None or one.insertion_area is None:
            continue
        chance = by_method.get(CHANCE_PIXELS if CAMS[one.method].of_image else CHANCE)
        low, high = (chance.deletion_interval, chance.insertion_interval) if chance else (None,) * 2
        if low is None or high is None:
            continue
        parts = [
            f"deletion {number(one.deletion_area)} is "
            f"{'better' if one.deletion_area < low[0] else 'no better'} than that of random maps"
            f" ({number(low[0])} to {number(low[1])})",
            f"insertion {number(one.insertion_area)} is "
            f"{'better' if one.insertion_area > high[1] else 'no better'}"
            f" ({number(high[0])} to {number(high[1])})",
        ]
        yield f"{CAMS[one.method].title}: {', '.join(parts)}."


def masking(trust: Trust) -> str:
    """How images were masked for average drop and increase."""
    known = [
        (one.kept_brightness, CAMS[one.method].title)
        for one in trust.measures
        if one.method in CAMS and one.kept_brightness is not None
    ]
    text = (
        "Drop is the share of the probability that is lost, and increase the share of the images"
        " whose probability rises, when the image is multiplied by its map: it is then black where"
        " the map is low."
    )
    if known:
        parts = (f"{percent(share)} with {title}" for share, title in known)
        text += f" Of the brightness, {', '.join(parts)} is left."
    return text + " “Blurred” is the same with the image blurred there instead."


def _spread(one: Spread) -> str:
    """A mean and its range, where there is one."""
    if one.low == one.high:
        return _correlation(one.mean)
    return f"{_correlation(one.mean)} ({_correlation(one.low)} to {_correlation(one.high)})"


def _correlation(value: float) -> str:
    """Two decimals: seeds differ by more than a third would say."""
    text = f"{abs(value):.2f}"
    return MINUS + text if value < 0 and text != "0.00" else text


def _chart(trust: Trust) -> Picture | None:
    if trust.chart is None:
        return None
    return plain_picture(PAGE, trust.chart, _CHART, CHART_ALT, 960)


def _measures(trust: Trust) -> Table:
    return Table("Map", MEASURES, tuple(map(measure_row, trust.measures)))


def measure_row(one: TrustMeasure) -> TableRow:
    """A kind of map and its cells under `MEASURES`."""
    title = _CHANCES.get(one.method) or CAMS[one.method].title
    areas = (
        (one.deletion_area, one.deletion_interval),
        (one.insertion_area, one.insertion_interval),
    )
    shares = (one.drop, one.blurred_drop, one.increase, one.blurred_increase)
    cells = [
        *(_area(*pair) for pair in areas),
        *("–" if value is None else percent(value) for value in shares),
        "–" if one.sparseness is None else number(one.sparseness),
        f"{one.images:,}",
    ]
    return TableRow(title, tuple(cells))


def _area(value: float | None, interval: list[float] | None) -> str:
    if value is None:
        return "–"
    if interval is None:
        return number(value)
    return f"{number(value)} ({number(interval[0])} to {number(interval[1])})"


def checks_table(trust: Trust) -> Table:
    """A row for each kind of map: its correlation at each stage, and what it is compared with."""
    stages = max((check.stages for check in trust.checks), key=len, default=[])
    heads = [shorten(stage.layer, _LONGEST_HEAD, keep="end") for stage in stages]
    rows = []
    for check in trust.checks:
        null = check.between_images
        cells = [_spread(stage.correlation) for stage in check.stages] or ["–"] * len(stages)
        cells.append(_spread(null.correlation) if null else "–")
        cells.append(_spread(check.stages[-1].similarity) if check.stages else "–")
        cells.append(_spread(null.similarity) if null else "–")
        cells.append("–" if check.other_class is None else _correlation(check.other_class))
        rows.append(TableRow(CAMS[check.method].title, tuple(cells)))
    return Table("Map", (*heads, *COMPARED), tuple(rows))
