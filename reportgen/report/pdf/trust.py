"""How far the heatmaps can be trusted, as a chapter of the PDF."""

from collections.abc import Iterator

from reportgen.heatmap_methods import CAMS
from reportgen.records.report import SanityCheck, Trust
from reportgen.report.pdf.contexts import Block, Bullets, Plate, Table, Title, Words
from reportgen.report.pdf.figures import Materials
from reportgen.report.sections.trust import CHART_ALT, MEASURES, measure_row, verdict
from reportgen.wording import count, number


def trust(materials: Materials) -> Iterator[Block]:
    """The checks with what they say, then curves and measures, each with its caveat."""
    found = materials.outline.report.trust
    if found is None:
        return
    yield Words(
        f"Measured on {count(len(found.images), 'image')}, in the maps of layer {found.layer}."
    )
    if found.checks:
        yield Title("Does the map depend on the model?")
        yield Bullets(tuple(verdict(check) for check in found.checks))
        yield Words(
            "Rank correlation with the true map, with the layers from the output down to the named"
            " one forgotten: 1 is the same order of places, 0 no relation.",
            quiet=True,
        )
        yield _checks(found)
    if found.measures:
        yield Title("Does the class live where the map is hot?")
        if found.chart:
            yield Plate(
                "", materials.pictures.picture(found.chart, CHART_ALT), materials.room, 80.0,
                "Probability of the class while the hottest pixels go (deletion) or come"
                " (insertion). A good map falls fast and rises fast; the dashed line takes pixels"
                " in an order of chance.",
            )  # fmt: skip
        rows = tuple((row.title, *row.cells) for row in map(measure_row, found.measures))
        yield Table(("Map", *MEASURES), "wnnnnnn", rows)
        yield Words(
            "Deletion: lower is better. Insertion: higher is better. Drop: share of the probability"
            " that is lost when only the hot places are kept. Increase: share of the images whose"
            " probability rises then. Sparseness says how few pixels hold the heat, not how right"
            " they are. These measures often disagree: a single score would hide that, and none is"
            " made.",
            quiet=True,
        )


def _checks(found: Trust) -> Table:
    """A row for each layer down to which the model forgets, a column for each kind of map."""
    stages = max((check.stages for check in found.checks), key=len)
    last: tuple[tuple[str, ...], ...] = (
        ("likeness of pictures (SSIM), all forgotten", *map(_similarity, found.checks)),
        ("the map of another class", *map(_other_class, found.checks)),
    )
    rows = tuple(
        (stage.layer, *(_correlation(check, at) for check in found.checks))
        for at, stage in enumerate(stages)
    )
    heads = ("Forgotten down to", *(CAMS[check.method].title for check in found.checks))
    return Table(heads, "w" + "n" * len(found.checks), (*rows, *last))


def _correlation(check: SanityCheck, at: int) -> str:
    return number(check.stages[at].correlation) if at < len(check.stages) else "–"


def _similarity(check: SanityCheck) -> str:
    return number(check.stages[-1].similarity) if check.stages else "–"


def _other_class(check: SanityCheck) -> str:
    return "–" if check.other_class is None else number(check.other_class)
