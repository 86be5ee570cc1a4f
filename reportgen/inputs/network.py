"""Network: a flat view of any model. Analyses ask it by layer path and never see nesting."""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from reportgen.errors import ModelError
from reportgen.inputs.attention import attention_steps, with_attention
from reportgen.inputs.axes import Layout, layout_of
from reportgen.inputs.blocks import Placed, blocks_of
from reportgen.inputs.bounds import Bounds, bounds_of
from reportgen.inputs.channel_origins import has_filters, makes_zeros, origins
from reportgen.inputs.explained_layer import Explained, ExplainedLayer
from reportgen.inputs.image_input import find_image_input, resized, sides_of
from reportgen.inputs.outputs.asked import asked_kinds, described
from reportgen.inputs.outputs.losses import stored_losses
from reportgen.inputs.outputs.reading import ClassScores, OutputFacts, chosen_output, read_outputs
from reportgen.inputs.places import Places
from reportgen.inputs.preprocessing import EntryLayer, detect, function_of
from reportgen.inputs.receptive_field import ReceptiveFields
from reportgen.inputs.recording import input_tensors, record
from reportgen.inputs.slim import can_slim, picked, slim
from reportgen.inputs.tracing import Observer, Step, Trace, has_graph, trace
from reportgen.printable import distinct
from reportgen.records.outputs import Head, Output, TensorInfo
from reportgen.records.report import (
    Block,
    Cells,
    ImageInput,
    Layer,
    Preprocessing,
    Skipped,
)

