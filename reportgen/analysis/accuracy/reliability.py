"""Confidence against accuracy, counted in bins, and the expected calibration error.

Guo et al., "On Calibration of Modern Neural Networks", 2017.
"""

import numpy as np
import numpy.typing as npt

from reportgen.records.over_images import ConfidenceBin

BINS = 10
"""Bins of the reliability diagram, of equal width."""


class Reliability:
    """Images counted by the confidence of their predicted class."""

    def __init__(self) -> None:
        """Count nothing yet."""
        self._sums = np.zeros((BINS, 3))

    def add(self, confidence: npt.NDArray[np.floating], right: npt.NDArray[np.bool_]) -> None:
        """Count images by the probability (images,) of their predicted class, 0 to 1."""
        bins = np.clip(np.ceil(confidence * BINS).astype(np.intp) - 1, 0, BINS - 1)
        np.add.at(self._sums, bins, np.stack([np.ones(len(right)), confidence, right], axis=1))

    def bins(self) -> list[ConfidenceBin]:
        """Confidence and accuracy by bins of confidence, lowest first."""
        return [
            ConfidenceBin(
                low=at / BINS,
                high=(at + 1) / BINS,
                images=int(images),
                confidence=float(confidence / images) if images else None,
                accuracy=float(right / images) if images else None,
            )
            for at, (images, confidence, right) in enumerate(self._sums)
        ]

    def error(self) -> float:
        """Mean distance of confidence and accuracy, each bin weighted by its images."""
        images = self._sums[:, 0].sum()
        return float(np.abs(self._sums[:, 1] - self._sums[:, 2]).sum() / images)
