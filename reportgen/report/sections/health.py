"""The pages of the layers' health over all images."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from reportgen.pictures.distribution import HEIGHT, WIDTH
from reportgen.records.over_images import Health, LayerHealth
from reportgen.report.contexts import Fact, Link, Picture
from reportgen.report.explanations import explanation
from reportgen.report.figures import chart_by_depth
from reportgen.report.navigation import Here, Navigation, pager
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline, href, src
from reportgen.report.sections.over_images_contexts import DistributionChart, HealthPage, HealthRow
from reportgen.wording import count, number, numbers, percent

_MOST_RUNS = 8
CLEAR = 0.5
"""A rank correlation above this is called a trend."""


def health_pages(
    outline: Outline, navigation: Navigation, folder: Path
) -> Iterator[tuple[str, HealthPage]]:
    """Paths and contexts of the pages; none without the section."""
    found = outline.report.health
    if found is None:
        return
    parts = outline.health_pages
    paths = [outline.health_page(at) for at in range(1, len(parts) + 1)]
    chart = outline.report.sparsity_chart
    for at, (page, layers) in enumerate(zip(paths, parts, strict=True), 1):
        first = at == 1
        crumbs = () if first else (("Health", "health.html"),)
        yield (
            page,
            HealthPage(
                frame=navigation.frame(Here(page, "Health", "Health", crumbs=crumbs)),
                explanation=explanation(outline.report, "health") if first else None,
                notes=page_notes(outline, page, "health") if first else (),
                facts=health_facts(found) if first else (),
                sentence=sparser_with_depth(found),
                chart=chart_by_depth(page, chart, folder) if chart and first else None,
                rows=tuple(_row(outline, page, one) for one in layers),
                distributions=tuple(_distributions(outline, page, layers)),
                distributions_text=_distributions_text(found),
                pager=pager(page, paths, at, "Pages of layers"),
            ),
        )


def sparser_with_depth(found: Health) -> str:
    """Whether the deeper layers are the sparser, in the report's own numbers."""
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


def health_facts(found: Health) -> tuple[Fact, ...]:
    """The numbers over all layers."""
    channels = sum(one.channels for one in found.layers)
    return (
        Fact("Images", f"{found.images:,}"),
        Fact("Layers", f"{len(found.layers):,}", count(channels, "channel")),
        Fact("Silent channels", f"{found.silent:,}", "always zero; each filter counts once"),
        Fact("Constant channels", f"{found.constant:,}", "one non-zero value"),
        Fact("Saturated channels", f"{found.saturated:,}", "at the activation’s limit"),
        Fact("NaN or infinite", f"{found.non_finite:,}", "channels, on at least one image"),
    )


def _row(outline: Outline, page: str, one: LayerHealth) -> HealthRow:
    _, channels, zeros, spread, silent, others = health_row(one)
    place = href(page, outline.layer_place(one.layer))
    return HealthRow(
        id=outline.layer_slugs[one.layer],
        layer=Link(one.layer, place),
        channels=channels,
        zeros=zeros,
        range=spread,
        silent=silent,
        others=others,
    )


def health_row(one: LayerHealth) -> tuple[str, str, str, str, str, str]:
    """A layer in the table: its path, channels, zeros, their range, silent ones, what else."""
    kinds = {
        "not finite": one.non_finite,
        "saturated": one.saturated,
        "constant": one.constant,
    }
    return (
        one.layer,
        f"{one.channels:,}",
        percent(one.zeros),
        f"{percent(one.zeros_low)} to {percent(one.zeros_high)}",
        _listed(one.silent),
        "; ".join(f"{word}: {_listed(ids)}" for word, ids in kinds.items() if ids),
    )


def _distributions(
    outline: Outline, page: str, layers: Sequence[LayerHealth]
) -> Iterator[DistributionChart]:
    for one in layers:
        found = one.distribution
        if found is None or found.chart is None:
            continue
        medians = f"{number(found.medians[-1])} to {number(found.medians[0])}"
        alt = (
            f"Distribution by channel in {one.layer}: mean activations of"
            f" {count(found.measured, 'channel')}, medians from {medians}"
        )
        yield DistributionChart(
            layer=Link(one.layer, href(page, outline.layer_place(one.layer))),
            chart=Picture(src(page, found.chart), alt, WIDTH, HEIGHT),
            text=f"{count(found.measured, 'channel')}, medians {medians}",
        )


def _distributions_text(found: Health) -> str:
    """How the charts are to be read, and what they leave out."""
    text = (
        "Each channel’s mean activation, the strongest channel first. The line is the median over"
        " the images, the dark band holds the middle half of them, the light band all. A steep fall"
        " says that few channels carry the layer; a light band that stands out, that a channel"
        " answers to single images only."
    )
    known = [one.distribution for one in found.layers if one.distribution]
    if any(one.measured > len(one.channels) for one in known):
        text += " Of layers with many channels some are drawn, evenly chosen."
    if sampled := min((one.sampled for one in known if one.sampled < found.images), default=0):
        text += f" Medians and quartiles are those of {sampled:,} images, evenly chosen."
    return text


def _listed(ids: list[int]) -> str:
    return f"{len(ids):,} ({numbers(ids, _MOST_RUNS)})" if ids else "0"