_PASSING_WHEN_PREDICTING = {
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

_CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.Conv2DTranspose,
)


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
        self.inputs = _described(tensors, names)
        self._sizes: dict[tuple[int, int], Network] = {}
        self._layouts: dict[str, Layout | None] = {}
        self.image_input, self._shapes = find_image_input(self.inputs, input_size)
        self.trace: Trace = self._traced()
        self.trace = with_attention(self.trace, self.places)
        self._output_tensors = self._describe_outputs()
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

    def _describe_outputs(self) -> list[TensorInfo]:
        """The outputs under the names of the layers that they come from."""
        if has_graph(self.model):
            tensors = list(self.model.outputs)
            names = [str(tensor._keras_history.operation.name) for tensor in tensors]
        else:
            tensors = list(self.trace.outputs)
            makers = {id(x): step.path for step in self.trace.steps for x in step.outputs}
            names = [makers.get(id(x), f"output {i}") for i, x in enumerate(tensors)]
        return _described(tensors, distinct(names))

    def _known_output(self, output: str | None) -> str | None:
        """The output's name; the model may call it otherwise than its layer."""
        given = [str(name) for name in getattr(self.model, "output_names", None) or []]
        names = [one.name for one in self._output_tensors]
        if output in names or output not in given or len(given) != len(names):
            return output
        return names[given.index(output)]

    def _read_outputs(
        self, output: str | None, heads: Sequence[str], training: Mapping[str, Any] | None
    ) -> list[ClassScores]:
        """What each output means."""
        names = [one.name for one in self._output_tensors]
        given = [str(name) for name in getattr(self.model, "output_names", None) or []]
        losses = stored_losses(training, names)
        if len(given) == len(names):
            others = stored_losses(training, given)
            losses = [one or other for one, other in zip(losses, others, strict=True)]
        axes = [self.places.of(tensor) for tensor in self.trace.outputs]
        facts = OutputFacts(
            names=names,
            losses=losses,
            image_channels=self.image_input.channels if self.image_input else None,
            asked={},
            channels_first=[
                len(one) == 4 and one[1].kinds == {"C"} and bool(one[3].kinds & {"H", "W"})
                for one in axes
            ],
            tokens=[len(one) == 3 and one[1].kinds == {"H", "W"} for one in axes],
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
        drawn = np.random.default_rng(0).uniform(
            size=(4, target.height, target.width, target.channels)
        )
        scaled = drawn * np.array([1.0, 2.0, 255.0, 255.0])[:, None, None, None]
        scaled -= np.array([0.0, 1.0, 0.0, 127.0])[:, None, None, None]
        return self.run(ops.convert_to_tensor(scaled.astype(np.float32)), paths)

    @cached_property
    def outputs(self) -> list[Output]:
        """The outputs under the names of the layers that they come from, and what they mean."""
        return [
            described(tensor, reader.head, explained=reader is self.class_scores)
            for tensor, reader in zip(self._output_tensors, self.readers, strict=True)
        ]

    def _check_names(self, output: str | None) -> None:
        outputs, inputs = [x.name for x in self._output_tensors], [x.name for x in self.inputs]
        if output is not None and output not in outputs:
            raise ModelError(f"The model has no output “{output}”; it has {_listed(outputs)}.")
        for name, value in self._other_inputs.items():
            if name not in inputs:
                raise ModelError(f"The model has no input “{name}”; it has {_listed(inputs)}.")
            if self.image_input and name == self.image_input.name:
                raise ModelError(f"The input “{name}” takes the image; no other value can be fed.")
            wanted = self._shapes[inputs.index(name)][1:]
            if tuple(value.shape) != wanted:
                raise ModelError(
                    f"The input “{name}” takes values of the shape {wanted}, without a batch "
                    f"axis; the file's are {tuple(value.shape)}."
                )

    # What the model is

    @property
    def head(self) -> Head | None:
        """The output that the report explains."""
        return self.class_scores.head if self.class_scores else None

    @cached_property
    def layers(self) -> list[Layer]:
        """Every layer in order of computation, the model's inputs first."""
        makers = {id(tensor): step.path for step in self.trace.steps for tensor in step.outputs}
        for symbol, info in zip(self.trace.inputs, self.inputs, strict=True):
            makers[id(symbol)] = info.name
        placed = [
            Placed(
                step.path,
                self.map_size(step.path),
                "Pool" in type(step.layer).__name__,
                step.parent,
            )
            for step in self.trace.steps
        ]
        blocks = blocks_of(placed)
        entries = [
            Layer(
                path=info.name,
                name=info.name,
                type="InputLayer",
                block="input",
                output_shape=list(symbol.shape),
                parameters=0,
                trainable_parameters=0,
                trainable=False,
                inputs=[],
                channels=None,
                spatial=False,
                convolution=False,
                passes_through=False,
                position=self._position(info.name),
            )
            for info, symbol in zip(self.inputs, self.trace.inputs, strict=True)
        ]
        return entries + [
            self._describe(step, block, makers)
            for step, block in zip(self.trace.steps, blocks, strict=True)
        ]

    def _describe(self, step: Step, block: str, makers: Mapping[int, str]) -> Layer:
        counted = not step.repeated and isinstance(step.layer, keras.layers.Layer)
        weights = step.counted.weights if counted else []
        trainable = step.counted.trainable_weights if counted else []
        size = self.map_size(step.path)
        return Layer(
            path=step.path,
            name=step.layer.name,
            type=type(step.layer).__name__,
            block=block,
            output_shape=list(step.outputs[0].shape) if step.outputs else [],
            parameters=_count(weights),
            trainable_parameters=_count(trainable),
            trainable=bool(trainable),
            inputs=list(dict.fromkeys(makers[id(x)] for x in step.inputs if id(x) in makers)),
            channels=self.map_channels(step.path),
            spatial=size is not None,
            map_size=list(size) if size else None,
            convolution=isinstance(step.layer, _CONVOLUTIONS) and not step.repeated,
            passes_through=type(step.layer).__name__ in _PASSING_WHEN_PREDICTING,
            wrapper=step.wrapper or None,
            cells=self._cells(step.path, size) if size else None,
            makes_zeros=makes_zeros(step),
            origin=self._origin(step.path),
            position=self._position(step.path),
        )

    def _origin(self, path: str) -> str | None:
        origin = self._origins[path]
        return origin if has_filters(self._steps[origin].layer) else None

    @cached_property
    def _origins(self) -> Mapping[str, str]:
        return origins(self.trace)

    def _cells(self, path: str, size: tuple[int, int]) -> Cells:
        grid = self.receptive_fields.grid(path, size)
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
        return next((i for i, one in enumerate(self.model.layers) if one.name == name), None)

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
        return _count(self.model.trainable_weights)

    @cached_property
    def explained(self) -> Explained:
        """The layer whose maps Grad-CAM takes when none is chosen, and why."""
        if self.class_scores is None:
            return Explained(None, "the model has no output of its own")
        at = self._image_position
        image = None if at is None else self.trace.inputs[at]
        finder = ExplainedLayer(
            self.trace, self.places, self._layout, _PASSING_WHEN_PREDICTING, image
        )
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
        found = [
            f"The layer “{path}” is set to {self._steps[path].layer.data_format}, against the rest "
            "of the network: its maps are shown as the network lays them out, and it mixes "
            "channels with rows or columns."
            for path in self.places.disagreeing
        ]
        found += [
            f"The layer “{path}” ({type(self._steps[path].layer).__name__}) mirrors, rotates or "
            "shifts the picture: maps and heatmaps of the layers behind it lie as the network sees "
            "them, not as on the photo."
            for path in self.places.turning
        ]
        found += self._several_outputs()
        declared = next(one for one in self.inputs if one.name == self.image_input.name)
        if self.image_input.layout == "THWC" and declared.shape[1] is None:
            found.append(
                "The model takes any number of frames: each image is fed as a clip of one frame."
            )
        if None in sides_of(declared.shape, self.image_input.layout) and not self._size_given:
            height, width = self.image_input.height, self.image_input.width
            found.append(
                f"The model's input size is open: {height} × {width} pixels are assumed; "
                "--input-size chooses another."
            )
        return found

    def _several_outputs(self) -> list[str]:
        """Which of several outputs is explained, where the user did not say."""
        if self.head is None or len(self.readers) < 2 or self._output_given:
            return []
        others = ", ".join(f"“{one.head.name}”" for one in self.readers if one.head != self.head)
        return [
            f"The model has {len(self.readers)} outputs: “{self.head.name}” is explained "
            f"({self.head.kind}); --output chooses another ({others})."
        ]

    @property
    def skipped(self) -> list[Skipped]:
        """Inputs that are not the image and get zeros."""
        image = self.image_input.name if self.image_input else None
        return [
            Skipped(what="input", name=one.name, reason="it is not the image; zeros are fed to it")
            for one in self.inputs
            if image is not None and one.name != image and one.name not in self._other_inputs
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
            "_origins",
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
        entry = []
        for step in self.trace.steps:
            # A frozen layer has learnt too; only Normalization has weights that are preprocessing.
            learnt = isinstance(step.layer, keras.layers.Layer) and bool(step.layer.weights)
            if learnt and not isinstance(step.layer, keras.layers.Normalization):
                break
            lowest, highest = _values_made_for(step.layer)
            entry.append(EntryLayer(step.path, type(step.layer).__name__, highest, lowest))
        nested = [self.model.name, *(part for path in self._steps for part in path.split("/")[:-1])]
        return detect(
            application=self._application,
            entry=entry,
            names=[path.rpartition("/")[2] for path in self._steps],
            nested=list(dict.fromkeys(nested)),
        )

    # What the model computes

    def feed(self, values: Any) -> list[Any]:
        """All inputs of the model for preprocessed images (N, H, W, C), or clips (N, T, H, W, C).

        The image is brought to the layout of its input; other inputs get the values given for
        them, zeros otherwise.
        """
        count = ops.shape(values)[0]
        inputs = []
        for symbol, info in zip(self.trace.inputs, self.inputs, strict=True):
            if self.image_input and info.name == self.image_input.name:
                inputs.append(ops.cast(_laid_out(values, self.image_input, symbol), symbol.dtype))
            elif info.name in self._other_inputs:
                one = ops.cast(self._other_inputs[info.name], symbol.dtype)
                inputs.append(ops.broadcast_to(one[None], (count, *one.shape)))
            else:
                rest = [size or 1 for size in symbol.shape[1:]]
                inputs.append(ops.zeros((count, *rest), symbol.dtype))
        return inputs

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
        found = (self.maps(one[0], path) for one in (behind, before))
        wanted = ops.arange(ops.shape(channels)[0], dtype="int32") if slimmed else channels
        first, second = (picked(one, wanted) for one in found)
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
        if layout is None or layout.height * layout.width == 1:
            return None
        return layout.height, layout.width

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
        return next((at for at, one in enumerate(self.inputs) if one.name == name), None)

    def kernel(self, path: str) -> npt.NDArray[np.float32]:
        """The weights of a convolution layer: (height, width, channels of its input, filters).

        A depthwise convolution has filters of one input channel each. Of a separable one it is the
        plain convolution that does the same.
        """
        layer = self._steps[path].layer
        if isinstance(layer, keras.layers.SeparableConv2D):
            depth, point = (_array(one) for one in layer.weights[:2])
            inputs, multiplier = depth.shape[2:]
            point = point.reshape(inputs, multiplier, -1)
            return np.asarray(np.einsum("hwim,imo->hwio", depth, point))
        kernel = _array(layer.kernel)
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            return kernel.reshape(*kernel.shape[:2], 1, -1)
        if isinstance(layer, keras.layers.Conv2DTranspose):
            return kernel.transpose(0, 1, 3, 2)
        return kernel

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


def _array(weight: Any) -> npt.NDArray[np.float32]:
    return np.asarray(keras.ops.convert_to_numpy(weight), np.float32)


def _values_made_for(layer: Any) -> tuple[float | None, float | None]:
    """The pixel values that a layer which rescales brings to -1 (or 0) and 1.

    Of one that normalises those a deviation below and two above the mean; dark pictures, such as
    digits on black, have their mean close to the lowest value.
    """
    if isinstance(layer, keras.layers.Rescaling):
        scale = np.asarray(layer.scale, np.float64)
        offset = np.asarray(layer.offset, np.float64)
        if np.isfinite(scale).all() and (scale > 0).all():
            lowest = np.where(offset < 0, -1.0, 0.0)
            return float(np.min((lowest - offset) / scale)), float(np.max((1 - offset) / scale))
    if isinstance(layer, keras.layers.Normalization):
        mean, variance = (getattr(layer, name, None) for name in ("mean", "variance"))
        if mean is not None and variance is not None:
            spread = np.sqrt(np.asarray(variance))
            return float(np.min(mean - spread)), float(np.max(mean + 2 * spread))
    return None, None


def _described(tensors: Sequence[Any], names: Sequence[str]) -> list[TensorInfo]:
    return [
        TensorInfo(name=name, shape=list(tensor.shape), dtype=str(tensor.dtype))
        for tensor, name in zip(tensors, names, strict=True)
    ]


def _count(weights: Sequence[Any]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _laid_out(values: Any, image: ImageInput, symbol: Any) -> Any:
    if image.layout == "HW":
        return values[..., 0]
    if image.layout == "CHW":
        return ops.transpose(values, (0, 3, 1, 2))
    if image.layout == "THWC" and len(values.shape) == 4:
        frames = int(symbol.shape[1] or 1)
        return ops.repeat(values[:, None], frames, axis=1)
    return values
