"""Read the model's outputs: what each means, its class scores and its probabilities.

Class scores stand before the last softmax or sigmoid. Where several are averaged, scores are the
logarithms of the probabilities (of labels, their log-odds).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import keras
import numpy as np

from reportgen.errors import ModelError
from reportgen.inputs.graph.tracing import Trace, output_path
from reportgen.inputs.outputs.evidence import KnownOutput, evidence_of
from reportgen.inputs.outputs.facts import Form, Meaning
from reportgen.inputs.outputs.graph import (
    EXACT,
    LINEAR,
    Leaf,
    NoReplayError,
    Replay,
    Walk,
    walk_back,
)
from reportgen.inputs.outputs.losses import Loss, words
from reportgen.inputs.outputs.meaning import meaning_of
from reportgen.inputs.outputs.probe import CLOSE, Probed, is_told
from reportgen.records.outputs import Head

Mode = Literal["logits", "logarithms", "output", "log output", "log odds of output"]
"""What class scores are made from: the leaves' values before their activations, logarithms of what
they are behind these, or the output's own numbers."""

Probe = Callable[[Sequence[str]], tuple[list[Any], list[Any]]]
"""What the layers and outputs of these paths give, behind and before, for numbers of chance."""

_TINY = 1e-30


@dataclass(frozen=True)
class ClassScores:
    """How class scores and probabilities are made from one output and what leads to it."""

    head: Head
    meaning: Meaning
    paths: tuple[str, ...]
    """Where the walk's leaves are, and last the output: what to run."""
    walk: Walk | None
    output: Any
    """The symbolic tensor."""
    mode: Mode
    axis: int
    """The axis of classes."""

    @property
    def leaves(self) -> tuple[str, ...]:
        """The layers that the output is made from."""
        return self.paths[:-1]

    def scores(self, behind: Sequence[Any], before: Sequence[Any]) -> Any:
        """What can be explained, (N, targets), from the values at `paths`.

        Of a single unit that tells two classes apart its negative and itself; of values each and
        its negative, by turns. A map's are means over its positions.
        """
        values = keras.ops.mean(self._score_rows(behind, before), axis=1)
        if self.meaning.reading == "clip":
            values = values - 0.5
        if self.head.kind == "values":
            pairs = keras.ops.stack([values, -values], axis=-1)
            return keras.ops.reshape(pairs, (-1, self.head.targets))
        if self.head.binary:
            return keras.ops.concatenate([-values, values], axis=-1)
        return values

    def probabilities(self, behind: Sequence[Any]) -> Any:
        """Probabilities (N, classes) in 0..1, or margins; a map's are means over its positions."""
        values = keras.ops.mean(self._likely(self.rows(behind[-1])), axis=1)
        if self.head.binary:
            rest = -values if self.meaning.reading == "none" else 1 - values
            return keras.ops.concatenate([rest, values], axis=-1)
        return values

    def rows(self, values: Any) -> Any:
        """Numbers of the output's shape as float32 (N, positions, units); one position mostly."""
        values = keras.ops.cast(values, "float32")
        if self.axis == 1:
            values = keras.ops.moveaxis(values, 1, -1)
        size = int(np.prod([n or 1 for n in self.output.shape[1:]]))
        return keras.ops.reshape(values, (-1, size // self.head.units, self.head.units))

    def _score_rows(self, behind: Sequence[Any], before: Sequence[Any]) -> Any:
        numbers = behind[-1]
        if self.mode == "output" or (self.walk is None and self.mode in ("logits", "logarithms")):
            return self.rows(numbers)
        if self.mode == "log output":
            exact = keras.ops.maximum(keras.ops.cast(numbers, EXACT), _TINY)
            return self.rows(keras.ops.log(exact))
        if self.mode == "log odds of output" or self.walk is None:
            exact = keras.ops.clip(keras.ops.cast(numbers, EXACT), _TINY, 1 - 1e-7)
            return self.rows(keras.ops.log(exact) - keras.ops.log(1 - exact))
        values = [
            one_behind if leaf.activation.kind == "linear" else one_before
            for leaf, one_behind, one_before in zip(self.walk.leaves, behind, before, strict=False)
        ]
        found = Replay(self.walk, self.mode == "logarithms", self.axis)(values, self.output)
        if self.mode == "logits":
            return self.rows(found)
        return self.rows(found[0] if self.exclusive else found[0] - found[1])

    @property
    def exclusive(self) -> bool:
        """Whether scores become probabilities by a softmax over them."""
        return self.meaning.link in ("softmax", "probability") and not self.head.binary

    def _likely(self, rows: Any) -> Any:
        """The output's numbers as probabilities, position by position."""
        reading = self.meaning.reading
        if reading == "exp":
            return keras.ops.exp(rows)
        if reading == "softmax":
            return keras.ops.softmax(rows, axis=-1)
        if reading == "sigmoid":
            return keras.ops.sigmoid(rows)
        if reading == "clip":
            return keras.ops.clip(rows, 0.0, 1.0)
        if reading == "share of the sum":
            return rows / keras.ops.sum(rows, axis=-1, keepdims=True)
        return rows

    def agrees(self, behind: Sequence[Any], before: Sequence[Any]) -> bool:
        """Whether softmax, or sigmoid, of the scores are the probabilities."""
        try:
            scores = self._score_rows(behind, before)
        except (NoReplayError, KeyError, ValueError, TypeError):
            return False
        likely = self._likely(self.rows(behind[-1]))
        if tuple(scores.shape) != tuple(likely.shape):
            return False
        found = keras.ops.softmax(scores, axis=-1) if self.exclusive else keras.ops.sigmoid(scores)
        first, second = (keras.ops.convert_to_numpy(values) for values in (found, likely))
        return bool(np.allclose(first, second, atol=CLOSE))


@dataclass(frozen=True)
class OutputFacts:
    """What is known of the outputs from elsewhere.

    `names` are those of the layers; `losses` those stored, None where there is none;
    `image_channels` of the input; `asked` what --head says, by name; `channels_first` the outputs
    whose channels stand before height and width, `tokens` those whose second axis is rows times
    columns of the picture; `probe` runs the network, None where it cannot.
    """

    names: Sequence[str]
    losses: Sequence[Loss | None]
    image_channels: int | None
    asked: Mapping[str, str]
    channels_first: Sequence[bool]
    tokens: Sequence[bool]
    probe: Probe | None


def read_outputs(trace: Trace, facts: OutputFacts) -> list[ClassScores]:
    """How each output is read. Raises ModelError where one cannot be what --head says."""
    return [_read(trace, index, facts) for index in range(len(facts.names))]


def chosen_output(found: Sequence[ClassScores], output: str | None) -> ClassScores | None:
    """The output of this name, else the one that says most, the first of several."""
    if output is not None:
        return next(reader for reader in found if reader.head.name == output)
    return min(found, key=_rank, default=None)


_RANKS = {"classes": 0, "labels": 1, "map": 2, "values": 3, "embedding": 4, "sequence": 5}


def _rank(reader: ClassScores) -> tuple[int, int]:
    head = reader.head
    aside = "aux" in " ".join(words(head.name))
    shown = head.kind != "map" or head.classes > 0
    return (10 * aside + (_RANKS[head.kind] if shown else 6), 0)


def _read(trace: Trace, index: int, facts: OutputFacts) -> ClassScores:
    output, name = trace.outputs[index], facts.names[index]
    rank = len(output.shape)
    axis = 1 if facts.channels_first[index] and rank == 4 else -1
    walk = walk_back(trace, index, axis)
    leaves = tuple(leaf.step.path for leaf in walk.leaves) if walk else ()
    paths = (*leaves, output_path(index))
    numbers = None
    if facts.probe is not None and not is_told(walk):
        numbers = Probed.of(facts.probe(paths), axis)
    known = KnownOutput(
        output, name, facts.losses[index], axis, facts.image_channels, facts.tokens[index]
    )
    evidence = evidence_of(trace, walk, known, numbers)
    asked = facts.asked.get(name)
    try:
        meaning = meaning_of(evidence, asked)
    except ValueError as error:
        raise ModelError(f"--head {asked}: {error}, which cannot be read as {asked}.") from error
    last = walk.leaves[0].step if walk and len(walk.leaves) == 1 else _maker(trace, output)
    activation: Any = next(iter(walk.kinds)) if walk and len(walk.kinds) == 1 else "other"
    head = Head(
        name=name,
        layer=last.path if last else "",
        kind=meaning.kind,
        why=meaning.why,
        activation=activation if activation in ("softmax", "sigmoid", "linear") else "other",
        units=evidence.units,
        classes=meaning.classes,
        link=meaning.link,
        exact=False,
        margins=meaning.classes > 0 and meaning.reading == "none",
        reason=meaning.reason,
    )
    reader = ClassScores(head, meaning, paths, walk, output, "output", axis)
    return _exact(
        _with_mode(_found_by_values(reader, trace, facts, numbers), evidence.form, numbers)
    )


def _maker(trace: Trace, output: Any) -> Any:
    """The step that makes a tensor; the last one where it comes from none."""
    for step in trace.steps:
        if any(tensor is output for tensor in step.outputs):
            return step
    return trace.steps[-1] if trace.steps else None


def _exact(reader: ClassScores) -> ClassScores:
    """The reader, its head saying whether class scores are those of one layer as they are."""
    walk = reader.walk
    if walk is None or len(walk.leaves) != 1 or walk.computing:
        return reader
    shape = walk.leaves[0].step.outputs[0].shape
    sizes = [
        np.prod([n or 1 for n in tensor_shape[1:]]) for tensor_shape in (shape, reader.output.shape)
    ]
    exact = reader.mode in ("logits", "output") and shape[-1] == reader.head.units
    exact = exact and sizes[0] == sizes[1]
    same = exact and len(shape) in (2, 4) and reader.axis == -1
    return replace(reader, head=reader.head.model_copy(update={"exact": same}))


def _found_by_values(
    reader: ClassScores, trace: Trace, facts: OutputFacts, numbers: Probed | None
) -> ClassScores:
    """Where code that is no graph applies the softmax or sigmoid: the layer whose values it takes.

    One of the last layers it is, found by trying.
    """
    opaque = reader.walk is None or not reader.walk.kinds - {"linear"}
    if not opaque or numbers is None or facts.probe is None or not reader.head.classes:
        return reader
    if reader.meaning.reading not in ("as it is", "exp"):
        return reader
    size = int(np.prod([n or 1 for n in reader.output.shape[1:]]))
    for step in trace.steps[:-_TRIED_LAYERS:-1]:
        if len(step.outputs) != 1:
            continue
        symbol = step.outputs[0]
        if int(np.prod([n or 1 for n in symbol.shape[1:]])) != size or symbol is reader.output:
            continue
        tried = replace(
            reader,
            walk=Walk((Leaf(step, LINEAR),), ()),
            paths=(step.path, reader.paths[-1]),
            output=symbol,
            mode="logits",
            head=reader.head.model_copy(update={"layer": step.path}),
        )
        if tried.agrees(*facts.probe(tried.paths)):
            return tried
    return reader


_TRIED_LAYERS = 8


def _with_mode(reader: ClassScores, form: Form, numbers: Probed | None) -> ClassScores:
    """The reader with the best source of scores that agrees with the output's probabilities."""
    if reader.mode == "logits" or not reader.head.classes or form in ("linear", "other"):
        return reader
    if reader.walk is None:
        return replace(reader, mode=_log_of(reader, form))
    kinds = reader.walk.kinds
    if reader.walk.plain:
        known = (kinds <= {"softmax", "sigmoid", "log_softmax"} and not _is_constant(reader)) or (
            kinds == {"share"} and reader.walk.leaves[0].activation.name == "hard_sigmoid"
        )
        return replace(reader, mode="logits" if known else _log_of(reader, form))
    modes: tuple[Mode, ...] = ("logits", "logarithms")
    for mode in modes:
        if numbers is not None and replace(reader, mode=mode).agrees(
            numbers.behind, numbers.before
        ):
            return replace(reader, mode=mode)
    return replace(reader, mode=_log_of(reader, form))


def _is_constant(reader: ClassScores) -> bool:
    """Whether a softmax over a single unit stands behind everything: it is 1 for every image."""
    return reader.head.units == 1 and reader.head.activation == "softmax"


def _log_of(reader: ClassScores, form: Form) -> Mode:
    if form == "logarithms":
        return "output"
    return "log output" if reader.exclusive else "log odds of output"
