"""How far the heatmaps can be trusted: verdicts, sanity checks, measures."""

from collections.abc import Iterator

from reportgen.heatmap_methods import CAMS, CHANCE, CHANCE_PIXELS
from reportgen.records.trust import SanityCheck, Spread, Trust, TrustMeasure
from reportgen.report.blocks import (
    Badge,
    Block,
    Bullets,
    Column,
    Figure,
    Inline,
    Page,
    Part,
    Row,
    Table,
    row,
    text,
)
from reportgen.report.chance_verdicts import against_chance, chance_sentences
from reportgen.report.contexts import Link, Picture
from reportgen.report.outline import Outline
from reportgen.wording import MINUS, count, number, percent

_MEASURES = (
    *("Deletion", "Insertion", "Drop", "Drop, blurred", "Increase", "Increase, blurred"),
    "Sparseness",
)
_CURVES = (
    "Class probability while the hottest pixels are removed (deletion) or restored (insertion). For"
    " a useful map, deletion falls fast and insertion rises fast. Dashed: the mean of ten random"
    " maps of the same resolution."
)
_CORRELATIONS = (
    "Rank correlation (Spearman) with the original map, with the weights randomised from the output"
    " down to the named layer: 1 is the same order of places, 0 no relation. The range over the"
    " seeds is in brackets. “Between images” compares the original maps of different images: a map"
    " that depends on the model falls to that level. “Other class” compares with the map of another"
    " class of the same image."
)
_CAVEAT = (
    "Deletion: lower is better. Insertion: higher is better. In brackets, where 95 % of random maps"
    " lie. Sparseness measures concentration, not correctness. The measures often disagree, so no"
    " overall score is given."
)
_CHANCES = {CHANCE: "Random maps", CHANCE_PIXELS: "Random pixels"}
_CHART_ALT = "Probability of the class while pixels are deleted and inserted, for each kind of map"
_UNMOVED = 0.9
"""Rank correlation from which on a map has hardly changed."""


_DEPENDS: dict[str, Badge] = {
    "gone": Badge("yes", "good"),
    "in part": Badge("in part", "warn"),
    "kept": Badge("no", "bad"),
    "unknown": Badge("unknown"),
}
"""By the outcome of a sanity check: whether the maps depend on the model."""
_UNKNOWN = "–"


def trust(outline: Outline) -> Iterator[Page]:
    """The page: verdicts first, then the checks and the measures that they rest on."""
    found = outline.report.trust
    if found is not None:
        title = "Can the heatmaps be trusted?"
        yield Page("trust.html", title, tuple(_blocks(outline, found)))


def _blocks(outline: Outline, found: Trust) -> Iterator[Block]:
    layer = Link(found.layer, outline.layer_place(found.layer))
    yield text(
        f"Measured on {count(len(found.images), 'image')}, in the maps of layer ", layer, ".",
        style="lead",
    )  # fmt: skip
    yield _verdicts(found)
    if found.checks:
        yield Part(
            ("Does the map depend on the model?",),
            "trust--checks",
            (
                Bullets(tuple((verdict(check),) for check in found.checks)),
                text(_CORRELATIONS, style="quiet"),
                _checks(found),
            ),
        )
    if found.measures:
        title = "Do the hottest regions matter for the class?"
        yield Part((title,), "trust--measures", tuple(_measures(found)))


def _verdicts(found: Trust) -> Table:
    """A row for each kind of map."""
    checks = {check.method: check for check in found.checks}
    measures = {measure.method: measure for measure in found.measures if measure.method in CAMS}
    columns = ("Depends on the model", "Deletion", "Insertion")
    return Table(
        "Verdicts",
        (Column("Heatmap"), *map(Column, columns)),
        tuple(
            row(
                CAMS[method].title,
                _DEPENDS[checks[method].outcome] if method in checks else _UNKNOWN,
                *_beyond_chance(found, measures.get(method)),
            )
            for method in {**checks, **measures}
        ),
    )


def _beyond_chance(found: Trust, measure: TrustMeasure | None) -> tuple[Inline, Inline]:
    """Whether deletion and insertion beat random maps."""
    deletion, insertion = against_chance(found, measure) if measure else (None, None)
    return deletion.badge if deletion else _UNKNOWN, insertion.badge if insertion else _UNKNOWN


