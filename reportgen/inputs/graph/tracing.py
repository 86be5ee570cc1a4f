"""Trace a Keras model of any nesting into one flat list of steps that shares its weights.

A functional graph is walked once on symbolic tensors; nested models are entered, every other layer
becomes a step with a path. The steps are then run on real tensors, up to the layers asked for.
This is the only module that touches `Function._run_through_graph`, which Keras keeps private.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
from keras import KerasTensor

from reportgen.errors import ModelError
from reportgen.inputs.graph.both_ways import Bidirectional
from reportgen.inputs.graph.steps import Step, unfolded

Observer = Callable[[str, Any], Any]


def output_path(index: int) -> str:
    """What stands for the model's output of this number among the paths of layers."""
    return f"→{index}"


class Paths:
    """Hands out layer paths; a path that is taken gets "#2", "#3" and so on."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, wanted: str) -> str:
        """The path wanted, or with the first number that is free."""
        path, count = wanted, 1
        while path in self._taken:
            count += 1
            path = f"{wanted}#{count}"
        self._taken.add(path)
        return path


@dataclass(frozen=True, eq=False)
class Trace:
    """A flat network: symbolic inputs, steps in the order of computation, symbolic outputs."""

    inputs: tuple[KerasTensor, ...]
    steps: tuple[Step, ...]
    outputs: tuple[KerasTensor, ...]

    def needed(self, paths: Iterable[str]) -> list[Step]:
        """The steps that the outputs of the layers at `paths` depend on, in order.

        The model's own outputs are called by `output_path`.
        """
        maker = {id(tensor): step for step in self.steps for tensor in step.outputs}
        by_path = {step.path: step for step in self.steps}
        by_path |= {
            output_path(at): maker[id(tensor)]
            for at, tensor in enumerate(self.outputs)
            if id(tensor) in maker
        }
        waiting = [by_path[path] for path in paths if path in by_path or not path.startswith("→")]
        found: set[str] = set()
        while waiting:
            step = waiting.pop()
            if step.path not in found:
                found.add(step.path)
                waiting += [maker[id(x)] for x in step.inputs if id(x) in maker]
        return [step for step in self.steps if step.path in found]

    def run(
        self,
        inputs: Sequence[Any],
        paths: Sequence[str],
        observe: Observer | None = None,
        calls: Mapping[str, Callable[..., Any]] | None = None,
    ) -> tuple[list[Any], list[Any]]:
        """Outputs of the layers at `paths`, behind and before their activation functions.

        `inputs` are real tensors, one for each symbolic input. Where a layer has no activation
        function of its own, the two are the same. `observe` is called with the path and the first
        output of every layer as soon as it is computed, and returns the output to go on with (a
        gradient tape can watch it there).
        `calls` has functions to call instead of some layers, by path.
        """
        values = {id(symbol): value for symbol, value in zip(self.inputs, inputs, strict=True)}
        before: dict[str, Any] = {}
        steps = self.needed(paths)
        for step in steps:
            step.run(values, before, (calls or {}).get(step.path))
            if observe is not None:
                first = id(step.outputs[0])
                values[first] = observe(step.path, values[first])
        known = {step.path: values[id(step.outputs[0])] for step in steps}
        for at, tensor in enumerate(self.outputs):
            if id(tensor) in values:
                known[output_path(at)] = before[output_path(at)] = values[id(tensor)]
        behind = [known[path] for path in paths]
        return behind, [keras.tree.flatten(before[path])[0] for path in paths]


def trace(model: Any, shapes: Sequence[tuple[int | None, ...]], *, partial: bool = False) -> Trace:
    """Trace a functional or Sequential model on inputs of the given shapes (batch axis first).

    With `partial`, layers that the shapes do not fit are left out with all that follow, and the
    trace has no outputs then.

    Raises ModelError when the model is no graph of layers, or when the shapes do not fit it.
    """
    graph = _graph_of(model)
    if graph is None:
        raise ModelError(f"The model “{model.name}” is no graph of layers.")
    symbols = tuple(
        KerasTensor(shape, dtype=tensor.dtype, name=tensor.name)
        for shape, tensor in zip(shapes, graph.inputs, strict=True)
    )
    walker = _Walker()
    try:
        outputs = walker.walk(graph, symbols, "")
    except Exception as error:
        if partial:
            return Trace(symbols, tuple(walker.steps), ())
        reason = str(error).strip().splitlines()[0]
        sizes = " and ".join("×".join(str(n) for n in shape[1:]) for shape in shapes)
        raise ModelError(
            f"The model “{model.name}” cannot be computed on an input of {sizes}: {reason}"
        ) from error
    flat = tuple(keras.tree.flatten(outputs))
    return Trace(symbols, tuple(walker.steps), flat)


def _graph_of(layer: Any) -> Any:
    """The functional graph inside a model, None for a layer or a model with its own `call`."""
    if isinstance(layer, keras.Sequential) and type(layer).call is keras.Sequential.call:
        return layer._functional if layer.built else None
    functional = keras.src.models.functional.Functional
    if isinstance(layer, functional) and type(layer).call is functional.call:
        return layer
    return None


def has_graph(model: Any) -> bool:
    """Whether the model is a graph of layers, not Python code of its own."""
    return _graph_of(model) is not None


class _Walker:
    """Walks a graph of layers, entering nested models and wrappers; notes every call of a layer."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._paths = Paths()
        self._seen: set[int] = set()

    def walk(
        self,
        graph: Any,
        inputs: Sequence[KerasTensor],
        prefix: str,
        frames: int = 0,
        wrapper: str = "",
    ) -> Any:
        """Call the layers of a graph; `frames` and `wrapper` as in `Step`."""

        def operation(layer: Any) -> Callable[..., Any]:
            place = _Place(prefix, prefix.removesuffix("/"), frames, wrapper)
            return lambda *args, **kwargs: self._call(layer, place, args, kwargs)

        return graph._run_through_graph(list(inputs), operation_fn=operation)

    def _call(
        self, layer: Any, place: "_Place", args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        path = self._paths.new(f"{place.prefix}{layer.name}")
        frames = place.frames
        if isinstance(layer, keras.Sequential) and not layer.built:
            layer.build((args[0].shape[0], *args[0].shape[1 + frames :]))
        graph = _graph_of(layer)
        if graph is not None:
            inputs = [x for x in keras.tree.flatten(args) if isinstance(x, KerasTensor)]
            outputs = self.walk(graph, inputs, f"{path}/", frames, place.wrapper)
            return outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else outputs
        inside = replace(place, prefix=f"{path}/", wrapper=type(layer).__name__)
        if isinstance(layer, keras.layers.TimeDistributed) and _frames_known(args, frames):
            inside = replace(inside, frames=frames + 1)
            return self._call(layer.layer, inside, args[:1], {})
        if isinstance(layer, keras.layers.SpectralNormalization):
            inside = replace(inside, owner=place.owner or layer)
            return self._call(layer.layer, inside, args[:1], {})
        if isinstance(layer, keras.layers.Bidirectional) and "initial_state" not in kwargs:
            return self._both_ways(layer, path, place, args)
        if "training" in kwargs:
            kwargs["training"] = False
        return self._note(path, layer, place, args, kwargs)

    def _note(
        self,
        path: str,
        layer: Any,
        place: "_Place",
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Add the step of a layer's call; returns its symbolic outputs."""
        repeated = id(layer) in self._seen
        step = Step(path, layer, args, kwargs, (), repeated, place.frames, place.owner,
                    place.parent, place.wrapper)  # fmt: skip
        if place.frames:
            inner, named, sizes = step.folded(args, kwargs)
            outputs = unfolded(layer(*inner, **named), sizes)
        else:
            outputs = layer(*args, **kwargs)
        self.steps.append(replace(step, outputs=tuple(keras.tree.flatten(outputs))))
        self._seen.add(id(layer))
        return outputs

    def _both_ways(self, layer: Any, path: str, place: "_Place", args: tuple[Any, ...]) -> Any:
        """The two layers inside Bidirectional, and what joins their outputs."""
        inside = replace(place, prefix=f"{path}/", owner=None, wrapper="Bidirectional")
        ways = [
            self._call(direction, inside, args[:1], {})
            for direction in (layer.forward_layer, layer.backward_layer)
        ]
        return self._note(path, Bidirectional(layer), place, tuple(ways), {})


@dataclass(frozen=True)
class _Place:
    """Where a layer stands: the prefix of its path, its model, its frames, its outer wrapper."""

    prefix: str
    parent: str
    frames: int = 0
    wrapper: str = ""
    owner: Any = None


def _frames_known(args: tuple[Any, ...], frames: int) -> bool:
    """Whether the input of a TimeDistributed layer says how many frames it has."""
    return isinstance(args[0], KerasTensor) and args[0].shape[1 + frames] is not None
