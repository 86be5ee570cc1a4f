"""The layers' health over all images: sparsity by depth, silent channels, distributions."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from reportgen.pictures.charts.distribution import HEIGHT, WIDTH
from reportgen.records.over_images import Health, LayerHealth
from reportgen.report.blocks import (
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    Figures,
    Limits,
    Page,
    Part,
    Row,
    Table,
    row,
    text,
)
from reportgen.report.contexts import Fact, Link, Picture
from reportgen.report.figures import SPARSITY_ALT
from reportgen.report.outline import Outline, numbered
from reportgen.wording import count, number, numbers, percent

LAYERS_A_PAGE = 80
CLEAR = 0.5
"""A rank correlation above this is called a trend."""
_PATH = "health.html"
_MOST_RUNS = 8


def health(outline: Outline) -> Iterator[Page]:
    """The page of all layers."""
    found = outline.report.health
    if found is not None:
        yield Page(_PATH, "Health", tuple(_blocks(outline, found)))


def health_place(outline: Outline, layer: str) -> str:
    """A layer's row in the table; empty for a layer that is not in it."""
    found = outline.report.health
    paths = [known.layer for known in found.layers] if found and outline.has("health") else []
    if layer not in paths:
        return ""
    page = numbered(_PATH, paths.index(layer) // LAYERS_A_PAGE + 1)
    return f"{quote(page)}#{quote(outline.layer_slugs[layer])}"


def _blocks(outline: Outline, found: Health) -> Iterator[Block]:
    yield Facts(_facts(found))
    chart = outline.report.sparsity_chart
    if chart and outline.has("activations"):
        sentence = sparser_with_depth(found)
        words = (text(sentence),) if sentence else ()
        caption = "Share of exact zeros in each layer’s activations, from the first to the last."
        figure = Figure(Picture(chart, SPARSITY_ALT, 0, 0), (caption,), chart=True)
        yield Part(("Sparsity by depth",), "health--depth", (*words, figure))
    yield Part(("Layers",), "health--layers", (_table(outline, found),))
    if charts := tuple(_distributions(outline, found)):
        limits = Limits("chart", page=LAYERS_A_PAGE)
        yield Part(
            ("Distribution by channel",),
            "health--channels",
            (text(_distributions_text(found)), Figures(charts, 3, limits)),
            on_paper=False,
        )


def sparser_with_depth(found: Health) -> str:
    """Whether sparsity grows with depth, in the report's own numbers."""
    early, late, trend = found.zeros_early, found.zeros_late, found.depth_correlation
    if early is None or late is None or trend is None:
        return ""
    if trend > CLEAR:
        verdict = "Sparsity grows with depth"
    elif trend < -CLEAR:
        verdict = "Sparsity decreases with depth"
    elif trend > 0 and late > early:
        verdict = "Sparsity grows only slightly with depth"
    else:
        verdict = "Sparsity does not grow with depth"
    return (
        f"{verdict}: {percent(early)} zeros in the first third of the"
        f" {found.layers_with_zeros:,} layers that make zeros, {percent(late)} in the last third"
        f" (Spearman ρ = {number(trend)})."
    )


def _facts(found: Health) -> tuple[Fact, ...]:
    """The numbers over all layers."""
    channels = sum(layer.channels for layer in found.layers)
    return (
        Fact("Images", f"{found.images:,}", f"of {found.dataset}" if found.dataset else ""),
        Fact("Layers", f"{len(found.layers):,}", count(channels, "channel")),
        Fact("Silent channels", f"{found.silent:,}", "always zero; each filter counts once"),
        Fact("Constant channels", f"{found.constant:,}", "one non-zero value"),
        Fact("Saturated channels", f"{found.saturated:,}", "at the activation’s limit"),
        Fact("NaN or infinite", f"{found.non_finite:,}", "channels, on at least one image"),
    )


def _table(outline: Outline, found: Health) -> Table:
    """A row for each layer; a last column where a layer has other findings."""
    heads = [
        Column("Layer", "name"),
        Column("Channels", "number"),
        Column("Zeros", "number"),
        Column("Range over images", "number"),
        Column("Silent channels", "long"),
        Column("Other", "long"),
    ]
    rows = list(_rows(outline, found))
    if not any(table_row.cells[-1].words[0] for table_row in rows):
        heads.pop()
        rows = [Row(table_row.cells[:-1], table_row.anchor) for table_row in rows]
    limits = Limits("layer", page=LAYERS_A_PAGE)
    return Table("Health of each layer", tuple(heads), tuple(rows), limits)


def _rows(outline: Outline, found: Health) -> Iterator[Row]:
    origins = {layer.path: layer.origin for layer in outline.report.model.layers}
    silent: dict[str, tuple[str, set[int]]] = {}
    for layer in found.layers:
        others = {
            "NaN or infinite": layer.non_finite,
            "saturated": layer.saturated,
            "constant": layer.constant,
        }
        yield row(
            Link(layer.layer, outline.layer_place(layer.layer)),
            f"{layer.channels:,}",
            percent(layer.zeros),
            f"{percent(layer.zeros_low)} to {percent(layer.zeros_high)}",
            _silent(layer, origins, silent),
            Cell(("; ".join(f"{word}: {_listed(ids)}" for word, ids in others.items() if ids),)),
            anchor=outline.layer_slugs[layer.layer],
        )


def _silent(
    layer: LayerHealth,
    origins: Mapping[str, str | None],
    seen: dict[str, tuple[str, set[int]]],
) -> str:
    """A layer's silent channels; those of the filters that an earlier layer names stand there."""
    origin = origins.get(layer.layer) or layer.layer
    first, known = seen.setdefault(origin, (layer.layer, set(layer.silent)))
    if first != layer.layer and layer.silent and known.issuperset(layer.silent):
        return f"{len(layer.silent):,}, the same filters as in {first}"
    return _listed(layer.silent)


def _distributions(outline: Outline, found: Health) -> Iterator[Figure]:
    for layer in found.layers:
        channels = layer.distribution
        if channels is None or channels.chart is None:
            continue
        medians = f"{number(channels.medians[-1])} to {number(channels.medians[0])}"
        measured = count(channels.measured, "channel")
        alt = (
            f"Distribution by channel in {layer.layer}: mean activations of {measured}, medians"
            f" from {medians}"
        )
        yield Figure(
            Picture(channels.chart, alt, WIDTH, HEIGHT),
            (
                Link(layer.layer, outline.layer_place(layer.layer)),
                f" {measured}, medians {medians}",
            ),
            chart=True,
        )


def _distributions_text(found: Health) -> str:
    """How the charts are to be read, and what they leave out."""
    words = (
        "Mean activation of each channel, the strongest channel first. The line is the median over"
        " the images, the dark band holds the middle half of them, the light band all. A steep"
        " curve means that a few channels dominate the layer. A wide light band marks a channel"
        " that responds to only a few images."
    )
    known = [layer.distribution for layer in found.layers if layer.distribution]
    if any(layer.measured > len(layer.channels) for layer in known):
        words += " Layers with many channels are subsampled evenly."
    if sampled := min(
        (layer.sampled for layer in known if layer.sampled < found.images), default=0
    ):
        chosen = "randomly" if found.dataset else "evenly"
        words += f" Medians and quartiles are over {sampled:,} {chosen} chosen images."
    return words


def _listed(ids: list[int]) -> str:
    return f"{len(ids):,} ({numbers(ids, _MOST_RUNS)})" if ids else "0"