def _measures(found: Trust) -> Iterator[Block]:
    if compared := tuple(chance_sentences(found)):
        yield Bullets(tuple((sentence,) for sentence in compared))
    if found.chart:
        yield Figure(Picture(found.chart, _CHART_ALT, 0, 0), (_CURVES,), tall=0.46, chart=True)
    columns = (Column("Map"), *(Column(head, "number") for head in _MEASURES))
    yield Table("Measures", columns, tuple(map(_measure_row, found.measures)))
    yield text(f"{_CAVEAT} {masking(found)} {_images(found)}", style="quiet")


def _images(found: Trust) -> str:
    """On how many images the measures rest: "Images: 8.", or by kind of map where they differ."""
    by_map = {_title(measure): measure.images for measure in found.measures}
    if len(set(by_map.values())) == 1:
        return f"Images: {found.measures[0].images:,}."
    return f"Images: {', '.join(f'{title} {images:,}' for title, images in by_map.items())}."


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


def masking(trust: Trust) -> str:
    """How images were masked for average drop and increase."""
    known = [
        (measure.kept_brightness, CAMS[measure.method].title)
        for measure in trust.measures
        if measure.method in CAMS and measure.kept_brightness is not None
    ]
    text = (
        "Drop: share of the probability that is lost when the image is multiplied by its map, which"
        " makes it black where the map is low. Increase: share of the images whose probability"
        " rises."
    )
    if known:
        parts = (f"{percent(share)} with {title}" for share, title in known)
        text += f" Remaining brightness: {', '.join(parts)}."
    return text + " “Blurred”: the image is blurred there instead of black."


def _spread(spread: Spread) -> str:
    """A mean and its range, where there is one."""
    if spread.low == spread.high:
        return _correlation(spread.mean)
    return (
        f"{_correlation(spread.mean)} ({_correlation(spread.low)} to {_correlation(spread.high)})"
    )


def _correlation(value: float) -> str:
    """Two decimals: seeds differ by more than a third would say."""
    text = f"{abs(value):.2f}"
    return MINUS + text if value < 0 and text != "0.00" else text


def _title(measure: TrustMeasure) -> str:
    return _CHANCES.get(measure.method) or CAMS[measure.method].title


def _measure_row(measure: TrustMeasure) -> Row:
    """A kind of map and its cells under `_MEASURES`."""
    areas = (
        (measure.deletion_area, measure.deletion_interval),
        (measure.insertion_area, measure.insertion_interval),
    )
    shares = (measure.drop, measure.blurred_drop, measure.increase, measure.blurred_increase)
    return row(
        _title(measure),
        *(_area(*pair) for pair in areas),
        *(_UNKNOWN if value is None else percent(value) for value in shares),
        _UNKNOWN if measure.sparseness is None else number(measure.sparseness),
    )


def _area(value: float | None, interval: list[float] | None) -> str:
    if value is None:
        return _UNKNOWN
    if interval is None:
        return number(value)
    return f"{number(value)} ({number(interval[0])} to {number(interval[1])})"


def _checks(found: Trust) -> Table:
    """A row for each stage, then what the last is compared with; a column for each kind of map."""
    checks = found.checks
    stages = max((check.stages for check in checks), key=len)
    rows = [
        row(
            stage.layer,
            *(
                _spread(check.stages[at].correlation) if check.stages else _UNKNOWN
                for check in checks
            ),
        )
        for at, stage in enumerate(stages)
    ]
    compared = {
        "Between images": [
            _spread(check.between_images.correlation) if check.between_images else _UNKNOWN
            for check in checks
        ],
        "SSIM, all weights randomised": [
            _spread(check.stages[-1].similarity) if check.stages else _UNKNOWN for check in checks
        ],
        "SSIM between images": [
            _spread(check.between_images.similarity) if check.between_images else _UNKNOWN
            for check in checks
        ],
        "Other class": [
            _UNKNOWN if check.other_class is None else _correlation(check.other_class)
            for check in checks
        ],
    }
    rows += [row(head, *cells) for head, cells in compared.items()]
    columns = [Column(CAMS[check.method].title, "numbers") for check in checks]
    return Table("Sanity checks", (Column("Randomised down to", "long"), *columns), tuple(rows))
