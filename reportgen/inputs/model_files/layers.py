"""One stored layer becomes one Keras layer: a class of Keras itself, or of the user's own file."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

from reportgen.errors import ModelFileError
from reportgen.inputs.model_files.bygone_layers import bygone_class
from reportgen.inputs.model_files.limits import WeightBudget, every_object
from reportgen.inputs.model_files.migration.graph import UNTOLD_MODULE
from reportgen.inputs.model_files.migration.keras2 import HARD_SIGMOID_OF_KERAS_2
from reportgen.inputs.model_files.migration.rule import Node, class_name, settings
from reportgen.printable import quoted

# Layers that run stored code, read other files, or compute nothing from images.
_NEVER_BUILT = {
    "Lambda",
    "TFSMLayer",
    "JaxLayer",
    "FlaxLayer",
    "TorchModuleWrapper",
    "TextVectorization",
    "StringLookup",
    "IntegerLookup",
    "Layer",
    "Wrapper",
    "InputLayer",
}
_OF_APPLICATIONS = {
    "LayerScale": "convnext",
    "StochasticDepth": "convnext",
    "CustomScaleLayer": "inception_resnet_v2",
}
"""Layers that Keras has for its own applications, outside `keras.layers`, and their module."""
_QUANTISATIONS = {
    "Int8QuantizationConfig",
    "Int4QuantizationConfig",
    "Float8QuantizationConfig",
    "AbsMaxQuantizer",
}
_OPERATION_MODULES = ("numpy", "math", "nn", "image", "linalg", "core", "einops")
_BASE_ARGUMENTS = {"name", "trainable", "dtype", "autocast"}
NEUTRAL: dict[str, tuple[Any, ...] | None] = {
    "groups": (1,),
    "ragged": (False, None),
    "sparse": (False, None),
    "fused": (True, False, None),
    "renorm": (False,),
    "renorm_clipping": (None, {}),
    "renorm_momentum": (None, 0.99),
    "virtual_batch_size": (None,),
    "adjustment": (None,),
    "synchronized": (False,),
    "implementation": (0, 1, 2),
    "stateful": (False,),
    "time_major": (False,),
    "input_spec": (None,),
    "data_format": (None, "channels_last", "channels_first"),
    "noise_shape": (None,),
    "batch_size": (None,),
    "experimental_run_tf_function": (True, False, None),
    "expects_training_arg": (True, False),
    "must_restore_from_config": (False,),
    "preserve_input_structure_in_config": (False,),
    "_attention_axes": (None,),
    "force_generator": None,
    "rng_type": None,
    "robust_masking": None,
    "softmax_robust_masking": None,
    "rms_scaling": (False,),
    "dynamic": (False,),
    "vocabulary_size": (None,),
    "axis_list": (None,),
    "query_shape": None,
    "key_shape": None,
    "value_shape": None,
    "batch_input_shape": None,
}
"""Settings that today's layers no longer take, with the values that mean nothing (None: any)."""


def layer_class(name: str, custom: dict[str, Any]) -> Any | None:
    """The class that a stored name means: the user's own first, then Keras's; None when unknown."""
    import keras

    bare = name.rsplit(">", 1)[-1]
    for key in (name, bare):
        if key in custom and inspect.isclass(custom[key]):
            return custom[key]
    registered = keras.saving.get_registered_object(name) if ">" in name and custom else None
    if registered is not None:
        return registered
    # "Custom" is the package that Keras itself registers the layers of its applications in.
    theirs = name == f"Custom>{bare}" and bare in _OF_APPLICATIONS
    if bare in _NEVER_BUILT or (">" in name and not theirs):
        return None
    found = getattr(keras.layers, bare, None)
    if bare in _OF_APPLICATIONS:
        module = importlib.import_module(f"keras.src.applications.{_OF_APPLICATIONS[bare]}")
        found = getattr(module, bare, None)
    if inspect.isclass(found) and issubclass(found, keras.layers.Layer):
        return found
    return bygone_class(bare) if bare != "TFOpLambda" else None


