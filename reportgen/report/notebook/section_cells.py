"""The notebook's cells on the report's further sections."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reportgen.report.notebook.sections import Sections

if TYPE_CHECKING:
    from reportgen.report.notebook.cells import Writer

_KERNELS_A_ROW, _MOST_KERNELS = 12, 48
_MOST_STEPS = 20


def add_evaluation(writer: "Writer", sections: Sections, files: Sequence[str]) -> None:
    """Accuracy and confusion matrix of the photos whose class is known, which are `files`."""
    found = sections.evaluation
    if found:
        evaluated = list(zip(files, found.true, found.reported, strict=True))
        note = writer.take("evaluation")
        writer.add("evaluation", evaluation=found, evaluated=evaluated, note=note)


def add_health(writer: "Writer", sections: Sections) -> None:
    """The share of zeros of each layer."""
    if found := sections.health:
        layers = list(zip(found.paths, found.zeros, strict=True))
        writer.add("health", layers=layers, note=writer.take("health"))


def add_exemplars(writer: "Writer", sections: Sections) -> None:
    """The photos that activate a channel the most."""
    if found := sections.exemplars:
        writer.add("exemplars", exemplars=found, note=writer.take("exemplars"))


def add_kernels(writer: "Writer", sections: Sections) -> None:
    """The weights of the first convolution."""
    if found := sections.kernel:
        shown = min(found.filters, _MOST_KERNELS)
        columns = min(shown, _KERNELS_A_ROW)
        rows = -(-shown // columns)
        note = writer.take("kernels")
        writer.add("kernels", kernel=found, rows=rows, columns=columns, note=note)


def add_dream(writer: "Writer", sections: Sections, steps: int) -> None:
    """One dream, of no more `steps` than a reader will wait for."""
    if found := sections.dream:
        note = writer.take("dreams")
        writer.add("dream", dream=found, steps=min(steps, _MOST_STEPS), note=note)
