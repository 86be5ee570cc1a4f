"""The outputs as a model has them: their tensors, their names, the losses of its training."""

from collections.abc import Mapping, Sequence
from typing import Any

from reportgen.inputs.graph.tracing import Trace, has_graph
from reportgen.inputs.outputs.losses import Loss, stored_losses
from reportgen.printable import distinct
from reportgen.records.outputs import TensorInfo


def output_tensors(model: Any, trace: Trace) -> list[TensorInfo]:
    """The outputs under the names of the layers that they come from."""
    if has_graph(model):
        tensors = list(model.outputs)
        names = [str(tensor._keras_history.operation.name) for tensor in tensors]
    else:
        tensors = list(trace.outputs)
        makers = {id(made): step.path for step in trace.steps for made in step.outputs}
        names = [makers.get(id(made), f"output {at}") for at, made in enumerate(tensors)]
    return tensor_infos(tensors, distinct(names))


def output_names(model: Any) -> list[str]:
    """What the model calls its outputs; it may call them otherwise than their layers."""
    return [str(name) for name in getattr(model, "output_names", None) or []]


def losses_of(
    training: Mapping[str, Any] | None, names: Sequence[str], given: Sequence[str]
) -> list[Loss | None]:
    """The loss of each output, by its layer's name or by the one `given`; None where not known."""
    losses = stored_losses(training, names)
    if len(given) != len(names):
        return losses
    others = stored_losses(training, given)
    return [loss or other for loss, other in zip(losses, others, strict=True)]


def tensor_infos(tensors: Sequence[Any], names: Sequence[str]) -> list[TensorInfo]:
    """Name, shape and type of each tensor."""
    return [
        TensorInfo(name=name, shape=list(tensor.shape), dtype=str(tensor.dtype))
        for tensor, name in zip(tensors, names, strict=True)
    ]
