"""Making and calling single layers: bounded work, errors that say where."""

import re
from collections.abc import Callable
from typing import Any

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.layers import (
    ArgumentReader,
    build_custom,
    count_weights,
    is_custom,
    layer_class,
    operation_class,
)
from reportgen.inputs.model_files.limits import MOST_CALLS, MOST_LAYERS, WeightBudget, check_output
from reportgen.inputs.model_files.migration.rule import (
    MODEL_CLASSES,
    Node,
    class_name,
    settings,
    stored_name,
)
from reportgen.inputs.model_files.naming import OperationNames, help_for, unique_names
from reportgen.inputs.model_files.parts import Part, UnknownLayersError
from reportgen.inputs.model_files.tensorflow_operations import tensorflow_operation
from reportgen.inputs.model_files.user_code import Replacement, replacement_for
from reportgen.printable import quoted

MakeModel = Callable[[Node, str], Part]
"""Builds a nested model under a name."""


class LayerMaker:
    """Makes one file's layers, and counts what they cost.

    `make_model` builds the nested models; whoever puts models together sets it.

    `replaced` collects the replacements that were used, by the name or glob that they were given,
    `notes` sentences for the report, `renamed` tells whether a layer has another name than in the
    file.
    """

    def __init__(
        self,
        file_name: str,
        budget: WeightBudget,
        custom: dict[str, Any],
        replacements: dict[str, Replacement],
    ) -> None:
        self.file_name = file_name
        self.budget = budget
        self.custom = custom
        self.replacements = replacements
        self.make_model: MakeModel
        self.arguments = ArgumentReader(file_name, custom, budget)
        self.notes: list[str] = []
        self.replaced: set[str] = set()
        self.renamed = False
        self._layers_made = 0
        self._calls = 0
        self._operations = OperationNames()
        self._costs: dict[int, int] = {}

    def make_all(self, nodes: list[Node]) -> tuple[dict[str, Part], dict[str, str]]:
        """Every layer that can be made, and for each of the others a sentence with the reason.

        Inputs are no layers here. Raises `ModelFileError` for two layers of one name, and for a
        layer that cannot be made although its class is known.
        """
        names = unique_names(nodes)
        self._operations.take(names)
        made: dict[str, Part] = {}
        missing: dict[str, str] = {}
        for node in nodes:
            key = stored_name(node)
            if class_name(node) == "InputLayer":
                continue
            if key in made or key in missing:
                raise ModelFileError(f"{self.file_name} has two layers called {quoted(key[:80])}.")
            self.renamed |= names[key] != key
            try:
                made[key] = self._make_counted(node, names[key])
            except UnknownLayersError as error:
                missing[key] = "; ".join(error.reasons.values())
        return made, missing

    def _make_counted(self, node: Node, name: str) -> Part:
        """One layer, and how many calls one call of it will cost: as many as making it took."""
        before = self._calls
        part = self._make(node, name)
        self._costs[id(part.layer)] = max(self._calls - before, 1)
        return part

    def _make(self, node: Node, name: str) -> Part:
        self._layers_made += 1
        if self._layers_made > MOST_LAYERS:
            raise ModelFileError(f"{self.file_name} has more layers than any network needs.")
        key = stored_name(node)
        type_name = class_name(node)
        replacement = replacement_for(key, self.replacements)
        if replacement is not None:
            return Part(key, type_name, self._replace(replacement, node, name))
        if is_custom(node, self.custom):
            layer = self.guarded(key, lambda: build_custom(node, self.custom, name))
            return Part(key, type_name, layer)
        if type_name in MODEL_CLASSES or "output_layers" in settings(node):
            return self.make_model(node, name)
        function = tensorflow_operation(node)
        if function is not None:
            return Part(key, type_name, function)
        operation = operation_class(node)
        cls = operation or layer_class(type_name, self.custom)
        if cls is None:
            raise UnknownLayersError(self.file_name, {key: help_for(key, type_name)})
        arguments = self.guarded(key, lambda: self.arguments.arguments(cls, node, self._inner))
        if operation is None:
            arguments["name"] = name
        layer = self.guarded(key, lambda: cls(**arguments))
        count_weights(layer, self.budget)
        return Part(key, type_name, layer)

    def _inner(self, node: Node) -> Any:
        """A layer that is a setting of another layer, as in TimeDistributed."""
        return self._make_counted(node, unique_names([node])[stored_name(node)]).layer

    def _replace(self, replacement: Replacement, node: Node, name: str) -> Any:
        key = stored_name(node)
        self.replaced.add(replacement.layer)
        self.notes.append(
            f"the layer {quoted(key[:80])} ({class_name(node)[:60]}) was replaced by"
            f" {replacement.meaning}"
        )
        return self.guarded(key, lambda: replacement.build(name))

    def call(self, layer: Any, key: str, args: list[Any], kwargs: Node) -> Any:
        """Call a layer on symbolic tensors; raises `ModelFileError` for an output beyond memory.

        A nested model runs all its layers at every call: models nested in models, each called ten
        times, would take forever, so calls are counted.
        """
        import keras

        self.count_call(layer)
        outputs = self.guarded(key, lambda: layer(*args, **kwargs))
        if not isinstance(layer, keras.layers.Layer):
            self._operations.give(key, outputs)
        for tensor in keras.tree.flatten(outputs):
            check_output(getattr(tensor, "shape", ()), key, self.file_name)
        if isinstance(layer, keras.Sequential):
            for inner in layer.layers:  # that was built by this call, if it was not before
                check_output(getattr(inner.output, "shape", ()), inner.name, self.file_name)
        return outputs

    def count_call(self, layer: Any) -> None:
        """Count one call of a layer; raises `ModelFileError` when there are too many."""
        self._calls += self._costs.get(id(layer), 1)
        if self._calls > MOST_CALLS:
            raise ModelFileError(f"{self.file_name} calls more layers than any network needs.")

    def guarded(self, key: str, make: Callable[[], Any]) -> Any:
        """Run one step; whatever Keras raises becomes a sentence that names the layer."""
        try:
            return make()
        except ModelFileError as error:
            if self.budget.refusal is not None and str(error) != self.budget.refusal:
                raise ModelFileError(self.budget.refusal) from error
            raise
        except Exception as error:
            if self.budget.refusal is not None:
                raise ModelFileError(self.budget.refusal) from error
            raise ModelFileError(
                f"{self.file_name}: the layer {quoted(key[:80])} cannot be built: {_reason(error)}"
            ) from error


def _reason(error: Exception) -> str:
    """What an error says, on one line, without the colours and the arguments that Keras adds."""
    said = re.sub(r"\x1b\[[\d;]*m", "", str(error)).partition("Arguments received by")[0]
    return " ".join(said.split())[:240] or type(error).__name__
