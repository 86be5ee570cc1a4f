"""What the template of the page about trust receives; see `reportgen.report.contexts`."""

from dataclasses import dataclass

from reportgen.report.contexts import Explanation, Frame, Link, Note, Picture


@dataclass(frozen=True)
class TableRow:
    """One kind of map, and its cells."""

    title: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table with a row for each kind of map; `corner` heads the first column."""

    corner: str
    heads: tuple[str, ...]
    rows: tuple[TableRow, ...]


@dataclass(frozen=True)
class Texts:
    """What is said of the checks, of the chart and of the measures."""

    checks: str
    chart: str
    measures: str


@dataclass(frozen=True)
class TrustPage:
    """`trust.html`: measures of the heatmaps, and the sanity checks."""

    frame: Frame
    explanation: Explanation | None
    notes: tuple[Note, ...]
    layer: Link
    images: str
    verdicts: tuple[str, ...]
    """What the checks say, one sentence for each kind of map."""
    against_chance: tuple[str, ...]
    """How the measures compare with those of random maps, one sentence for each kind of map."""
    texts: Texts
    chart: Picture | None
    measures: Table
    checks: Table
