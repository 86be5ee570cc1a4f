"""A migrated configuration becomes a Keras model: built layer by layer, nothing in it is run.

Keras's own `from_config` is not used for models: it would allocate whatever a hostile file asks
for before anything could be checked, it trusts more of a file than is needed, it refuses most old
files, and it does not say which layer failed.
"""

from typing import TYPE_CHECKING, Any

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.call_graph import CallGraph
from reportgen.inputs.model_files.cutting import check_cut, check_learned, cut_outputs, left_out
from reportgen.inputs.model_files.layer_maker import LayerMaker
from reportgen.inputs.model_files.layers import hard_sigmoid_of_keras_2
from reportgen.inputs.model_files.limits import check_output, deep_enough, every_object
from reportgen.inputs.model_files.migration.rule import (
    Node,
    class_name,
    layer_nodes,
    settings,
    stored_name,
)
from reportgen.inputs.model_files.naming import clean_name, is_trainable, unique_names
from reportgen.inputs.model_files.parts import Part, UnknownLayersError
from reportgen.inputs.model_files.user_code import check_replaced
from reportgen.printable import quoted

if TYPE_CHECKING:
    import keras


class Rebuilder:
    """Builds one file's model; `notes` and `ignored` say afterwards what the report should.

    `cut` holds the layers at its end that could not be built, each as its name and class.
    """

    def __init__(
        self, maker: LayerMaker, input_shape: tuple[int | None, ...] | None = None
    ) -> None:
        self.maker = maker
        self.file_name = maker.file_name
        self.input_shape = input_shape
        self.cut: list[str] = []
        maker.make_model = self._model

    def build(self, root: Node) -> tuple["keras.Model", Part]:
        """The model that `root` describes, and its parts; raises `ModelFileError`."""
        import keras

        # Wrappers write their inner layer down and read it again: they must find what it holds.
        own = {
            "CountedZeros": self.maker.budget.initializer_class(),
            "hard_sigmoid_of_keras_2": hard_sigmoid_of_keras_2,
        }
        scope = keras.saving.custom_object_scope({**self.maker.custom, **own})
        with scope, deep_enough(sum(1 for _ in every_object(root))):
            name = clean_name(settings(root).get("name", "model"))
            part = self._model(root, name, outermost=True)
        check_replaced(self.file_name, self.maker.replacements, self.maker.replaced, root)
        return part.layer, part

    def notes(self) -> list[str]:
        """What the report should say about how the model was built."""
        notes = list(self.maker.notes)
        if self.maker.renamed:
            notes.append("signs in the names of layers that TensorFlow forbids became _")
        dropped = ", ".join(sorted(self.maker.arguments.dropped))
        if dropped:
            notes.append(f"settings that today's layers no longer take were dropped ({dropped})")
        return notes

    def ignored(self) -> list[str]:
        """Settings that mean something, but not to today's Keras: "'key' of the layer 'name'"."""
        return sorted(self.maker.arguments.ignored)

    def _model(self, node: Node, name: str, outermost: bool = False) -> Part:
        config = settings(node)
        if not isinstance(config.get("layers"), list):
            raise ModelFileError(
                f"{self.file_name}: the model {quoted(str(config.get('name', ''))[:80])} has "
                "no list"
                " of layers."
            )
        if class_name(node) == "Sequential" or "output_layers" not in config:
            return self._sequential(node, name, outermost)
        return self._functional(node, name, outermost)

    def _sequential(self, node: Node, name: str, outermost: bool) -> Part:
        import keras

        config = settings(node)
        nodes = layer_nodes(config)
        shape, first = self._entry_shape(node, nodes)
        tensor = None
        if shape is not None or outermost:
            entry = unique_names(nodes[:1])[stored_name(nodes[0])] if first else None
            tensor = self._input(entry, shape, first)
        made, missing = self.maker.make_all(nodes)
        names = [stored_name(item) for item in nodes]
        first_missing = min((names.index(key) for key in missing), default=len(names))
        self._stop_or_cut(nodes, missing, set(names[first_missing:]), outermost)
        if not made:
            raise ModelFileError(
                f"{self.file_name}: the model {quoted(stored_name(node)[:80])} has no layers."
            )
        # Without a shape of its own, a model inside another one is built when that one calls it.
        layers: list[Any] = [] if tensor is None else [tensor]
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
            if tensor is None:
                self.maker.count_call(part.layer)
            else:
                tensor = self.maker.call(part.layer, key, [tensor], {})
            layers.append(part.layer)
            parts.append(part)
        model = self.maker.guarded(
            name, lambda: keras.Sequential(layers, name=name, trainable=is_trainable(config))
        )
        if cut:
            check_learned(self.file_name, model, missing)
            self.cut += left_out(nodes, set(names[first_missing:]))
        return Part(stored_name(node), class_name(node), model, parts)

    def _entry_shape(self, node: Node, nodes: list[Node]) -> tuple[Any, Node]:
        """The shape that a Sequential model takes, if known, and its InputLayer's settings."""
        first = settings(nodes[0]) if nodes and class_name(nodes[0]) == "InputLayer" else {}
        shape = first.get("batch_shape")
        if shape is None:
            shape = settings(node).get("build_input_shape")
        if shape is None and isinstance(node.get("build_config"), dict):
            shape = node["build_config"].get("input_shape")
        if shape is None and self.input_shape is not None:
            shape = [None, *self.input_shape]
        return shape, first

    def _input(self, name: str | None, shape: Any, config: Node) -> Any:
        import keras

        if not isinstance(shape, list) or not shape:
            raise ModelFileError(
                f"{self.file_name} does not say how large its input is; give --input-size"
                " HEIGHTxWIDTH (in pixels)."
            )
        check_output([1, *shape[1:]], name or "input", self.file_name)
        dtype = config.get("dtype")
        try:  # a layer's dtype may name a policy, as mixed_float16
            dtype = keras.backend.standardize_dtype(dtype if isinstance(dtype, str) else "float32")
        except ValueError:
            dtype = "float32"
        return self.maker.guarded(
            name or "input",
            lambda: keras.Input(
                batch_shape=tuple(shape),
                dtype=dtype,
                name=name,
            ),
        )

    def _functional(self, node: Node, name: str, outermost: bool) -> Part:
        import keras

        config = settings(node)
        nodes = layer_nodes(config)
        graph = CallGraph(self.file_name, nodes)
        names = unique_names(nodes)
        inputs = {
            stored_name(item): self._input(
                names[stored_name(item)], settings(item).get("batch_shape"), settings(item)
            )
            for item in nodes
            if class_name(item) == "InputLayer"
        }
        made, missing = self.maker.make_all(nodes)
        for key, tensor in inputs.items():
            graph.give(key, tensor)
        graph.run(
            {key: part.layer for key, part in made.items()},
            lambda key, args, kwargs: self.maker.call(made[key].layer, key, args, kwargs),
        )
        unreached = {key for key in graph.unreached() if key not in inputs}
        self._stop_or_cut(nodes, missing, unreached, outermost)
        if unreached:
            ends = cut_outputs(self.file_name, graph, unreached, config.get("output_layers"))
            starts: Any = graph.inputs_of(ends, inputs)
            self.cut += left_out(nodes, unreached)
        else:
            ends = graph.resolve(config.get("output_layers"))
            starts = graph.resolve(config.get("input_layers"))
        model = self.maker.guarded(
            name,
            lambda: keras.Model(starts, ends, name=name, trainable=is_trainable(config)),
        )
        if unreached:
            check_learned(self.file_name, model, missing)
        parts = [
            self._part(item, None if stored_name(item) in unreached else made, graph)
            for item in nodes
        ]
        return Part(stored_name(node), class_name(node), model, parts)

    def _part(self, node: Node, made: dict[str, Part] | None, graph: CallGraph) -> Part:
        """A stored layer's part: without a layer for inputs, operations and what was cut."""
        key = stored_name(node)
        if made is None or key not in made or graph.is_operation(key, made):
            return Part(key, class_name(node), None)
        return made[key]

    def _stop_or_cut(
        self, nodes: list[Node], missing: dict[str, str], unreached: set[str], outermost: bool
    ) -> None:
        if not missing:
            if unreached:
                raise ModelFileError(
                    f"{self.file_name}: the layer {quoted(min(unreached)[:80])} is not connected to"
                    " the input."
                )
            return
        if not outermost:
            raise UnknownLayersError(self.file_name, missing)
        check_cut(self.file_name, nodes, missing, unreached)
