"""The model summary: every layer of the flat network, its blocks, inputs, head and totals."""

from collections.abc import Iterator, Sequence
from typing import Any

from reportgen.analysis.finite import weights_not_finite
from reportgen.analysis.options import Opening
from reportgen.analysis.weight_sketches import weights_of
from reportgen.analysis.workbench import Workbench
from reportgen.execution.units import Result, Unit
from reportgen.inputs.preprocessing import choose
from reportgen.records.report import Skipped


class Summary:
    """What can be said of the model without any image."""

    name = "summary"
    version = 7
    title = "Reading the model"

    def unit(self, model: str, options: Opening) -> Unit[Opening]:
        """The unit of a model, given the digest of its bytes and how it is opened."""
        return Unit(self.name, self.version, "model", model, (), options)

    def compute(
        self, units: Sequence[Unit[Opening]], bench: Workbench
    ) -> Iterator[tuple[Unit[Opening], Result]]:
        """Yield the facts; keys as in `reportgen.records.report.Model`."""
        for unit in units:
            yield unit, Result(describe(bench))


def describe(bench: Workbench) -> dict[str, Any]:
    """The facts of `reportgen.records.report.Model` that the network itself knows, as JSON values.

    `preprocessing` is what "auto" comes to.
    """
    network = bench.network
    head = network.head
    return {
        "name": str(network.model.name),
        "parameters": network.parameters,
        "trainable_parameters": network.trainable_parameters,
        "inputs": [one.model_dump() for one in network.inputs],
        "outputs": [one.model_dump() for one in network.outputs],
        "image_input": network.image_input.model_dump() if network.image_input else None,
        "head": head.model_dump() if head else None,
        "preprocessing": choose("auto", network.detect_preprocessing()).model_dump(),
        "layers": [layer.model_dump() for layer in network.layers],
        "blocks": [block.model_dump() for block in network.blocks],
        "last_spatial_layer": network.explained.path,
        "last_spatial_reason": network.explained.reason,
        "notes": list(bench.opened.notes),
        "warnings": [*bench.opened.warnings, *network.warnings],
        "device": bench.opened.device,
        "skipped": [one.model_dump() for one in (*_cut(bench), *network.skipped)],
        "not_finite": [
            one.model_dump() for one in weights_not_finite(network.model, network.trace.steps)
        ],
        "weights": [one.model_dump() for one in weights_of(network.trace.steps)],
    }


def _cut(bench: Workbench) -> list[Skipped]:
    """The layers at the end of the network that could not be opened."""
    reason = "its code is not in the file"
    return [
        Skipped(what="end of the network", name=name, reason=reason) for name in bench.opened.cut
    ]
