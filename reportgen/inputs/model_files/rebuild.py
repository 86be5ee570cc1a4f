"""A migrated configuration becomes a Keras model: built layer by layer, nothing in it is run.

Keras's own `from_config` is not used for models: it would allocate whatever a hostile file asks
for before anything could be checked, it trusts more of a file than is needed, it refuses most old
files, and it does not say which layer failed.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.call_graph import CallGraph
from reportgen.inputs.model_files.cutting import check_cut, cut_outputs
from reportgen.inputs.model_files.layers import (
    ArgumentReader,
    build_custom,
    hard_sigmoid_of_keras_2,
    is_custom,
    layer_class,
    operation_class,
)
from reportgen.inputs.model_files.limits import MOST_LAYERS, WeightBudget, check_output
from reportgen.inputs.model_files.migration.rule import (
    Node,
    class_name,
    layer_nodes,
    settings,
)
from reportgen.inputs.model_files.naming import clean_name, help_for, is_trainable, stored_name
from reportgen.inputs.model_files.parts import Part, UnknownLayersError
from reportgen.inputs.model_files.tensorflow_operations import tensorflow_operation
from reportgen.inputs.model_files.user_code import Replacement, check_replaced

if TYPE_CHECKING:
    import keras


class Rebuilder:
    """Builds one file's model; collects what the report should say about it."""

    def __init__(
        self,
        file_name: str,
        budget: WeightBudget,
        custom: dict[str, Any],
        replacements: dict[str, Replacement],
        input_shape: tuple[int | None, ...] | None = None,
    ) -> None:
        self.file_name = file_name
        self.budget = budget
        self.custom = custom
        self.replacements = replacements
        self.input_shape = input_shape
        self.arguments = ArgumentReader(file_name, custom, budget)
        self.notes: list[str] = []
        self.replaced: set[str] = set()
        self.layers_built = 0

    def build(self, root: Node) -> tuple["keras.Model", Part]:
        """The model that `root` describes, and its parts; raises `ModelFileError`."""
        import keras

        # Wrappers write their inner layer down and read it again: they must find what it holds.
        own = {
            "CountedZeros": self.budget.initializer_class(),
            "hard_sigmoid_of_keras_2": hard_sigmoid_of_keras_2,
        }
        with keras.saving.custom_object_scope({**self.custom, **own}):
            part = self._model(root, outermost=True)
        check_replaced(self.file_name, self.replacements, self.replaced, root)
        if self.arguments.dropped:
            dropped = ", ".join(sorted(self.arguments.dropped))
            self.notes.append(
                f"settings that today's layers no longer take were dropped ({dropped})"
            )
        return part.layer, part

    # --- models -----------------------------------------------------------------------------

    def _model(self, node: Node, *, outermost: bool = False) -> Part:
        config = settings(node)
        if not isinstance(config.get("layers"), list):
            raise ModelFileError(
                f"{self.file_name}: the model {str(config.get('name', ''))[:80]!r} has no list"
                " of layers."
            )
        if class_name(node) == "Sequential" or "output_layers" not in config:
            return self._sequential(node, outermost)
        return self._functional(node, outermost)

    def _sequential(self, node: Node, outermost: bool) -> Part:
        import keras

        config = settings(node)
        name = clean_name(config.get("name", "sequential"))
        nodes = layer_nodes(config)
        tensor = self._entry(node, nodes)
        made, missing = self._make_all(nodes)
        names = [stored_name(item) for item in nodes]
        first_missing = min((names.index(key) for key in missing), default=len(names))
        self._stop_or_cut(nodes, missing, set(names[first_missing:]), outermost)
        layers: list[Any] = [tensor]
        parts = []
        cut = False
        for layer_node in nodes:
            key = stored_name(layer_node)
            if class_name(layer_node) == "InputLayer":
                continue
            part = made.get(key)
            cut = cut or part is None
            if cut or part is None:
                parts.append(Part(key, class_name(layer_node), None))
                continue
            tensor = self._call(part.layer, key, [tensor], {})
            layers.append(part.layer)
            parts.append(part)
        model = self._guarded(
            name, lambda: keras.Sequential(layers, name=name, trainable=is_trainable(config))
        )
        if cut:
            self._note_cut(nodes, {part.name for part in parts if part.layer is None})
        return Part(str(config.get("name", "")), class_name(node), model, parts)

    def _entry(self, node: Node, nodes: list[Node]) -> Any:
        """The symbolic input of a Sequential model."""
        first = settings(nodes[0]) if nodes and class_name(nodes[0]) == "InputLayer" else {}
        shape = first.get("batch_shape")
        if shape is None:
            shape = settings(node).get("build_input_shape")
        if shape is None and isinstance(node.get("build_config"), dict):
            shape = node["build_config"].get("input_shape")
        if shape is None and self.input_shape is not None:
            shape = [None, *self.input_shape]
        return self._input(stored_name(nodes[0]) if first else None, shape, first)

    def _input(self, name: str | None, shape: Any, config: Node) -> Any:
        import keras

        if not isinstance(shape, list) or not shape:
            raise ModelFileError(
                f"{self.file_name} does not say how large its input is; give --input-size"
                " WIDTHxHEIGHT."
            )
        check_output([1, *shape[1:]], name or "input", self.file_name)
        dtype = config.get("dtype", "float32")
        return self._guarded(
            name or "input",
            lambda: keras.Input(
                batch_shape=tuple(shape),
                dtype=dtype if isinstance(dtype, str) else "float32",
                name=clean_name(name) if name else None,
            ),
        )

    def _functional(self, node: Node, outermost: bool) -> Part:
        import keras

        config = settings(node)
        name = clean_name(config.get("name", "model"))
        nodes = layer_nodes(config)
        graph = CallGraph(self.file_name, nodes)
        inputs = {
            stored_name(item): self._input(
                stored_name(item), settings(item).get("batch_shape"), settings(item)
            )
            for item in nodes
            if class_name(item) == "InputLayer"
        }
        made, missing = self._make_all(nodes)
        for key, tensor in inputs.items():
            graph.give(key, tensor)
        graph.run(
            {key: part.layer for key, part in made.items()},
            lambda key, args, kwargs: self._call(made[key].layer, key, args, kwargs),
        )
        unreached = {key for key in graph.unreached() if key not in inputs}
        self._stop_or_cut(nodes, missing, unreached, outermost)
        if unreached:
            ends = cut_outputs(self.file_name, graph, unreached, config.get("output_layers"))
            starts: Any = graph.inputs_of(ends, inputs)
            self._note_cut(nodes, unreached)
        else:
            ends = graph.resolve(config.get("output_layers"))
            starts = graph.resolve(config.get("input_layers"))
        model = self._guarded(
            name,
            lambda: keras.Model(starts, ends, name=name, trainable=is_trainable(config)),
        )
        parts = [
            made[stored_name(item)]
            if stored_name(item) in made and stored_name(item) not in unreached
            else Part(stored_name(item), class_name(item), None)
            for item in nodes
            if not graph.is_operation(stored_name(item), made)
        ]
        return Part(str(config.get("name", "")), class_name(node), model, parts)

    # --- layers -----------------------------------------------------------------------------

    def _make_all(self, nodes: list[Node]) -> tuple[dict[str, Part], dict[str, str]]:
        """Every layer that can be made, and for each of the others a sentence with the reason."""
        made: dict[str, Part] = {}
        missing: dict[str, str] = {}
        for node in nodes:
            key = stored_name(node)
            if class_name(node) == "InputLayer":
                if key in made:
                    continue
            elif key in made or key in missing:
                raise ModelFileError(f"{self.file_name} has two layers called {key[:80]!r}.")
            try:
                if class_name(node) != "InputLayer":
                    made[key] = self._layer(node)
            except UnknownLayersError as error:
                missing[key] = "; ".join(error.reasons.values())
        return made, missing

    def _layer(self, node: Node) -> Part:
        self.layers_built += 1
        if self.layers_built > MOST_LAYERS:
            raise ModelFileError(f"{self.file_name} has more layers than any network needs.")
        key = stored_name(node)
        name = class_name(node)
        if key in self.replacements:
            self.replaced.add(key)
            self.notes.append(
                f"the layer {key!r} ({name}) was replaced by {self.replacements[key].meaning}"
            )
            layer = self._guarded(key, lambda: self.replacements[key].build(clean_name(key)))
            return Part(key, name, layer)
        if is_custom(node, self.custom):
            return Part(key, name, self._guarded(key, lambda: build_custom(node, self.custom)))
        if name in {"Functional", "Sequential", "Model"} or "output_layers" in settings(node):
            return self._model(node)
        operation = tensorflow_operation(node) or operation_class(node)
        cls = layer_class(name, self.custom) if operation is None else operation
        if cls is None:
            raise UnknownLayersError(self.file_name, {key: help_for(key, name)})
        if operation is not None and not isinstance(operation, type):
            return Part(key, name, operation)
        arguments = self._guarded(
            key,
            lambda: self.arguments.arguments(cls, node, lambda inner: self._layer(inner).layer),
        )
        if not isinstance(operation, type):
            arguments["name"] = clean_name(key)
        return Part(key, name, self._guarded(key, lambda: cls(**arguments)))

    def _call(self, layer: Any, key: str, args: list[Any], kwargs: Node) -> Any:
        import keras

        outputs = self._guarded(key, lambda: layer(*args, **kwargs))
        for tensor in keras.tree.flatten(outputs):
            check_output(getattr(tensor, "shape", ()), key, self.file_name)
        return outputs

    def _guarded(self, key: str, make: Callable[[], Any]) -> Any:
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
            reason = " ".join(str(error).split())[:240] or type(error).__name__
            raise ModelFileError(
                f"{self.file_name}: the layer {key[:80]!r} cannot be built: {reason}"
            ) from error

    # --- what is missing --------------------------------------------------------------------

    def _stop_or_cut(
        self, nodes: list[Node], missing: dict[str, str], unreached: set[str], outermost: bool
    ) -> None:
        if not missing:
            if unreached:
                raise ModelFileError(
                    f"{self.file_name}: the layer {min(unreached)[:80]!r} is not connected to"
                    " the input."
                )
            return
        if not outermost:
            raise UnknownLayersError(self.file_name, missing)
        check_cut(self.file_name, nodes, missing, unreached)

    def _note_cut(self, nodes: list[Node], unreached: set[str]) -> None:
        names = [
            f"{stored_name(node)!r} ({class_name(node)})"
            for node in nodes
            if stored_name(node) in unreached and class_name(node) != "InputLayer"
        ]
        self.notes.append(
            "the end of the network was left out, because its code is not in the file:"
            f" {', '.join(names)}"
        )
