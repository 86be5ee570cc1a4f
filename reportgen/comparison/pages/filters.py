"""Patterns that stopped or began, near-duplicates and dead filters."""

from collections.abc import Iterator, Sequence

from reportgen.records.comparison import Comparison, Filters, KernelChange, PatternChange
from reportgen.report.blocks import (
    Block,
    Card,
    Cards,
    Column,
    Facts,
    Figure,
    Limits,
    Part,
    Row,
    Table,
    row,
    text,
)
from reportgen.report.contexts import Fact, Picture
from reportgen.wording import count, numbers

_CARDS_A_PAGE, _CARDS_ON_PAPER = 30, 12
_ROWS_A_PAGE = 60
_MOST_PAIRS = 6
_SIDE = 128
_STATUS = {
    "ok": "pattern found",
    "not risen": "response did not rise",
    "silent": "silent",
    "failed": "failed",
}


def filters_page(found: Comparison) -> Iterator[Block]:
    """Patterns first, then weights."""
    filters = found.filters
    if filters is None:
        return
    yield Facts(tuple(_facts(filters)))
    if filters.patterns:
        yield Part(("Patterns",), "filters--patterns", tuple(_patterns(found, filters)))
    if filters.kernels:
        yield Part(("Weights",), "filters--kernels", (_kernels(filters),))


def _facts(filters: Filters) -> Iterator[Fact]:
    yield Fact("Patterns in both reports", f"{filters.patterns:,}")
    for kind, title in (("stopped", "Patterns that stopped"), ("began", "Patterns that began")):
        yield Fact(title, f"{sum(change.kind == kind for change in filters.changed):,}")
    before, after = (
        sum(getattr(kernel, name) for kernel in filters.kernels)
        for name in ("near_duplicates_a", "near_duplicates_b")
    )
    if filters.kernels:
        yield Fact("Near-duplicate filters", f"{before:,} → {after:,}", "pairs")


def _patterns(found: Comparison, filters: Filters) -> Iterator[Block]:
    if not filters.changed:
        yield text("Every filter that has a pattern in one report has one in the other.")
        return
    pictured = [change for change in filters.changed if any(change.pictures)]
    if pictured:
        yield Cards(
            tuple(_card(found, change) for change in pictured),
            across=3,
            limits=Limits("pattern", page=_CARDS_A_PAGE, paper=_CARDS_ON_PAPER),
        )
    if others := [change for change in filters.changed if not any(change.pictures)]:
        yield Table(
            "Changed patterns without pictures",
            (Column("Layer", "name"), Column("Channel", "number"), Column("Method"),
             Column(found.sides[0].name), Column(found.sides[-1].name)),
            tuple(
                row(_name(other.layer_a, other.layer_b), f"{other.channel}", other.method,
                    _STATUS[other.status_a], _STATUS[other.status_b])
                for other in others
            ),
            Limits("pattern", page=_ROWS_A_PAGE, paper=_CARDS_ON_PAPER),
        )  # fmt: skip


def _card(found: Comparison, change: PatternChange) -> Card:
    sides = (
        (found.sides[0].name, change.pictures[0], change.status_a),
        (found.sides[-1].name, change.pictures[1], change.status_b),
    )
    return Card(
        (f"{_name(change.layer_a, change.layer_b)}, channel {change.channel}",),
        tuple(
            Figure(
                Picture(path, f"Pattern of channel {change.channel} in {name}", _SIDE, _SIDE)
                if path
                else None,
                (f"{name}: {_STATUS[status]}",),
            )
            for name, path, status in sides
        ),
        (f"{change.kind.capitalize()} ({change.method}).",),
    )


def _name(path_a: str, path_b: str) -> str:
    return path_b if path_a == path_b else f"{path_a} → {path_b}"


def _kernels(filters: Filters) -> Table:
    return Table(
        "Weights of the convolutions",
        (Column("Layer", "name"), Column("Near-duplicates", "number"),
         Column("Appeared", "numbers"), Column("Disappeared", "numbers"),
         Column("Newly dead", "numbers"), Column("Dead no longer", "numbers")),
        tuple(map(_kernel_row, filters.kernels)),
        Limits("layer", page=_ROWS_A_PAGE),
    )  # fmt: skip


def _kernel_row(change: KernelChange) -> Row:
    return row(
        _name(change.layer_a, change.layer_b),
        f"{change.near_duplicates_a:,} → {change.near_duplicates_b:,}",
        _pairs(change.appeared),
        _pairs(change.disappeared),
        numbers(change.newly_dead, _MOST_PAIRS),
        numbers(change.no_longer_dead, _MOST_PAIRS),
    )


def _pairs(pairs: Sequence[tuple[int, int, float]]) -> str:
    if not pairs:
        return ""
    shown = ", ".join(f"{channel} and {other}" for channel, other, _ in pairs[:_MOST_PAIRS])
    left = len(pairs) - _MOST_PAIRS
    return f"{shown}, {count(left, 'more pair')}" if left > 0 else shown
