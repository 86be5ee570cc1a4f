"""The evaluation of a build: images in class folders, from finished activations to the record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reportgen.analysis.accuracy.evaluation import Tally, likelihood_of
from reportgen.analysis.cams.gradcam import GradCamData, GradCamOptions, GradCams, GradCamUnit
from reportgen.analysis.feature_maps.activations import ActivationOptions
from reportgen.analysis.feature_maps.grids import ActivationData
from reportgen.analysis.finite import tells_classes
from reportgen.config import Settings
from reportgen.execution.runner import Outcome, Plan
from reportgen.execution.store import Stored
from reportgen.inputs.classes.class_names import Classes
from reportgen.inputs.photos.images import ImageFile
from reportgen.pictures.charts.reliability import reliability_diagram
from reportgen.records.model import Model
from reportgen.records.over_images import ConfidenceBin, Evaluation, Mistake
from reportgen.records.report import Skipped

MOST_EXPLAINED = 100
"""Misclassified images, most confident first, whose true class gets a Grad-CAM if it is not a top
class."""

MOST_ALIKE = 4
"""Images from which on it is worth saying that all get the same answer."""

ALIKE = 0.02
"""Probabilities that differ by less hardly depend on the image."""

CHART = "pictures/reliability.svg"
CALIBRATED_CHART = "pictures/reliability-calibrated.svg"

NO_CLASS = (
    "the class scores of all images of known class are not numbers (NaN or infinite): no class is "
    "predicted"
)

Photos = Sequence[tuple[ImageFile, str]]
"""Image files with the digests of their bytes."""


@dataclass(frozen=True)
class Evaluated:
    """What was counted, and why there is no loss."""

    tally: Tally
    folders: dict[str, int]
    unknown: int
    not_finite: int
    loss_reason: str

    def record(self, model: Model, folder: Path) -> Evaluation:
        """The record; writes its reliability diagrams below the report's `folder`."""
        tally, reason = self.tally, self.loss_reason
        chart = _drawn(tally.reliability(), folder, CHART)
        found = tally.evaluation(model, self.folders, self.unknown, chart, reason)
        temperature = found.temperature
        if temperature is not None:
            calibrated = _drawn(temperature.reliability, folder, CALIBRATED_CHART)
            temperature = temperature.model_copy(update={"chart": calibrated})
        return found.model_copy(update={"not_finite": self.not_finite, "temperature": temperature})


def _drawn(bins: Sequence[ConfidenceBin], folder: Path, name: str) -> str | None:
    """The name of a reliability diagram, written below `folder`; None where there are no bins."""
    if not bins:
        return None
    drawn = reliability_diagram(
        [bin_.images for bin_ in bins],
        [bin_.confidence for bin_ in bins],
        [bin_.accuracy for bin_ in bins],
    )
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(drawn)
    return name


def known_classes(
    model: Model, classes: Classes, settings: Settings
) -> tuple[dict[str, int], Skipped | None]:
    """The class index of each folder; without any, and with a reason to say so, what to say."""
    asked = "evaluation" in settings.sections
    if "evaluation" not in settings.chosen_sections:
        return {}, None
    if model.head is None or not model.head.classes:
        reason = model.head.reason if model.head else "the model has no output of its own"
    elif classes.indices:
        return classes.indices, None
    else:
        reason = classes.reason
    told = asked or (classes.named and model.head is not None and model.head.classes > 0)
    return {}, Skipped(what="section", name="evaluation", reason=reason) if told else None


def evaluate(
    model: Model,
    photos: Photos,
    classes: Classes,
    plan: Plan[ActivationOptions],
    outcomes: Mapping[str, Outcome],
    settings: Settings,
) -> Evaluated | Skipped | None:
    """Count all images of known class, one after the other.

    None where there is none to count, and the reason where the model predicts no class.
    """
    units = {unit.photo: unit for unit in plan.units}
    kind, reason = likelihood_of(model)
    tally = Tally(len(model.labels), settings.top, kind, order_assumed=classes.assumed)
    not_finite = 0
    for file, digest in photos:
        true = file.true_class
        stored = outcomes[units[digest].key] if digest in units else None
        if true is None or not isinstance(stored, Stored):
            continue
        seen = stored.read(ActivationData)
        if not tells_classes(seen.scores, seen.probabilities):
            not_finite += 1
        elif seen.scores:
            tally.add(file.name, true, seen.scores, seen.probabilities)
    if not tally.images:
        return Skipped(what="section", name="evaluation", reason=NO_CLASS) if not_finite else None
    unknown = len(photos) - tally.images - not_finite
    return Evaluated(tally, classes.indices, unknown, not_finite, reason)


def same_answer(
    model: Model, plan: Plan[ActivationOptions], outcomes: Mapping[str, Outcome]
) -> str:
    """A sentence where several images, none of known class, all get the same answer; else ""."""
    finished = (outcomes[unit.key] for unit in plan.units)
    known = (found.read(ActivationData) for found in finished if isinstance(found, Stored))
    shares = [
        seen.probabilities
        for seen in known
        if seen.probabilities and tells_classes(seen.scores, seen.probabilities)
    ]
    if len(shares) < MOST_ALIKE or len(set(map(len, shares))) != 1:
        return ""
    answers = {max(range(len(share)), key=share.__getitem__) for share in shares}
    if len(answers) != 1 or len(shares[0]) != len(model.labels):
        return ""
    (answer,) = answers
    found = f"Every image gets the same answer: {model.labels[answer]}."
    sure = [share[answer] for share in shares]
    if max(sure) - min(sure) < ALIKE or model.preprocessing.source == "assumed":
        found += " The preprocessing may be wrong; --preprocess chooses another."
    return found


def explained_mistakes(
    mistakes: Sequence[Mistake],
    photos: Photos,
    plan: Plan[GradCamOptions],
    outcomes: Mapping[str, Outcome],
) -> Plan[GradCamOptions]:
    """Grad-CAMs that the most confident mistakes lack: of the true and of the predicted class.

    `plan` and `outcomes` are those of the images' own Grad-CAMs; without any, there are none here.
    """
    digests = {file.name: digest for file, digest in photos}
    own = {unit.photo: unit for unit in plan.units}
    units: dict[str, GradCamUnit] = {}
    for mistake in mistakes[:MOST_EXPLAINED]:
        digest = digests.get(mistake.image, "")  # of a data set, few images have pages
        if digest not in own or not isinstance(found := outcomes[own[digest].key], Stored):
            continue
        drawn = {cam.index for cam in found.read(GradCamData).gradcam}
        for unit in _wanted(own[digest], {mistake.predicted, mistake.true} - drawn):
            units[unit.key] = unit
    return Plan(plan.analysis, list(units.values()))


def _wanted(unit: GradCamUnit, classes: set[int]) -> Iterator[GradCamUnit]:
    for index in sorted(classes):
        options = replace(unit.options, targets=index)
        yield GradCams().unit(unit.model or "", unit.photo, options)
