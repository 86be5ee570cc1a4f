"""How far the heatmaps can be trusted, as a chapter of the PDF."""

from collections.abc import Iterator

from reportgen.records.report import Trust
from reportgen.report.pdf.contexts import Block, Bullets, Plate, Table, Title, Words
from reportgen.report.pdf.figures import Materials
from reportgen.report.sections.trust import (
    CAVEAT,
    CHART_ALT,
    CORRELATIONS,
    CURVES,
    MEASURES,
    against_chance,
    checks_table,
    masking,
    measure_row,
    verdict,
)
from reportgen.wording import count


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
        yield Words(CORRELATIONS, quiet=True)
        yield _checks(found)
    if found.measures:
        yield Title("Do the hottest regions matter for the class?")
        if compared := tuple(against_chance(found)):
            yield Bullets(compared)
        if found.chart:
            picture = materials.pictures.picture(found.chart, CHART_ALT)
            yield Plate("", picture, materials.room, 80.0, CURVES)
        rows = tuple((row.title, *row.cells) for row in map(measure_row, found.measures))
        yield Table(("Map", *MEASURES), "t" + "n" * len(MEASURES), rows)
        yield Words(f"{CAVEAT} {masking(found)}", quiet=True)


def _checks(found: Trust) -> Table:
    """The table of the site turned: a row for each stage, a column for each kind of map."""
    table = checks_table(found)
    rows = zip(table.heads, *(row.cells for row in table.rows), strict=True)
    heads = ("Randomised down to", *(row.title for row in table.rows))
    return Table(heads, "w" + "r" * len(table.rows), tuple(rows))
