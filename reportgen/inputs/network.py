"""Network: a flat view of any model. Analyses ask it by layer path and never see nesting."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from reportgen.errors import ModelError
from reportgen.inputs.fed_tensors import check_others, laid_out, listed, other_value, random_images
from reportgen.inputs.geometry.axes import Layout, layout_of
from reportgen.inputs.geometry.places import Places
from reportgen.inputs.geometry.receptive_field import ReceptiveFields
from reportgen.inputs.graph.attention import attention_steps, with_attention
from reportgen.inputs.graph.bounds import Bounds, bounds_of
from reportgen.inputs.graph.convolution_kernels import kernel_of
from reportgen.inputs.graph.entry_layers import entry_layers
from reportgen.inputs.graph.explained_layer import Explained, ExplainedLayer
from reportgen.inputs.graph.layer_records import PASSING, LayerRecords, count
from reportgen.inputs.graph.recording import input_tensors, record
from reportgen.inputs.graph.slim import can_slim, picked, slim
from reportgen.inputs.graph.steps import Step
from reportgen.inputs.graph.tracing import Observer, Trace, has_graph, trace
from reportgen.inputs.image_input import find_image_input, resized
from reportgen.inputs.network_warnings import place_warnings, size_warnings
from reportgen.inputs.outputs.asked import asked_kinds, described
from reportgen.inputs.outputs.of_model import losses_of, output_names, output_tensors, tensor_infos
from reportgen.inputs.outputs.reading import ClassScores, OutputFacts, chosen_output, read_outputs
from reportgen.inputs.preprocessing import detect, function_of
from reportgen.printable import distinct
from reportgen.records.model import Block, ImageInput, Layer, Preprocessing
from reportgen.records.outputs import Head, Output
from reportgen.records.report import Skipped


class Network:
    """A model as one flat graph that shares its weights.

    `image_input` is None for a model that takes no picture; `layers`, `blocks` and `head` describe
    it then all the same. Shapes: N images, height H, width W, channels C.
    """

    def __init__(
        self,
        model: Any,
        *,
        input_size: tuple[int, int] | None = None,
        application: str | None = None,
        output: str | None = None,
        heads: Sequence[str] = (),
        training: Mapping[str, Any] | None = None,
        other_inputs: Mapping[str, Any] | None = None,
    ) -> None:
        """Trace `model`; raises ModelError when it is no graph of layers.

        `input_size` (height, width) is used where the model leaves its size open; `output` names
        the output to explain; `heads` say what outputs are, as KIND or OUTPUT=KIND; `training` is
        what the file stores of the training, with the loss; `other_inputs` holds values, without a
        batch axis, for inputs that are not the image (zeros otherwise).
        """
        self.model = model
        self._application = application
        self._size_given = input_size is not None or application is not None
        self._other_inputs = dict(other_inputs or {})
        tensors = input_tensors(model, input_size)
        names = distinct([str(tensor.name) for tensor in tensors])
        self.inputs = tensor_infos(tensors, names)
        self._sizes: dict[tuple[int, int], Network] = {}
        self._layouts: dict[str, Layout | None] = {}
        self.image_input, self._shapes = find_image_input(self.inputs, input_size)
        self.trace: Trace = self._traced()
        self.trace = with_attention(self.trace, self.places)
        self._output_tensors = output_tensors(self.model, self.trace)
        self._steps = {step.path: step for step in self.trace.steps}
        self._output_given = output is not None
        output = self._known_output(output)
        self._check_names(output)
        self.readers = self._read_outputs(output, heads, training)
        self.class_scores: ClassScores | None = chosen_output(self.readers, output)

    def _traced(self, *, partial: bool = False) -> Trace:
        if has_graph(self.model):
            return trace(self.model, self._shapes, partial=partial)
        return record(self.model, self._shapes, partial=partial)

    def _known_output(self, output: str | None) -> str | None:
        """The output's name; the model may call it otherwise than its layer."""
        given = output_names(self.model)
        names = [output_tensor.name for output_tensor in self._output_tensors]
        if output in names or output not in given or len(given) != len(names):
            return output
        return names[given.index(output)]

    def _read_outputs(
        self, output: str | None, heads: Sequence[str], training: Mapping[str, Any] | None
    ) -> list[ClassScores]:
        """What each output means."""
        names = [output_tensor.name for output_tensor in self._output_tensors]
        losses = losses_of(training, names, output_names(self.model))
        axes = [self.places.of(tensor) for tensor in self.trace.outputs]
        facts = OutputFacts(
            names=names,
            losses=losses,
            image_channels=self.image_input.channels if self.image_input else None,
            asked={},
            channels_first=[
                len(axis) == 4 and axis[1].kinds == {"C"} and bool(axis[3].kinds & {"H", "W"})
                for axis in axes
            ],
            tokens=[len(axis) == 3 and axis[1].kinds == {"H", "W"} for axis in axes],
            probe=self._probe if self.image_input else None,
        )
        found = read_outputs(self.trace, facts)
        if not heads:
            return found
        main = chosen_output(found, output)
        asked = asked_kinds(heads, names, main.head.name if main else "", self._known_output)
        return read_outputs(self.trace, replace(facts, asked=asked))

    def _probe(self, paths: Sequence[str]) -> tuple[list[Any], list[Any]]:
        """What stands at these paths for a few images of chance."""
        target = self.image_input
        if target is None:
            raise ModelError(f"The model “{self.model.name}” takes no image.")
        return self.run(ops.convert_to_tensor(random_images(target)), paths)

    @cached_property
    def outputs(self) -> list[Output]:
        """The outputs under the names of the layers that they come from, and what they mean."""
        return [
            described(tensor, reader.head, explained=reader is self.class_scores)
            for tensor, reader in zip(self._output_tensors, self.readers, strict=True)
        ]

    def _check_names(self, output: str | None) -> None:
        outputs = [tensor.name for tensor in self._output_tensors]
        if output is not None and output not in outputs:
            raise ModelError(f"The model has no output “{output}”; it has {listed(outputs)}.")
        shapes = {info.name: shape for info, shape in zip(self.inputs, self._shapes, strict=True)}
        check_others(self._other_inputs, shapes, self.image_input)

    # What the model is

    @property
    def head(self) -> Head | None:
        """The output that the report explains."""
        return self.class_scores.head if self.class_scores else None

    @cached_property
    def layers(self) -> list[Layer]:
        """Every layer in order of computation, the model's inputs first."""
        records = LayerRecords(
            self.model, self.trace, self.inputs, self._layout, self.receptive_fields
        )
        return records.all()

    @cached_property
    def blocks(self) -> list[Block]:
        """The stages of the network, in order of depth."""
        grouped: dict[str, list[str]] = {}
        for layer in self.layers:
            grouped.setdefault(layer.block, []).append(layer.path)
        return [Block(name=name, layers=paths) for name, paths in grouped.items()]

    @property
    def parameters(self) -> int:
        """All parameters, as `model.count_params()` counts them."""
        return int(self.model.count_params())

    @property
    def variables(self) -> list[Any]:
        """The variables of Keras that the network's computations read."""
        return list(self.model.variables)

    @property
    def trainable_parameters(self) -> int:
        """The parameters that training would change."""
        return count(self.model.trainable_weights)

    @cached_property
    def explained(self) -> Explained:
        """The layer whose maps Grad-CAM takes when none is chosen, and why."""
        if self.class_scores is None:
            return Explained(None, "the model has no output of its own")
        at = self._image_position
        image = None if at is None else self.trace.inputs[at]
        finder = ExplainedLayer(self.trace, self.places, self._layout, PASSING, image)
        return finder.find(self.class_scores.head.layer)

    @cached_property
    def attention(self) -> list[Step]:
        """The steps that give the attention weights of each self-attention over patches."""
        return attention_steps(self.trace)

    @property
    def last_spatial_layer(self) -> str | None:
        """The path of the layer that Grad-CAM takes when none is chosen."""
        return self.explained.path

    @property
    def warnings(self) -> list[str]:
        """What was assumed about the model and may be wrong."""
        if self.image_input is None:
            return []
        layers = {path: step.layer for path, step in self._steps.items()}
        found = place_warnings(self.places, layers)
        found += self._several_outputs()
        declared = next(tensor for tensor in self.inputs if tensor.name == self.image_input.name)
        given = self._size_given
        return found + size_warnings(self.image_input, declared, size_given=given)

    def _several_outputs(self) -> list[str]:
        """Which of several outputs is explained, where the user did not say."""
        if self.head is None or len(self.readers) < 2 or self._output_given:
            return []
        others = ", ".join(
            f"“{reader.head.name}”" for reader in self.readers if reader.head != self.head
        )
        return [
            f"The model has {len(self.readers)} outputs: “{self.head.name}” is explained "
            f"({self.head.kind}); --output chooses another ({others})."
        ]

    @property
    def skipped(self) -> list[Skipped]:
        """Inputs that are not the image and get zeros."""
        image = self.image_input.name if self.image_input else None
        return [
            Skipped(
                what="input", name=tensor.name, reason="it is not the image; zeros are fed to it"
            )
            for tensor in self.inputs
            if image is not None and tensor.name != image and tensor.name not in self._other_inputs
        ]

    def at_size(self, height: int, width: int) -> "Network":
        """The same network for images of another size, as far as its layers allow that.

        Layers behind the first that needs the old size (a dense one, a reshape) are missing: ask
        `has`. There are no class scores.
        """
        if self.image_input is None:
            raise ModelError(f"The model “{self.model.name}” takes no image.")
        if (height, width) not in self._sizes:
            self._sizes[height, width] = self._resized(self.image_input, height, width)
        return self._sizes[height, width]

    def _resized(self, target: ImageInput, height: int, width: int) -> "Network":
        other = copy.copy(self)
        other._sizes = {}
        other._layouts = {}
        for name in (
            "places",
            "receptive_fields",
            "layers",
            "blocks",
            "explained",
            "attention",
        ):
            other.__dict__.pop(name, None)
        other.image_input = target.model_copy(update={"height": height, "width": width})
        other._shapes = [
            resized(shape, target.layout, height, width) if info.name == target.name else shape
            for shape, info in zip(self._shapes, self.inputs, strict=True)
        ]
        other.trace = other._traced(partial=True)
        other._steps = {step.path: step for step in other.trace.steps}
        other.class_scores = None
        return other

    def has(self, path: str) -> bool:
        """Whether there is a layer at this path."""
        return path in self._steps

    def detect_preprocessing(self) -> Preprocessing | None:
        """What the model itself tells about the preprocessing of its images."""
        nested = [self.model.name, *(part for path in self._steps for part in path.split("/")[:-1])]
        return detect(
            application=self._application,
            entry=entry_layers(self.trace.steps),
            names=[path.rpartition("/")[2] for path in self._steps],
            nested=list(dict.fromkeys(nested)),
        )

    # What the model computes

    def feed(self, values: Any) -> list[Any]:
        """All inputs of the model for preprocessed images (N, H, W, C), or clips (N, T, H, W, C).

        The image is brought to the layout of its input; other inputs get the values given for
        them, zeros otherwise.
        """
        image = self.image_input
        tensors = zip(self.trace.inputs, self.inputs, strict=True)
        return [
            laid_out(values, image, symbol)
            if image and info.name == image.name
            else other_value(values, symbol, self._other_inputs.get(info.name))
            for symbol, info in tensors
        ]

    def run(
        self, values: Any, paths: Sequence[str], observe: Observer | None = None
    ) -> tuple[list[Any], list[Any]]:
        """Outputs of layers, behind and before their activations, for preprocessed images.

        `observe` as in `Trace.run`.
        """
        return self.trace.run(self.feed(values), paths, observe)

    def channels(self, values: Any, path: str, channels: Any) -> tuple[Any, Any]:
        """One channel of a layer for each preprocessed image: (N, h, w) behind and before.

        `channels` (N,) says which. A plain convolution computes no others.
        """
        layer = self._steps[path].layer
        slimmed = can_slim(layer) and self._is_plain(path)
        calls = {path: slim(layer, channels)} if slimmed else {}
        behind, before = self.trace.run(self.feed(values), [path], calls=calls)
        found = (self.maps(layer_outputs[0], path) for layer_outputs in (behind, before))
        wanted = ops.arange(ops.shape(channels)[0], dtype="int32") if slimmed else channels
        first, second = (picked(layer_maps, wanted) for layer_maps in found)
        return first, second

    def maps(self, value: Any, path: str) -> Any:
        """A spatial layer's output as float32 maps (N, H, W, C).

        Of a video it is the middle frame, of a sequence of tokens those that are patches.
        """
        value = ops.cast(value, "float32")
        layout = self._layout(path)
        return value if layout is None else layout.maps(value)

    def map_size(self, path: str) -> tuple[int, int] | None:
        """Height and width of a layer's maps; None when its output is no stack of maps.

        Maps of a single pixel have nothing to show in space and do not count.
        """
        layout = self._layout(path)
        return layout.map_size if layout else None

    def map_channels(self, path: str) -> int | None:
        """How many channels a layer's maps have; None when its output is no stack of maps."""
        layout = self._layout(path)
        return layout.channels if layout else None

    def _layout(self, path: str) -> Layout | None:
        """How a layer's first output is laid out as maps; None when it is no stack of maps."""
        if path not in self._layouts:
            outputs = self._steps[path].outputs
            self._layouts[path] = layout_of(self.places.of(outputs[0])) if outputs else None
        return self._layouts[path]

    def _is_plain(self, path: str) -> bool:
        """Whether a layer's output is its maps as they stand."""
        layout = self._layout(path)
        return layout is not None and layout.is_plain

    @cached_property
    def places(self) -> Places:
        """Where rows, columns and channels stand in every tensor."""
        layout = self.image_input.layout if self.image_input else None
        return Places(self.trace, self._image_position, layout)

    @property
    def _image_position(self) -> int | None:
        """Which of the inputs takes the picture."""
        name = self.image_input.name if self.image_input else None
        return next((at for at, tensor in enumerate(self.inputs) if tensor.name == name), None)

    def kernel(self, path: str) -> npt.NDArray[np.float32]:
        """The weights of a convolution layer: (height, width, channels of its input, filters).

        A depthwise convolution has filters of one input channel each. Of a separable one it is the
        plain convolution that does the same.
        """
        return kernel_of(self._steps[path].layer)

    def bounds(self, path: str) -> Bounds:
        """The values at which the layer's outputs saturate, see `bounds_of`."""
        return bounds_of(self._steps[path])

    @cached_property
    def receptive_fields(self) -> ReceptiveFields:
        """Which pixels of the input each unit can see."""
        return ReceptiveFields(self.trace, self.places)

    def preprocess(self, mode: str) -> Callable[[Any], Any]:
        """The function from pixels (N, H, W, C) in 0..255 to what `run` takes."""
        channels = self.image_input.channels if self.image_input else 3
        return function_of(mode, channels)
