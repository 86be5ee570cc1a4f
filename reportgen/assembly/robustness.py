"""From finished units to the record of robustness, with its charts and pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean

from reportgen.analysis.robustness.robustness import (
    Corrupted,
    RobustnessData,
    RobustnessUnit,
)
from reportgen.assembly.assembly import Assembly
from reportgen.corruptions import CORRUPTIONS, STRENGTHS, VERSION, Corruption
from reportgen.execution.runner import Outcome
from reportgen.execution.store import Stored
from reportgen.inputs.photos.images import ImageFile
from reportgen.pictures.charts.plain import Curve, curves
from reportgen.records.behaviour.robustness import (
    CorruptionResult,
    Robustness,
    StrengthResult,
    WorstImage,
)

MOST_WORST = 4
"""Images of each corruption that are shown."""

_NO_CORRUPTION = "0"


@dataclass(frozen=True)
class _MeasuredImage:
    """An image with what was found of it."""

    name: str
    true: int | None
    stored: Stored
    data: RobustnessData

    def at(self, name: str, strength: int) -> Corrupted:
        return next(
            corrupted
            for corrupted in self.data.corrupted
            if (corrupted.name, corrupted.strength) == (name, strength)
        )

    def damage(self, name: str) -> tuple[int, float]:
        """How early the class changes, and how much of its probability is lost at the end."""
        changed = [s for s in STRENGTHS if self.at(name, s).predicted != self.data.predicted]
        before, after = self.data.confidence, self.at(name, STRENGTHS[-1]).confidence
        lost = before - after if before is not None and after is not None else 0.0
        return -(changed[0] if changed else len(STRENGTHS) + 1), lost


def assemble_robustness(
    assembly: Assembly,
    files: Mapping[str, ImageFile],
    units: Sequence[RobustnessUnit],
    outcomes: Mapping[str, Outcome],
    data_set: str,
) -> Robustness | None:
    """The record over the images whose units succeeded; None where there is none.

    `files` are all images by their digests; `data_set` is the name of their data set, if any.
    """
    seen: list[_MeasuredImage] = []
    for unit in units:
        file = files[unit.photo]
        stored = assembly.usable(outcomes[unit.key], "robustness of", file.name)
        if stored is not None:
            data = stored.read(RobustnessData)
            seen.append(_MeasuredImage(file.name, file.true_class, stored, data))
    if not seen:
        return None
    known = [image for image in seen if image.true is not None]
    right = [float(image.data.predicted == image.true) for image in known]
    accuracy = fmean(right) if right else None
    return Robustness(
        definitions=VERSION,
        dataset=data_set,
        layer=units[0].options.layer,
        images=len(seen),
        all_images=len(files),
        known=len(known),
        accuracy=accuracy,
        corruptions=[
            _corruption(assembly, corruption, seen, accuracy) for corruption in CORRUPTIONS.values()
        ],
    )


def _corruption(
    assembly: Assembly,
    corruption: Corruption,
    seen: Sequence[_MeasuredImage],
    accuracy: float | None,
) -> CorruptionResult:
    name = corruption.name
    strengths = [_strength(corruption, strength, seen) for strength in STRENGTHS]
    worst = sorted(seen, key=lambda image: (*image.damage(name), image.name), reverse=True)
    path = f"pictures/robustness/{name}.svg"
    (assembly.folder / path).parent.mkdir(parents=True, exist_ok=True)
    (assembly.folder / path).write_bytes(_chart(corruption, strengths, accuracy))
    return CorruptionResult(
        name=name,
        title=corruption.title,
        definition=corruption.definition,
        strengths=strengths,
        worst=[
            _worst(assembly, name, image, f"pictures/robustness/{name}-{at}")
            for at, image in enumerate(worst[:MOST_WORST])
            if _is_changed(image, name)
        ],
        chart=path,
    )


def _is_changed(image: _MeasuredImage, name: str) -> bool:
    first, lost = image.damage(name)
    return -first <= len(STRENGTHS) or lost > 0.1


def _strength(
    corruption: Corruption, strength: int, seen: Sequence[_MeasuredImage]
) -> StrengthResult:
    pairs = [(image, image.at(corruption.name, strength)) for image in seen]
    right = [
        float(corrupted.predicted == image.true)
        for image, corrupted in pairs
        if image.true is not None
    ]
    confident = [corrupted.confidence for _, corrupted in pairs if corrupted.confidence is not None]
    drifts = [
        corrupted.drift
        for _, corrupted in pairs
        if corrupted.drift is not None and isfinite(corrupted.drift)
    ]
    return StrengthResult(
        strength=strength,
        amount=corruption.said(strength),
        accuracy=fmean(right) if right else None,
        flips=fmean(
            float(corrupted.predicted != image.data.predicted) for image, corrupted in pairs
        ),
        confidence=fmean(confident) if confident else None,
        drift=fmean(drifts) if drifts else None,
    )


def _worst(assembly: Assembly, name: str, image: _MeasuredImage, target: str) -> WorstImage:
    labels = assembly.model.target_labels
    by_strength = [image.at(name, strength) for strength in STRENGTHS]
    copied = assembly.copy_picture(image.stored, f"{name}.jpg", target)
    return WorstImage(
        image=image.name,
        label=labels[image.data.predicted],
        predicted=[labels[corrupted.predicted] for corrupted in by_strength],
        confidence=[corrupted.confidence for corrupted in by_strength],
        picture=copied.picture,
        width=copied.width,
        height=copied.height,
    )


def _chart(
    corruption: Corruption, strengths: Sequence[StrengthResult], accuracy: float | None
) -> bytes:
    """Accuracy, and the share of images that keep their class, by strength."""
    kept = [(0.0, 1.0), *((float(result.strength), 1 - result.flips) for result in strengths)]
    drawn = [Curve("same class", kept)]
    if accuracy is not None:
        known = [(float(result.strength), result.accuracy or 0.0) for result in strengths]
        drawn = [Curve("accuracy", [(0.0, accuracy), *known]), *drawn]
    return curves(
        drawn,
        [(0.0, _NO_CORRUPTION), *((float(strength), str(strength)) for strength in STRENGTHS)],
        [(at / 4, f"{at * 25} %") for at in range(5)],
        f"Robustness against {corruption.title.lower()}, by strength",
        axes=("strength", ""),
        size=(360, 260),
    )
