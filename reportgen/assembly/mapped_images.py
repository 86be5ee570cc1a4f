"""The images of a map: what the usual pass over the images found for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.analysis.feature_maps.activations import ActivationUnit
from reportgen.analysis.feature_maps.grids import ActivationData
from reportgen.analysis.finite import tells_classes
from reportgen.execution.runner import Outcome
from reportgen.execution.store import Stored
from reportgen.inputs.photos.images import ImageFile


@dataclass(frozen=True)
class MappedImage:
    """One image: its features, and its classes by folder and prediction; None where not known."""

    file: ImageFile
    digest: str
    features: Sequence[float]
    probabilities: Sequence[float]
    true: int | None
    predicted: int | None

    @property
    def is_finite(self) -> bool:
        """Whether it has features, and all of them are numbers."""
        return len(self.features) > 0 and bool(np.isfinite(self.features).all())

    @property
    def misclassified(self) -> bool:
        """Whether the predicted class is known not to be the true one."""
        return None not in (self.true, self.predicted) and self.true != self.predicted


def mapped_images(
    photos: Sequence[tuple[ImageFile, str]],
    units: Sequence[ActivationUnit],
    outcomes: Mapping[str, Outcome],
) -> list[MappedImage]:
    """The images whose features were computed, in their order."""
    keys = {unit.photo: unit.key for unit in units}
    found = []
    for file, digest in photos:
        stored = outcomes.get(keys.get(digest, ""))
        if not isinstance(stored, Stored):
            continue
        seen = stored.read(ActivationData)
        known = bool(seen.scores) and tells_classes(seen.scores, seen.probabilities)
        predicted = int(np.argmax(seen.scores)) if known else None
        shares = seen.probabilities if known else []
        found.append(MappedImage(file, digest, seen.features, shares, file.true_class, predicted))
    return found