def operation_class(node: Node) -> Any | None:
    """The class of a `keras.ops` operation that Keras 3 stored as a node of the graph.

    An HDF5 file does not say in which module it is; `UNTOLD_MODULE` then stands in its place.
    """
    import keras

    module = node.get("module")
    if not isinstance(module, str) or not module.startswith("keras"):
        return None
    part = module.rsplit(".", 1)[-1]
    for name in _OPERATION_MODULES if module == UNTOLD_MODULE else {part} & {*_OPERATION_MODULES}:
        try:
            operations = importlib.import_module(f"keras.src.ops.{name}")
        except ImportError:
            continue
        found = getattr(operations, class_name(node), None)
        if inspect.isclass(found) and issubclass(found, keras.Operation):
            return found
    return None


def is_custom(node: Node, custom: dict[str, Any]) -> bool:
    """Whether the class of this stored layer comes from the user's file."""
    found = layer_class(class_name(node), custom)
    return found is not None and not str(found.__module__).startswith(("keras.", "reportgen."))


def build_custom(node: Node, custom: dict[str, Any], name: str) -> Any:
    """A layer of the user's class, from the settings that the file has for it."""
    import keras

    cls: Any = layer_class(class_name(node), custom)
    config = {**settings(node), "name": name}
    with keras.saving.custom_object_scope(custom):
        try:
            return cls.from_config(dict(config))
        except TypeError:
            # A class without a get_config of its own may not even take a name.
            if config.keys() - {"name", "trainable", "dtype"}:
                raise
            layer = cls()
            layer.name = name
            return layer


