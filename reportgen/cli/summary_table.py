"""A model's summary as a table in the terminal: what `reportgen inspect` prints."""

import sys
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reportgen.cli.streams import is_terminal, visible
from reportgen.inputs.model_files import ModelFile
from reportgen.records.model import Layer, Model

LOG_WIDTH = 140
"""Columns used where the width of the reader's window is not known."""

WIDEST = 100_000
"""Columns of a table that nothing limits."""

MAPS, INPUTS, PARAMETERS = "Feature maps", "Input from", "Parameters"
COLUMNS = ("Layer", "Type", "Output", PARAMETERS, "Trainable", MAPS, INPUTS)
DROPPED_FIRST = (INPUTS, MAPS, "Trainable", "Type", PARAMETERS, "Output")
"""Columns that a narrow window does without, in this order."""


def print_summary(model: Model) -> None:
    """Print the facts of a model to stdout: at a glance, layer by layer, and what to know."""
    width = None if is_terminal(sys.stdout) else LOG_WIDTH
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    console.print(Text(visible(model.name), style="bold"))
    console.print(_facts(model))
    table = _layers(model, console.width)
    # A path that is wider than the window is wrapped by the terminal, which copies it whole.
    unbounded = console.options.update(max_width=WIDEST)
    console.width = max(console.width, console.measure(table, options=unbounded).minimum)
    console.print(table)
    for note in model.notes:
        console.print(Text(f"Note: {visible(note)}", style="yellow"))


def print_file(file: ModelFile) -> None:
    """Print what is known of a model file without opening it."""
    console = Console(highlight=False, markup=False, emoji=False)
    table = Table.grid(padding=(0, 2))
    facts = ("File", file.name), ("Kind", file.description), ("Size", f"{file.size / 1e6:.1f} MB")
    for name, value in facts:
        table.add_row(Text(name, style="dim"), Text(visible(value), overflow="fold"))
    console.print(table)


def shape_text(shape: Iterable[int | None]) -> str:
    """A shape as people write it: `224 × 224 × 3`, with `?` for what the model leaves open."""
    return " × ".join("?" if side is None else str(side) for side in shape)


def _facts(model: Model) -> Table:
    table = Table.grid(padding=(0, 2))
    preprocessing = model.preprocessing
    rows = [
        ("File", model.file),
        ("Model", model.description),
        *((f"Input {t.name}", f"{shape_text(t.shape)}  {t.dtype}") for t in model.inputs),
        *(
            (f"Output {t.name}", f"{shape_text(t.shape)}  {t.dtype}  {t.kind}: {t.why}")
            for t in model.outputs
        ),
        ("Head", _head(model)),
        ("Labels", _some(model.labels)),
        (
            "Preprocessing",
            f"{preprocessing.mode} ({preprocessing.source}): {preprocessing.reason}",
        ),
        ("Parameters", f"{model.parameters:,}, {model.trainable_parameters:,} of them trainable"),
        ("Size", f"{model.size / 1e6:.1f} MB"),
        ("Last feature maps", model.last_spatial_layer or "none"),
        ("Blocks", _some([block.name for block in model.blocks])),
    ]
    for name, value in rows:
        table.add_row(Text(visible(name), style="dim"), Text(visible(value), overflow="fold"))
    return table


def _head(model: Model) -> str:
    if model.head is None:
        return "none"
    head = model.head
    classes = f"{head.classes} classes" if head.classes else head.reason
    return f"{head.layer}: {head.units} units, {head.activation}; {classes}"


def _some(names: list[str], most: int = 12) -> str:
    more = f", … ({len(names)} in all)" if len(names) > most else ""
    return (", ".join(names[:most]) + more) or "none"


def _layers(model: Model, width: int) -> Table:
    """The table of layers, with as many columns as `width` holds without breaking a name."""
    rows = [_cells(layer) for layer in model.layers]
    columns = _columns(rows, width)
    caption = "Feature maps: shown as an activation grid." if MAPS in columns else None
    table = Table(box=SIMPLE_HEAD, caption=caption)
    for title in columns:
        table.add_column(
            title,
            no_wrap=title != INPUTS,
            overflow="fold",
            justify="right" if title == PARAMETERS else "left",
            style="dim" if title == INPUTS else "",
        )
    for block, pairs in groupby(
        zip(model.layers, rows, strict=True), key=lambda pair: pair[0].block
    ):
        table.add_section()
        if block:
            table.add_row(Text(visible(block), style="bold"))
        for _, row in pairs:
            table.add_row(*(Text(row[title]) for title in columns))
    return table


def _columns(rows: Sequence[dict[str, str]], width: int) -> list[str]:
    """The columns that fit: those that say least are dropped first, the layer's path never."""
    widths = {title: cell_len(title) for title in COLUMNS}
    for row in rows:
        for title, cell in row.items():
            widths[title] = max(widths[title], cell_len(cell))
    widths[INPUTS] = min(widths[INPUTS], max(24, _longest_input(rows)))
    columns = list(COLUMNS)
    for dropped in DROPPED_FIRST:
        if sum(widths[title] + 3 for title in columns) + 1 <= width:
            break
        columns.remove(dropped)
    return columns


def _longest_input(rows: Sequence[dict[str, str]]) -> int:
    return max((cell_len(name) for row in rows for name in row[INPUTS].split(", ")), default=0)


def _cells(layer: Layer) -> dict[str, str]:
    """The cells of a layer by the title of their column."""
    frozen = layer.parameters and not layer.trainable_parameters
    cells = (
        f"  {layer.path}" if layer.block else layer.path,
        layer.type,
        shape_text(layer.output_shape),
        f"{layer.parameters:,}",
        "frozen" if frozen else "yes" if layer.parameters else "",
        "yes" if layer.spatial else "",
        ", ".join(layer.inputs),
    )
    return {title: visible(cell) for title, cell in zip(COLUMNS, cells, strict=True)}
