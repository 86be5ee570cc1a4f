"""The layer whose maps Grad-CAM takes when none is chosen, and why it is this one.

A heatmap needs maps that learned layers have made, and after them nothing but pooling, flattening
and dense layers: only then do places in the maps mean places in the picture up to the class scores.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from reportgen.inputs.geometry.axes import Axis, Layout
from reportgen.inputs.geometry.cell_grids import EVERYWHERE
from reportgen.inputs.geometry.places import Places
from reportgen.inputs.graph.probing import is_own, reads
from reportgen.inputs.graph.steps import Step
from reportgen.inputs.graph.tracing import Trace

SMALLEST = 7
"""Rows and columns of maps below which a heatmap is coarse."""

_NO_STAGE = (
    *("Pool", "ZeroPadding", "Cropping", "UpSampling", "Resizing", "Reshape", "Flatten", "Permute"),
    *("GetItem", "Transpose", "ExtractPatches", "Cast"),
)
"""Types, by how they begin or what they hold, that only hand maps on in another size or order."""

_DENSE = {"Dense", "EinsumDense", "PReLU"}
_MIXING = EVERYWHERE | {"Matmul", "Einsum", "Dot", "Tensordot"}
_FEW_WEIGHTS = 2
"""Weights for each channel up to which a layer of the user's own counts as pooling."""


@dataclass(frozen=True)
class Explained:
    """The layer, None where there is none, and one sentence without a full stop that says why."""

    path: str | None
    reason: str


class ExplainedLayer:
    """Finds the layer; `layout` gives a layer's maps, `passing` are types that change nothing.

    `image` is the symbolic input that takes the picture: layers that do not depend on it (those of
    another input, such as the second branch of a Siamese network) are not considered.
    """

    def __init__(
        self,
        trace: Trace,
        places: Places,
        layout: Callable[[str], Layout | None],
        passing: Iterable[str],
        image: Any = None,
    ) -> None:
        self._trace = trace
        self._seeing = _depending(trace, image)
        self._places = places
        self._layout = layout
        self._passing = set(passing)

    def find(self, head: str) -> Explained:
        """The layer for the class scores that the layer at `head` gives."""
        steps = self._trace.needed([head])
        learned = _learned(steps)
        steps = [step for step in steps if self._seeing is None or step.path in self._seeing]
        mapped = [step for step in steps if step.path != head and self._has_maps(step)]
        candidates = [step for step in mapped if step.path in learned]
        if not candidates:
            if mapped:
                return Explained(
                    None,
                    f"“{mapped[-1].path}”, the last layer with maps, has learned nothing: no layer"
                    " with weights comes before it",
                )
            return Explained(None, "no layer with maps leads to the class scores")
        last = candidates[-1]
        if found := self._obstacle(last, steps, head):
            return Explained(
                None,
                f"“{found.path}” ({type(found.layer).__name__}) follows the last maps, those of"
                f" “{last.path}”: a heatmap needs a network that ends in pooling, flattening and"
                " dense layers",
            )
        layout = self._layout(last.path)
        if layout is not None and layout.tokens is not None:
            return self._of_tokens(candidates, steps, head)
        return self._of_maps(candidates)

    def _has_maps(self, step: Step) -> bool:
        layout = self._layout(step.path)
        single = layout is None or layout.height * layout.width == 1
        return not single and type(step.layer).__name__ not in self._passing

    def _of_maps(self, candidates: Sequence[Step]) -> Explained:
        """The last convolution, behind its normalisation and activation, of enough positions."""
        stages = [step for step in candidates if not _hands_on(step)] or list(candidates)
        large = [step for step in stages if min(self._size(step)) >= SMALLEST]
        if large:
            return Explained(
                large[-1].path,
                "it is the last convolution, with its normalisation and activation, whose maps have"
                f" at least {SMALLEST} × {SMALLEST} positions",
            )
        best = stages[-1]
        return Explained(best.path, self._coarse(best, "the last convolution"))

    def _of_tokens(self, candidates: Sequence[Step], steps: Sequence[Step], head: str) -> Explained:
        """The last normalisation whose patches the class scores depend on."""
        flow = _Flow(self._places, steps, head)
        reaching = [step for step in candidates if flow.places_reach(step)]
        if not reaching:
            return Explained(None, "the class scores depend on no patch by itself")
        tokens = [step for step in reaching if (found := self._layout(step.path)) and found.tokens]
        norms = [step for step in tokens if "Normalization" in type(step.layer).__name__]
        best = (norms or tokens or reaching)[-1]
        what = "the last normalisation whose patches the class scores depend on"
        if not norms:
            what = "the last layer whose patches the class scores depend on"
        if min(self._size(best)) < SMALLEST:
            return Explained(best.path, self._coarse(best, what))
        return Explained(best.path, f"it is {what}")

    def _coarse(self, step: Step, what: str) -> str:
        height, width = self._size(step)
        return (
            f"it is {what}; its maps have only {height} × {width} positions, so the heatmap is"
            " coarse"
        )

    def _size(self, step: Step) -> tuple[int, int]:
        layout = self._layout(step.path)
        return (layout.height, layout.width) if layout else (0, 0)

    def _obstacle(self, last: Step, steps: Sequence[Step], head: str) -> Step | None:
        """The first layer behind the last maps that is no pooling, flattening or dense layer."""
        reached = {id(tensor) for tensor in last.outputs}
        recorded = not any(step.inputs for step in steps[1:])
        for step in steps[steps.index(last) + 1 :]:
            feeding = [x for x in step.inputs if id(x) in reached]
            if not feeding and not recorded:
                continue
            reached.update(id(tensor) for tensor in step.outputs)
            spread = any(_is_spread(self._places.of(x)[1:]) for x in feeding)
            if spread and step.path != head and not _is_plain(step):
                return step
        return None