class ArgumentReader:
    """Turns the stored settings of one layer into arguments of its class."""

    def __init__(self, file_name: str, custom: dict[str, Any], budget: WeightBudget) -> None:
        self.file_name = file_name
        self.custom = custom
        self.budget = budget
        self.dropped: set[str] = set()
        self.ignored: set[str] = set()

    def arguments(self, cls: Any, node: Node, inner: Callable[[Node], Any]) -> dict[str, Any]:
        """Arguments for `cls`; `inner` builds a layer that is itself a setting (a wrapper's)."""
        accepted = accepted_arguments(cls)
        arguments: dict[str, Any] = {}
        layer_name = str(settings(node).get("name", ""))
        for key, value in settings(node).items():
            if accepted is not None and key not in accepted:
                self._leave_out(key, value, class_name(node), layer_name)
            else:
                arguments[key] = self._value(key, value, layer_name, inner)
        if "unroll" in arguments:
            # Unrolled or not, a recurrent layer computes the same; a long loop would be laid out.
            arguments["unroll"] = False
        if "stateful" in arguments:
            # A state kept from batch to batch would mix the images, and fixes the batch's size.
            arguments["stateful"] = False
        if isinstance(arguments.get("projection_dim"), int):
            # LayerScale makes its weights without an initializer of ours.
            self.budget.spend((arguments["projection_dim"],))
        zeros = self.budget.initializer_class()
        for key in accepted or ():
            if key.endswith("_initializer"):
                arguments[key] = zeros()
        return arguments

    def _leave_out(self, key: str, value: Any, class_of_layer: str, layer_name: str) -> None:
        if key in NEUTRAL:
            neutral = NEUTRAL[key]
            if neutral is None or any(value == item for item in neutral):
                if key == "groups":
                    self.dropped.add(f"groups=1 of {class_of_layer}")
                return
        self.ignored.add(f"{quoted(key[:40])} of the layer {quoted(layer_name[:60])}")

    def _value(self, key: str, value: Any, layer_name: str, inner: Callable[[Node], Any]) -> Any:
        if key.endswith("activation"):
            return self.activation(value, layer_name, inner)
        if isinstance(value, dict) and "class_name" in value:
            return self._object(key, value, layer_name, inner)
        if isinstance(value, list):
            return [self._value("", item, layer_name, inner) for item in value]
        return value

    def _object(self, key: str, value: Node, layer_name: str, inner: Callable[[Node], Any]) -> Any:
        import keras

        name = class_name(value)
        if key == "dtype":
            policy = getattr(keras.dtype_policies, name, None)
            if name in {"Policy", "DTypePolicyMap"} or (name.endswith("DTypePolicy") and policy):
                return keras.dtype_policies.deserialize(value)
        elif name == "function":
            return self.activation(value, layer_name, inner)
        elif key == "quantization_config" and _is_quantisation(value):
            return keras.saving.deserialize_keras_object(value, safe_mode=True)
        elif layer_class(name, self.custom) is not None or name in {"Functional", "Sequential"}:
            return inner(value)
        raise ModelFileError(
            f"{self.file_name}: the layer {quoted(layer_name[:80])} holds an object of the class"
            f" {quoted(name[:60])} ({key[:40]}), which is not part of Keras; give its code with"
            " --custom-objects FILE.py."
        )

    def activation(self, value: Any, layer_name: str, inner: Callable[[Node], Any]) -> Any:
        """The function that a stored activation means."""
        import keras

        if isinstance(value, dict):
            if class_name(value) != "function" and layer_class(class_name(value), self.custom):
                return inner(value)
            value = value.get("config") if class_name(value) == "function" else class_name(value)
        if value is None:
            return None
        if value == HARD_SIGMOID_OF_KERAS_2:
            return hard_sigmoid_of_keras_2
        name = value.rsplit(">", 1)[-1] if isinstance(value, str) else ""
        if name in self.custom:
            return self.custom[name]
        found = getattr(keras.activations, name, None) if name.isidentifier() else None
        if inspect.isfunction(found) and name not in {"get", "serialize", "deserialize"}:
            return found
        raise ModelFileError(
            f"{self.file_name}: the activation {quoted(str(value)[:60])} of the layer"
            f" {quoted(layer_name[:80])} is"
            " not part of Keras; give its code with --custom-objects FILE.py."
        )


def _is_quantisation(value: Node) -> bool:
    """Whether an object says how a layer is quantised, with nothing in it but Keras's own."""
    return all(
        class_name(item) in _QUANTISATIONS and item.get("module") == "keras.quantizers"
        for item in every_object(value)
    )


def count_weights(layer: Any, budget: WeightBudget) -> None:
    """Count the weights that a quantised or LoRA layer makes without an initializer of ours."""
    if not (getattr(layer, "quantization_mode", None) or getattr(layer, "lora_rank", None)):
        return
    add_weight = layer.add_weight

    def counted(shape: Any = None, *args: Any, **kwargs: Any) -> Any:
        budget.spend(tuple(int(size) for size in shape or ()))
        return add_weight(shape, *args, **kwargs)

    layer.add_weight = counted


def accepted_arguments(cls: Any) -> set[str] | None:
    """The argument names of a layer's constructor and of those it passes `**kwargs` on to.

    None when the constructor takes anything.
    """
    import keras

    names = set(_BASE_ARGUMENTS)
    for base in cls.__mro__:
        if base in (keras.layers.Layer, keras.Operation, object):
            return names
        if "__init__" not in vars(base):
            continue
        parameters = inspect.signature(base.__init__).parameters.values()
        names |= {item.name for item in parameters if item.kind is not item.VAR_KEYWORD}
        if not any(item.kind is item.VAR_KEYWORD for item in parameters):
            break
    names.discard("self")
    return names


def hard_sigmoid_of_keras_2(x: Any) -> Any:
    """min(max(0.2 x + 0.5, 0), 1), as Keras 1 and 2 computed it; Keras 3 has the slope 1/6."""
    import keras

    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)
