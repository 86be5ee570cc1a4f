"""The model summary: every layer of the flat network, its blocks, inputs, head and totals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportgen.analysis.finite import weights_not_finite
from reportgen.analysis.options import Opening
from reportgen.analysis.weights.weight_sketches import weights_of
from reportgen.analysis.workbench import Workbench
from reportgen.execution.units import Result, Unit
from reportgen.inputs.preprocessing import choose
from reportgen.records.model import Block, ImageInput, Layer, LayerWeights, NotFinite, Preprocessing
from reportgen.records.outputs import Head, Output, TensorInfo
from reportgen.records.report import Skipped


@dataclass(frozen=True)
class SummaryData:
    """The facts of `reportgen.records.model.Model` that the network itself knows."""

    name: str
    parameters: int
    trainable_parameters: int
    inputs: list[TensorInfo]
    outputs: list[Output]
    image_input: ImageInput | None
    head: Head | None
    preprocessing: Preprocessing
    """What "auto" comes to."""
    layers: list[Layer]
    blocks: list[Block]
    last_spatial_layer: str | None
    last_spatial_reason: str
    notes: list[str]
    warnings: list[str]
    device: str
    skipped: list[Skipped]
    not_finite: list[NotFinite]
    weights: list[LayerWeights]


class Summary:
    """What can be said of the model without any image."""

    name = "summary"
    version = 9
    title = "Reading the model"

    def unit(self, model: str, options: Opening) -> Unit[Opening]:
        """The unit of a model, given the digest of its bytes and how it is opened."""
        return Unit(self.name, self.version, "model", model, (), options)

    def compute(
        self, units: Sequence[Unit[Opening]], bench: Workbench
    ) -> Iterator[tuple[Unit[Opening], Result[SummaryData]]]:
        """Yield the facts of each model."""
        for unit in units:
            yield unit, Result(describe(bench))


def describe(bench: Workbench) -> SummaryData:
    """The facts that the network knows."""
    network = bench.network
    return SummaryData(
        name=str(network.model.name),
        parameters=network.parameters,
        trainable_parameters=network.trainable_parameters,
        inputs=network.inputs,
        outputs=network.outputs,
        image_input=network.image_input,
        head=network.head,
        preprocessing=choose("auto", network.detect_preprocessing()),
        layers=network.layers,
        blocks=network.blocks,
        last_spatial_layer=network.explained.path,
        last_spatial_reason=network.explained.reason,
        notes=list(bench.opened.notes),
        warnings=[*bench.opened.warnings, *network.warnings],
        device=bench.opened.device,
        skipped=[*_cut(bench), *network.skipped],
        not_finite=weights_not_finite(network.model, network.trace.steps),
        weights=weights_of(network.trace.steps),
    )


def _cut(bench: Workbench) -> list[Skipped]:
    """The layers at the end of the network that could not be opened."""
    reason = "its code is not in the file"
    return [
        Skipped(what="end of the network", name=name, reason=reason) for name in bench.opened.cut
    ]
