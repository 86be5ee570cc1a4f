"""A model's summary as a table in the terminal: what `reportgen inspect` prints."""

import sys
from collections.abc import Iterable
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reportgen.cli.terminal import is_terminal, visible
from reportgen.inputs.model_files import ModelFile
from reportgen.records.report import Layer, Model

LOG_WIDTH = 140
"""Columns used where the width of the reader's window is not known."""


def print_summary(model: Model) -> None:
    """Print the facts of a model to stdout: at a glance, layer by layer, and what to know."""
    width = None if is_terminal(sys.stdout) else LOG_WIDTH
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    console.print(Text(visible(model.name), style="bold"))
    console.print(_facts(model))
    console.print(_layers(model))
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
        ("Last spatial layer", model.last_spatial_layer or "none"),
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


def _layers(model: Model) -> Table:
    table = Table(box=SIMPLE_HEAD, caption="spatial: a stack of maps, shown as an activation grid")
    for title in ("Layer", "Type", "Output"):
        table.add_column(title, overflow="fold")
    table.add_column("Parameters", justify="right")
    for title in ("Trained", "Spatial"):
        table.add_column(title)
    table.add_column("Fed by", overflow="fold", style="dim")
    for block, layers in groupby(model.layers, key=lambda layer: layer.block):
        table.add_section()
        if block:
            table.add_row(Text(visible(block), style="bold"))
        for layer in layers:
            table.add_row(*(Text(visible(cell)) for cell in _cells(layer)))
    return table


def _cells(layer: Layer) -> tuple[str, ...]:
    frozen = layer.parameters and not layer.trainable_parameters
    return (
        f"  {layer.path}" if layer.block else layer.path,
        layer.type,
        shape_text(layer.output_shape),
        f"{layer.parameters:,}",
        "frozen" if frozen else "yes" if layer.parameters else "",
        "yes" if layer.spatial else "",
        ", ".join(layer.inputs),
    )