def _depending(trace: Trace, image: Any) -> set[str] | None:
    """Paths of the steps that depend on the image; None where the graph does not tell."""
    if image is None or len(trace.inputs) < 2 or any(not step.inputs for step in trace.steps):
        return None
    tensors, found = {id(image)}, set[str]()
    for step in trace.steps:
        if any(id(x) in tensors for x in step.inputs):
            found.add(step.path)
            tensors.update(id(x) for x in step.outputs)
    return found


def _learned(steps: Sequence[Step]) -> set[str]:
    """Paths of the steps that are, or that depend on, layers with learned weights."""
    tensors: set[int] = set()
    found: set[str] = set()
    for at, step in enumerate(steps):
        own = isinstance(step.layer, keras.layers.Layer) and bool(step.layer.weights)
        own = own and not isinstance(step.layer, keras.layers.Normalization)
        unknown = not step.inputs and at > 0 and bool(found)
        if own or unknown or any(id(x) in tensors for x in step.inputs):
            found.add(step.path)
            tensors.update(id(x) for x in step.outputs)
    return found


def _hands_on(step: Step) -> bool:
    kind = type(step.layer).__name__
    return any(kind.startswith(word) or (word == "Pool" and word in kind) for word in _NO_STAGE)


def _is_spread(axes: Sequence[Axis]) -> bool:
    """Whether values stand at several places, besides frames and channels."""
    return any(axis.size > 1 and not axis.kinds <= {"T", "C"} and "C" not in axis.kinds
               for axis in axes)  # fmt: skip


def _is_plain(step: Step) -> bool:
    """Whether a step that is fed with several places is pooling, flattening, dense or the like."""
    layer, kind = step.layer, type(step.layer).__name__
    weights = list(getattr(layer, "weights", []))
    if kind in _MIXING:
        return False
    if is_own(layer):
        channels = int(step.inputs[0].shape[-1] or 1)
        few = sum(int(np.prod(weight.shape)) for weight in weights) <= _FEW_WEIGHTS * channels
        return bool(few) and len(step.outputs[0].shape) - step.frames == 2
    convolution = kind.endswith(("Conv2D", "Conv3D"))
    return not weights or kind in _DENSE or "Normalization" in kind or convolution


class _Flow:
    """Which values reach the class scores: those at places, and those of class tokens."""

    def __init__(self, places: Places, steps: Sequence[Step], head: str) -> None:
        self._places = places
        self._reach: dict[int, tuple[bool, bool]] = {}
        for step in reversed(steps):
            outputs = [self._reach.get(id(x), (False, False)) for x in step.outputs]
            out = (True, True) if step.path == head else (
                any(output[0] for output in outputs), any(output[1] for output in outputs)
            )  # fmt: skip
            for tensor in step.inputs:
                before = self._reach.get(id(tensor), (False, False))
                found = self._through(step, tensor, out)
                self._reach[id(tensor)] = (before[0] or found[0], before[1] or found[1])

    def places_reach(self, step: Step) -> bool:
        """Whether what stands at places in a step's output reaches the class scores."""
        return any(self._reach.get(id(x), (False, False))[0] for x in step.outputs)

    def _through(self, step: Step, tensor: Any, out: tuple[bool, bool]) -> tuple[bool, bool]:
        """What reaches from an input of a step, given what reaches from its outputs."""
        anything = any(out)
        at, tokens = _tokens_of(self._places, tensor)
        if tokens is None:
            return anything, anything
        _, following = _tokens_of(self._places, step.outputs[0])
        own = is_own(step.layer) and bool(step.layer.weights)
        if type(step.layer).__name__ in _MIXING or (following is not None and own):
            return anything, anything
        if following is not None:
            return out
        count = tokens.size - tokens.before - tokens.after
        mask = np.zeros(tokens.size, bool)
        mask[tokens.before : tokens.before + count] = True
        return anything and reads(step, at, mask), anything


def _tokens_of(places: Places, tensor: Any) -> tuple[int, Axis | None]:
    """The position and the axis of tokens of a tensor; None where it has none."""
    for at, axis in enumerate(places.of(tensor)):
        if at and axis.is_tokens:
            return at, axis
    return 0, None
