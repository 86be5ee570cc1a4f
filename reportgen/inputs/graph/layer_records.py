"""What report.json says of each layer of the flat network."""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import keras

from reportgen.inputs.geometry.axes import Layout
from reportgen.inputs.geometry.receptive_field import ReceptiveFields
from reportgen.inputs.graph.blocks import Placed, blocks_of
from reportgen.inputs.graph.channel_origins import has_filters, makes_zeros, origins
from reportgen.inputs.graph.costs import multiply_adds, output_bytes
from reportgen.inputs.graph.steps import Step
from reportgen.inputs.graph.tracing import Trace
from reportgen.inputs.graph.windows import activation_name, window_of
from reportgen.records.model import Cells, Layer
from reportgen.records.outputs import TensorInfo

PASSING = {
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "ActivityRegularization",
    "Identity",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomTranslation",
    "RandomContrast",
    "RandomBrightness",
    "RandomShear",
    "RandomColorJitter",
    "AugMix",
    "MixUp",
    "CutMix",
    "RandAugment",
}
"""Types of layers that hand their input on unchanged when the model predicts."""

_CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.Conv2DTranspose,
)


class LayerRecords:
    """Describes the layers of a traced model."""

    def __init__(
        self,
        model: Any,
        trace: Trace,
        inputs: Sequence[TensorInfo],
        layout: Callable[[str], Layout | None],
        fields: ReceptiveFields,
    ) -> None:
        """`layout` tells, by path, how a layer's output is laid out as maps."""
        self._model = model
        self._trace = trace
        self._inputs = inputs
        self._layout = layout
        self._fields = fields
        self._steps = {step.path: step for step in trace.steps}
        self._makers = {id(made): step.path for step in trace.steps for made in step.outputs}
        for symbol, info in zip(trace.inputs, inputs, strict=True):
            self._makers[id(symbol)] = info.name

    def all(self) -> list[Layer]:
        """Every layer in order of computation, the model's inputs first."""
        placed = [
            Placed(
                step.path,
                self._map_size(step.path),
                "Pool" in type(step.layer).__name__,
                step.parent,
            )
            for step in self._trace.steps
        ]
        entries = [
            self._entry(info, symbol.shape)
            for info, symbol in zip(self._inputs, self._trace.inputs, strict=True)
        ]
        return entries + [
            self._layer(step, block)
            for step, block in zip(self._trace.steps, blocks_of(placed), strict=True)
        ]

    def _entry(self, info: TensorInfo, shape: Sequence[int | None]) -> Layer:
        return Layer(
            path=info.name,
            name=info.name,
            type="InputLayer",
            block="input",
            output_shape=list(shape),
            parameters=0,
            trainable_parameters=0,
            trainable=False,
            inputs=[],
            channels=None,
            spatial=False,
            convolution=False,
            passes_through=False,
            multiply_adds=0,
            position=self._position(info.name),
        )

    def _layer(self, step: Step, block: str) -> Layer:
        counted = not step.repeated and isinstance(step.layer, keras.layers.Layer)
        weights = step.counted.weights if counted else []
        trainable = step.counted.trainable_weights if counted else []
        size, layout = self._map_size(step.path), self._layout(step.path)
        feeding = (self._makers[id(x)] for x in step.inputs if id(x) in self._makers)
        return Layer(
            path=step.path,
            name=step.layer.name,
            type=type(step.layer).__name__,
            block=block,
            output_shape=list(step.outputs[0].shape) if step.outputs else [],
            parameters=count(weights),
            trainable_parameters=count(trainable),
            trainable=bool(trainable),
            inputs=list(dict.fromkeys(feeding)),
            channels=layout.channels if layout else None,
            spatial=size is not None,
            map_size=list(size) if size else None,
            convolution=isinstance(step.layer, _CONVOLUTIONS) and not step.repeated,
            passes_through=type(step.layer).__name__ in PASSING,
            wrapper=step.wrapper or None,
            cells=self._cells(step.path, size) if size else None,
            makes_zeros=makes_zeros(step),
            origin=self._origin(step.path),
            window=window_of(step.layer),
            activation=activation_name(step),
            multiply_adds=multiply_adds(step),
            output_bytes=output_bytes(step),
            position=self._position(step.path),
        )

    def _map_size(self, path: str) -> tuple[int, int] | None:
        layout = self._layout(path)
        return layout.map_size if layout else None

    def _origin(self, path: str) -> str | None:
        origin = self._origins[path]
        return origin if has_filters(self._steps[origin].layer) else None

    @cached_property
    def _origins(self) -> dict[str, str]:
        return dict(origins(self._trace))

    def _cells(self, path: str, size: tuple[int, int]) -> Cells:
        grid = self._fields.grid(path, size)
        axes = (grid.rows, grid.columns)
        return Cells(
            start=[round(axis.start, 3) for axis in axes],
            jump=[round(axis.jump, 3) for axis in axes],
            size=[round(axis.size, 3) for axis in axes],
            beyond=grid.beyond,
            exact=grid.exact,
        )

    def _position(self, path: str) -> int | None:
        """The index in `model.layers` of the layer at a path, or of the model that it is in."""
        name = path.partition("/")[0].partition("#")[0]
        layers = self._model.layers
        return next((at for at, layer in enumerate(layers) if layer.name == name), None)


def count(weights: Sequence[Any]) -> int:
    """Numbers in weights."""
    return sum(math.prod(weight.shape) for weight in weights)
