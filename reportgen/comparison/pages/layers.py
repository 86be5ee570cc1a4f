"""What changed in each layer that both models have."""

from collections.abc import Iterator, Sequence

from reportgen.comparison.wording import NOT_KNOWN, value_text
from reportgen.records.comparison import Comparison, LayerChange
from reportgen.report.blocks import (
    Block,
    Cell,
    Column,
    Details,
    Facts,
    Figure,
    Figures,
    Limits,
    Part,
    Parts,
    Row,
    Table,
    row,
    text,
)
from reportgen.report.contexts import Fact, Picture
from reportgen.wording import MINUS, count, numbers

_ROWS_A_PAGE, _ROWS_ON_PAPER = 60, 60
_GRIDS_A_PAGE = 12
_MOST_RUNS = 4


def layers_page(found: Comparison) -> Iterator[Block]:
    """Totals, the table, and the grids side by side."""
    yield Facts(tuple(_facts(found)))
    yield Part(("Layer by layer",), "layers--table", (_table(found),))
    if found.grid_image:
        names = (found.sides[0].name, found.sides[-1].name)
        yield Part(
            ("Activations side by side",),
            "layers--grids",
            (
                text(f"All channels for the image {found.grid_image}: {names[0]} and {names[1]}."),
                Parts(
                    tuple(_grids(found, at, layer) for at, layer in enumerate(found.layers)
                          if layer.grids),
                    Limits("layer", page=_GRIDS_A_PAGE),
                ),
            ),
            on_paper=False,
        )  # fmt: skip


def _facts(found: Comparison) -> Iterator[Fact]:
    yield Fact("Layers in both", f"{len(found.layers):,}", _matched(found))
    if found.new_silent_channels is not None:
        note = "each filter counts once"
        yield Fact("Newly silent channels", f"{found.new_silent_channels:,}", note)
    for name, title in (
        ("newly_saturated", "Newly saturated channels"),
        ("newly_non_finite", "Newly NaN or infinite channels"),
    ):
        if total := sum(len(getattr(layer, name)) for layer in found.layers):
            yield Fact(title, f"{total:,}")


def _matched(found: Comparison) -> str:
    by_path = sum(layer.matched == "path" for layer in found.layers)
    return f"{by_path:,} by path, {len(found.layers) - by_path:,} by position"


def _table(found: Comparison) -> Table:
    others = any(layer.newly_saturated or layer.newly_non_finite for layer in found.layers)
    columns = (
        Column("Layer", "name"),
        Column("Zeros", "number"),
        Column("Silent", "number"),
        Column("Weights", "number"),
        Column("CKA", "number"),
        Column("Newly silent", "long"),
        Column("Silent no longer", "long"),
        *((Column("Other new findings", "long"),) if others else ()),
    )
    return Table(
        "Changes of each layer",
        columns,
        tuple(_row(layer, others=others) for layer in found.layers),
        Limits("layer", page=_ROWS_A_PAGE, paper=_ROWS_ON_PAPER),
    )


def layer_name(change: LayerChange) -> str:
    """The layer's path; both where they differ."""
    if change.a.path == change.b.path:
        return change.b.path
    return f"{change.a.path} → {change.b.path}"


def _row(layer: LayerChange, *, others: bool) -> Row:
    new = {"saturated": layer.newly_saturated, "NaN or infinite": layer.newly_non_finite}
    findings = "; ".join(f"{word}: {_listed(ids)}" for word, ids in new.items() if ids)
    return row(
        layer_name(layer),
        _both(*(value_text("share", side.zeros) for side in (layer.a, layer.b))),
        _both(*(_count(side.silent) for side in (layer.a, layer.b))),
        _weights(layer.weights),
        NOT_KNOWN if layer.cka is None else f"{layer.cka:.2f}".replace("-", MINUS),
        Cell((_listed(layer.newly_silent),), "bad" if layer.newly_silent else ""),
        Cell((_listed(layer.no_longer_silent),), "good" if layer.no_longer_silent else ""),
        *((findings,) if others else ()),
    )


def _both(before: str, after: str) -> str:
    return NOT_KNOWN if before == after == NOT_KNOWN else f"{before} → {after}"


def _weights(change: float | None) -> str:
    """The change of the weights, with as many digits as the estimate has."""
    return NOT_KNOWN if change is None else f"{float(f'{100 * change:.2g}'):g} %"


def _count(channels: Sequence[int] | None) -> str:
    return NOT_KNOWN if channels is None else f"{len(channels):,}"


def _listed(channels: Sequence[int]) -> str:
    return f"{len(channels):,} ({numbers(channels, _MOST_RUNS)})" if channels else ""


def _grids(found: Comparison, at: int, layer: LayerChange) -> Part:
    names = (found.sides[0].name, found.sides[-1].name)
    figures = tuple(
        Figure(
            Picture(path, f"Activations of {side.path} in {name}", width, height),
            (f"{name}: {side.path}",),
            enlarged=4,
        )
        for name, side, path, (width, height) in zip(
            names, (layer.a, layer.b), layer.grids, layer.grid_sizes, strict=True
        )
    )
    title = f"Show both grids: {count(layer.channels, 'channel')}"
    return Part((layer_name(layer),), f"layer--{at}", (Details((title,), (Figures(figures, 2),)),))
