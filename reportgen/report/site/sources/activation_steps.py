"""Activations and the images that raise them, as steps of the sources."""

from reportgen.records.image import Activations
from reportgen.report.contexts import Picture
from reportgen.report.figures import plain_picture, single
from reportgen.report.layer_facts import amounts
from reportgen.report.outline import src
from reportgen.report.site.sources.contexts import PAGE, Step
from reportgen.report.site.sources.found import StepMaterial, absent, step
from reportgen.report.site.sources.texts import BOOK, UNITS, numbered  # fmt: skip
from reportgen.wording import TIMES, count, number, percent

_SIDE = 460


def single_channels(given: StepMaterial) -> Step:
    """Single channels, large."""
    title, source = "Single channels of the first layer", f"{BOOK}, section 5.4.1"
    listing = f"channels 3 and 30 of 32, maps of 148 {TIMES} 148, minimum to maximum"
    grid = next((candidate for candidate in given.grids if candidate.singles), None)
    if grid is None:
        reason = "--channels names no channel of this model" if given.grids else ""
        return absent(title, source, listing, reason)
    height, width = grid.map_size
    shown = [single(PAGE, grid, channel) for channel in grid.singles]
    return step(
        title,
        source,
        listing,
        f"{grid.layer}: {numbered('channel', [channel.channel for channel in grid.singles])} of "
        f"{grid.channels}, maps of {height} {TIMES} {width}",
        pictures=tuple(figure.picture for figure in shown),
        rows=tuple(f"{figure.title}: {figure.text}" for figure in shown),
        more=(grid.layer, given.outline.layer_place(grid.layer)),
    )


def every_channel(given: StepMaterial) -> Step:
    """The grids of all layers."""
    title, source = "Every channel of every layer", f"{BOOK}, section 5.4.1"
    listing = "8 layers, 16 channels a row, mean 128 and standard deviation 64"
    if not given.grids or given.image is None:
        return absent(title, source, listing)
    columns, contrast = (given.report.settings.get(key) for key in ("columns", "contrast"))
    return step(
        title,
        source,
        listing,
        f"{count(len(given.grids), 'layer')}, {columns} channels a row, contrast {contrast}",
        pictures=tuple(_grid(grid) for grid in given.grids),
        more=("All layers", given.outline.image_place(given.image.name)),
    )


def _grid(grid: Activations) -> Picture:
    height, width = grid.map_size
    shown = "" if grid.shown == grid.channels else f"{grid.shown} of "
    alt = f"{grid.layer}: {shown}{count(grid.channels, 'channel')} of {height} {TIMES} {width}"
    return plain_picture(PAGE, grid.picture, (grid.width, grid.height), alt, 2 * _SIDE)


def sparsity(given: StepMaterial) -> Step:
    """Zeros by depth."""
    title, source = "Deeper layers are sparser", f"{BOOK}, section 5.4.1"
    listing = "in deep layers more and more channels are blank"
    chart = given.report.sparsity_chart
    if not given.grids:
        return absent(title, source, listing)
    ends = (given.grids[0], given.grids[-1])[: len(given.grids)]
    zeros = ", ".join(f"{percent(grid.sparsity)} in {grid.layer}" for grid in ends)
    channels = ", ".join(f"{amounts(grid)} in {grid.layer}" for grid in ends)
    return step(
        title,
        source,
        listing,
        f"zeros on {given.image.name if given.image else ''}: {zeros}; channels: {channels}",
        pictures=(Picture(src(PAGE, chart), "Share of zeros by depth", 900, 400),) if chart else (),
        rows=tuple(f"{grid.layer}: {percent(grid.sparsity)} zeros" for grid in given.grids),
    )


def top_images(given: StepMaterial) -> Step:
    """The top images of a channel."""
    title, source = "The images that activate a channel most", UNITS
    listing = "the top images of a unit, its receptive field marked"
    found = given.report.exemplars
    rows = [channel for channel in found.channels if channel.exemplars] if found else []
    if not rows:
        reason = "it needs several images, or --dataset"
        return absent(title, source, listing, reason)
    best = rows[len(rows) // 2]
    return step(
        title,
        source,
        listing,
        f"{best.layer}, channel {best.channel}: {count(len(best.exemplars), 'image')}",
        pictures=(Picture(src(PAGE, best.picture), f"Top images of {best.layer}", 900, 240),)
        if best.picture
        else (),
        rows=tuple(f"{exemplar.image}: {number(exemplar.value)}" for exemplar in best.exemplars),
        more=("All exemplars", "exemplars/index.html"),
    )
