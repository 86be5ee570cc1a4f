"""Which preprocessing is right? Try the candidates on images whose classes are known."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.analysis.batches import LEAST_BYTES, in_batches
from reportgen.analysis.engine import engine
from reportgen.analysis.options import UnsettledOptions
from reportgen.analysis.workbench import Workbench
from reportgen.errors import ImageError
from reportgen.execution.units import Result, Unit
from reportgen.inputs.preprocessing import function_of
from reportgen.records.model import Preprocessing, Trial

MOST_IMAGES = 64
"""Images that are tried; more would cost time and hardly change the choice."""

CANDIDATES = ("none", "unit", "signed", "caffe", "torch")


@dataclass(frozen=True, kw_only=True)
class TrialOptions(UnsettledOptions):
    """The class of each of the unit's photos."""

    classes: Sequence[int]


@dataclass(frozen=True)
class TrialData:
    """Images tried, and how many of them come out as their class with each candidate."""

    images: int
    correct: dict[str, int]
    in_any_order: dict[str, int]
    """Those right if the classes stand in the order that suits the candidate best."""


class PreprocessingTrial:
    """Counts, for each candidate, how many images come out as their class."""

    name = "preprocessing trial"
    version = 2
    title = "Testing preprocessing modes"

    def unit(self, model: str, photos: Sequence[str], options: TrialOptions) -> Unit[TrialOptions]:
        """The unit of one model and these images."""
        return Unit(self.name, self.version, "model", model, tuple(photos), options)

    def compute(
        self, units: Sequence[Unit[TrialOptions]], bench: Workbench
    ) -> Iterator[tuple[Unit[TrialOptions], Result[TrialData]]]:
        """Yield what each candidate comes to."""
        for unit in units:
            yield unit, Result(self._try(unit, bench))

    def _try(self, unit: Unit[TrialOptions], bench: Workbench) -> TrialData:
        network, head = bench.network, bench.network.class_scores
        if head is None or bench.image_input is None:
            raise ImageError("The model does not tell classes apart.")
        channels = bench.image_input.channels
        modes = [mode for mode in CANDIDATES if channels == 3 or mode not in ("caffe", "torch")]

        def scores(values: Any) -> Any:
            return head.scores(*network.run(values, head.paths))

        scores_of = engine().compiled(scores, network.variables, bench.places)

        def classes_of(pixels: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.intp]]:
            fed = {m: np.asarray(function_of(m, channels)(pixels), np.float32) for m in modes}
            return {mode: np.argmax(scores_of(values), axis=1) for mode, values in fed.items()}

        def answers(found: dict[str, npt.NDArray[np.intp]], at: int, digest: str) -> Any:
            return lambda: {mode: (wanted[digest], int(found[mode][at])) for mode in modes}

        cells: dict[str, Counter[tuple[int, int]]] = {mode: Counter() for mode in modes}
        wanted = dict(zip(unit.photos, unit.options.classes, strict=True))
        for _, pairs in in_batches(bench, list(wanted), LEAST_BYTES, classes_of, answers):
            for mode, pair in pairs.items():
                cells[mode][pair] += 1
        return TrialData(
            images=len(wanted),
            correct={
                mode: sum(
                    images for (true, predicted), images in found.items() if true == predicted
                )
                for mode, found in cells.items()
            },
            in_any_order={
                mode: sum(found[pair] for pair in best_order(found).items())
                for mode, found in cells.items()
            },
        )


def best_order(cells: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """For each true class a predicted one, no two the same, so that many images are right.

    `cells` counts the images by (true, predicted) class. The fullest cells are taken first, which
    is the best choice wherever one is clearly better than all others.
    """
    order: dict[int, int] = {}
    for true, predicted in sorted(cells, key=lambda pair: (-cells[pair], pair)):
        if true not in order and predicted not in order.values():
            order[true] = predicted
    return order


def sample(classes: Mapping[str, int], most: int = MOST_IMAGES) -> dict[str, int]:
    """At most so many images, taken from all classes in turn and in their order."""
    queues: dict[int, list[str]] = {}
    for digest, number in classes.items():
        queues.setdefault(number, []).append(digest)
    taken: list[str] = []
    for position in range(max((len(queue) for queue in queues.values()), default=0)):
        taken += [queues[number][position] for number in sorted(queues)
                  if position < len(queues[number])]  # fmt: skip
    return {digest: classes[digest] for digest in taken[:most]}


def clearly_best(correct: Mapping[str, int], images: int, usual: str) -> str:
    """The candidate to take: the usual one, unless another is right clearly more often.

    Clearly: by a tenth of the images and at least three of them, so that chance on a few images
    does not decide.
    """
    best = max(correct, key=lambda mode: (correct[mode], mode == usual))
    return best if correct[best] - correct.get(usual, 0) >= _margin(images) else usual


def _margin(images: int) -> float:
    """By how many images a candidate must be ahead for it not to be chance."""
    return max(3, images / 10)


def choose_by_trial(
    usual: Preprocessing,
    correct: Mapping[str, int],
    images: int,
    in_any_order: Mapping[str, int] | None = None,
) -> Preprocessing:
    """The preprocessing to use after a trial on so many images.

    `in_any_order` is given where the order of the classes is assumed: a candidate is not better
    where the usual one is as good with the classes in another order. (Swapped colours can look like
    swapped classes.)
    """
    mode = clearly_best(correct, images, usual.mode)
    if in_any_order and correct[mode] - in_any_order.get(usual.mode, 0) < _margin(images):
        mode = usual.mode
    trials = [
        Trial(mode=candidate, correct=count, images=images) for candidate, count in correct.items()
    ]
    share = f"{100 * correct.get(mode, 0) / images:.0f} % of {images} images in class folders"
    others = max((count for other, count in correct.items() if other != mode), default=0)
    known = correct.get(mode, 0) - others >= _margin(images)
    if mode != usual.mode:
        reason = f"it is clearly the most accurate candidate: {share} are right"
    elif known and usual.source == "assumed":
        reason = (
            f"a trial confirms it: it is clearly the most accurate candidate, {share} are right"
        )
    elif correct.get(mode, 0) == max(correct.values()):
        reason = f"{usual.reason}; no candidate is more accurate: {share} are right"
    else:
        return usual.model_copy(update={"trials": trials})
    source = "detected" if known else usual.source
    return usual.model_copy(
        update={"mode": mode, "source": source, "reason": reason, "trials": trials}
    )
