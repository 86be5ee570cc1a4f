"""Trace a subclassed model, whose graph is Python code, by running it and noting every layer call.

The layers are those found when one image runs through the model. Each later run calls the model
again and stops as soon as the layers asked for are computed.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import KerasTensor

from reportgen.errors import ModelError
from reportgen.inputs.graph.steps import Step
from reportgen.inputs.graph.tracing import Observer, Paths, Trace, output_path

OnCall = Callable[[str, Any, tuple[Any, ...], dict[str, Any], Any, Any], Any]
"""Takes path, layer, arguments, keywords, and the outputs behind and before the activation.

Returns the outputs behind it to go on with."""


class _Done(BaseException):
    """Ends a run early; no Exception, so that Keras does not wrap it."""


def input_tensors(model: Any, size: tuple[int, int] | None) -> list[KerasTensor]:
    """The model's symbolic inputs; for a subclassed model one of the shape that it was built with.

    Raises ModelError when neither the model nor `size` (height, width) tells the shape.
    """
    if getattr(model, "inputs", None):
        return list(model.inputs)
    shape = (getattr(model, "_build_shapes_dict", None) or {}).get("input_shape")
    if isinstance(shape, list | tuple) and all(n is None or isinstance(n, int) for n in shape):
        return [KerasTensor((None, *shape[1:]), name="input")]
    if size is not None:
        return [KerasTensor((None, *size, 3), name="input")]
    raise ModelError(
        f"The subclassed model “{model.name}” does not say which images it takes; give their size "
        "with --input-size HEIGHTxWIDTH."
    )


@dataclass(frozen=True, eq=False)
class RecordedTrace(Trace):
    """The layers that were called when one image ran through a subclassed model."""

    model: Any

    def needed(self, paths: Iterable[str]) -> list[Step]:
        """All steps up to the last of `paths`: what lies between layers is not known."""
        wanted = set(paths)
        if any(path.startswith("→") for path in wanted):
            return list(self.steps)
        last = max((i for i, s in enumerate(self.steps) if s.path in wanted), default=-1)
        return list(self.steps[: last + 1])

    def run(
        self,
        inputs: Sequence[Any],
        paths: Sequence[str],
        observe: Observer | None = None,
        calls: Mapping[str, Callable[..., Any]] | None = None,
    ) -> tuple[list[Any], list[Any]]:
        """As `Trace.run`, by running the model up to the last layer asked for."""
        found: dict[str, tuple[Any, Any]] = {}
        missing = set(paths)

        def on_call(path: str, _l: Any, _a: Any, _k: Any, behind: Any, before: Any) -> Any:
            first, *others = keras.tree.flatten(behind)
            if observe is not None:
                first = observe(path, first)
                behind = keras.tree.pack_sequence_as(behind, [first, *others])
            if path in missing:
                found[path] = (first, keras.tree.flatten(before)[0])
                missing.discard(path)
            if not missing:
                raise _Done
            return behind

        with _listening(self.model, on_call, calls), contextlib.suppress(_Done):
            whole = self.model(inputs[0] if len(inputs) == 1 else list(inputs), training=False)
            for at, value in enumerate(keras.tree.flatten(whole)):
                found[output_path(at)] = (value, value)
        return [found[path][0] for path in paths], [found[path][1] for path in paths]


def record(
    model: Any, shapes: Sequence[tuple[int | None, ...]], *, partial: bool = False
) -> RecordedTrace:
    """Run one black image through the model and note every layer's call.

    With `partial`, an error in the model ends the trace there. Raises ModelError otherwise.
    """
    symbols = tuple(KerasTensor(shape, name=f"input_{i}") for i, shape in enumerate(shapes))
    values = [keras.ops.zeros([1, *(n or 1 for n in shape[1:])]) for shape in shapes]
    known: dict[int, KerasTensor] = {
        id(value): symbol for value, symbol in zip(values, symbols, strict=True)
    }
    kept: list[Any] = list(values)  # alive, so that no other tensor gets the same id
    steps: list[Step] = []
    seen: set[int] = set()

    def symbol_of(tensor: Any) -> KerasTensor:
        kept.append(tensor)
        symbol = KerasTensor((None, *tensor.shape[1:]), dtype=str(tensor.dtype.name))
        return known.setdefault(id(tensor), symbol)

    def on_call(path: str, layer: Any, args: Any, kwargs: Any, behind: Any, _: Any) -> Any:
        feeding = [known.get(id(x), x) for x in keras.tree.flatten((args, kwargs))]
        arguments = tuple(x for x in feeding if isinstance(x, KerasTensor))
        outputs = tuple(symbol_of(x) for x in keras.tree.flatten(behind))
        steps.append(Step(path, layer, arguments, {}, outputs, id(layer) in seen))
        seen.add(id(layer))
        return behind

    try:
        with _listening(model, on_call):
            outputs = model(values[0] if len(values) == 1 else values, training=False)
    except Exception as error:
        if partial:
            return RecordedTrace(symbols, tuple(steps), (), model)
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"The subclassed model “{model.name}” does not run on an image: {reason}"
        ) from error
    flat = tuple(symbol_of(x) for x in keras.tree.flatten(outputs))
    return RecordedTrace(symbols, tuple(steps), flat, model)


@contextlib.contextmanager
def _listening(
    model: Any, on_call: OnCall, calls: Mapping[str, Callable[..., Any]] | None = None
) -> Iterator[None]:
    """While the block runs, tell `on_call` of every call of one of the model's layers.

    `calls` has functions to call instead of some layers, by path.
    """
    listener = _Listener(on_call, calls or {})
    layers = list(model._flatten_layers(include_self=False, recursive=True))
    listened = [layer for layer in layers if "call" not in vars(layer)]
    for layer in listened:
        object.__setattr__(layer, "call", listener.wrap(layer, layer.call))
    try:
        yield
    finally:
        for layer in listened:
            object.__delattr__(layer, "call")


class _Listener:
    """Wraps layers' `call`; knows the path of the containers that are being called."""

    def __init__(self, on_call: OnCall, calls: Mapping[str, Callable[..., Any]]) -> None:
        self._on_call = on_call
        self._calls = calls
        self._prefix = ""
        self._inside = False
        self._paths = Paths()

    def wrap(self, layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, as a container that is entered or as a layer that is told."""
        enter = isinstance(layer, keras.Model) or not type(layer).__module__.startswith("keras.")
        inner = layer._flatten_layers(include_self=False, recursive=True)
        is_container = enter and any(True for _ in inner)
        method = self._container if is_container else self._leaf

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            return call(*args, **kwargs) if self._inside else method(layer, call, args, kwargs)

        return wrapped

    def _container(self, layer: Any, call: Any, args: Any, kwargs: Any) -> Any:
        outer = self._prefix
        self._prefix = f"{self._paths.new(f'{self._prefix}{layer.name}')}/"
        try:
            return call(*args, **kwargs)
        finally:
            self._prefix = outer

    def _leaf(self, layer: Any, call: Any, args: Any, kwargs: Any) -> Any:
        path = self._paths.new(f"{self._prefix}{layer.name}")
        call = self._calls.get(path, call)
        step = Step(path, layer, args, kwargs, (), repeated=False)
        self._inside = True
        try:
            behind, before = step.split(call, args, kwargs)
        finally:
            self._inside = False
        return self._on_call(path, layer, args, kwargs, behind, before)
