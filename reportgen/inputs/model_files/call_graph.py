"""The calls of a Functional model, made in whatever order their inputs become available."""

from collections.abc import Callable
from typing import Any

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.migration.graph import is_reference, map_references
from reportgen.inputs.model_files.migration.rule import Node, class_name, stored_name
from reportgen.printable import quoted


class _NotYetError(Exception):
    """A tensor that no call has produced so far."""


class CallGraph:
    """Tensors by layer name and call; filled by `run`."""

    def __init__(self, file_name: str, nodes: list[Node]) -> None:
        self.file_name = file_name
        self.waiting: dict[str, list[Node]] = {}
        self.tensors: dict[str, list[Any]] = {}
        for node in nodes:
            key = stored_name(node)
            calls = node.get("inbound_nodes")
            if class_name(node) != "InputLayer":
                self.waiting[key] = list(calls) if isinstance(calls, list) else []

    def give(self, key: str, tensor: Any) -> None:
        """An input's tensor."""
        self.tensors[key] = [tensor]

    def run(self, layers: dict[str, Any], call: Callable[[str, list[Any], Node], Any]) -> None:
        """Make every call whose inputs exist, until nothing more can be made."""
        progress = True
        while progress:
            progress = False
            for key in list(self.waiting):
                if key in layers:
                    progress |= self._run_layer(key, call)

    def _run_layer(self, key: str, call: Callable[[str, list[Any], Node], Any]) -> bool:
        progress = False
        calls = self.waiting[key]
        while calls:
            if not isinstance(calls[0], dict):
                raise ModelFileError(
                    f"{self.file_name}: the layer {quoted(key[:80])} is called wrongly."
                )
            try:
                args = self.resolve_arguments(calls[0].get("args", []), key)
                kwargs = self.resolve_arguments(calls[0].get("kwargs", {}), key)
            except _NotYetError:
                return progress
            if not isinstance(args, list) or not isinstance(kwargs, dict):
                raise ModelFileError(
                    f"{self.file_name}: the layer {quoted(key[:80])} is called wrongly."
                )
            self.tensors.setdefault(key, []).append(call(key, args, kwargs))
            calls.pop(0)
            progress = True
        del self.waiting[key]
        return True

    def unreached(self) -> set[str]:
        """Layers with a call that could not be made."""
        return set(self.waiting)

    def is_operation(self, key: str, made: dict[str, Any]) -> bool:
        """Whether this node of the graph is an operation, which is no layer and has no weights."""
        import keras

        return key in made and not isinstance(made[key].layer, keras.layers.Layer)

    def resolve_arguments(self, value: Any, key: str) -> Any:
        """Stored arguments with every tensor and every stored value in them made real."""
        if isinstance(value, list):
            return [self.resolve_arguments(item, key) for item in value]
        if not isinstance(value, dict):
            return value
        name = value.get("class_name")
        config = value.get("config")
        if name == "__keras_tensor__" and isinstance(config, dict):
            return self.tensor(config.get("keras_history"))
        if name is None:
            return {item: self.resolve_arguments(inner, key) for item, inner in value.items()}
        return self._stored_value(str(name), config, key)

    def _stored_value(self, name: str, config: Any, key: str) -> Any:
        import numpy as np

        inner = config if isinstance(config, dict) else {}
        if name == "__ellipsis__":
            return Ellipsis
        if name == "__slice__":
            return slice(*(inner.get(item) for item in ("start", "stop", "step")))
        if name in {"__tensor__", "__numpy__"} and isinstance(inner.get("dtype"), str):
            try:
                return np.array(inner.get("value"), dtype=inner["dtype"])
            except (TypeError, ValueError) as error:
                raise ModelFileError(
                    f"{self.file_name}: the layer {quoted(key[:80])} is called with a broken array."
                ) from error
        if name in {"DType", "DTypePolicy"}:
            return inner.get("name")
        raise ModelFileError(
            f"{self.file_name}: the layer {quoted(key[:80])} is called with an object of the class"
            f" {quoted(name[:60])}, which is not part of Keras."
        )

    def tensor(self, reference: Any) -> Any:
        """The tensor that [layer, call, output] means."""
        import keras

        if not is_reference(reference):
            raise ModelFileError(f"{self.file_name} has a broken connection between its layers.")
        name, call, output = reference[:3]
        if name not in self.tensors and name not in self.waiting:
            raise ModelFileError(
                f"{self.file_name} refers to a layer {quoted(name[:80])} that it lacks."
            )
        calls = self.tensors.get(name, [])
        if not 0 <= call < len(calls):
            raise _NotYetError
        outputs = keras.tree.flatten(calls[call])
        if not 0 <= output < len(outputs):
            raise ModelFileError(
                f"{self.file_name}: the layer {quoted(name[:80])} has no output {output}."
            )
        # A call that gives back one tensor in a list is meant by its only member.
        return outputs[output]

    def resolve(self, references: Any) -> Any:
        """The tensors of `input_layers` or `output_layers`, in the same structure."""
        try:
            found = map_references(references, self.tensor)
        except _NotYetError as error:
            raise ModelFileError(
                f"{self.file_name} has an output that nothing computes."
            ) from error
        if isinstance(found, list | dict | type(None)) and not found:
            raise ModelFileError(f"{self.file_name} has a network without inputs or outputs.")
        return found

    def inputs_of(self, ends: Any, inputs: dict[str, Any]) -> list[Any]:
        """The inputs that `ends` depend on."""
        import keras

        needed: set[int] = set()
        seen: set[int] = set()
        stack = list(keras.tree.flatten(ends))
        while stack:
            tensor = stack.pop()
            if id(tensor) in seen:
                continue
            seen.add(id(tensor))
            layer, node_index, _ = tensor._keras_history  # Keras has no public way up the graph
            before = layer._inbound_nodes[node_index].input_tensors
            if not before:
                needed.add(id(tensor))
            stack.extend(before)
        return [tensor for tensor in inputs.values() if id(tensor) in needed]
