"""Which layers repeat each other: linear CKA within a model, from the means of channels.

S. Kornblith et al., "Similarity of Neural Network Representations Revisited", 2019, figure 3:
layers behind which the representation hardly changes have a CKA near 1 with each other.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from reportgen.analysis.feature_maps.grids import Grid
from reportgen.cka import Floats, cka_matrix, gram
from reportgen.evenly_spaced import spread
from reportgen.records.behaviour.similarity import LayerSimilarity
from reportgen.records.model import Layer

LEAST_IMAGES = 50
"""With fewer images CKA is a rough estimate."""
MOST_IMAGES = 256
"""Its memory grows with the square of the images."""
MOST_LAYERS = 60
NEAR = 0.98
"""CKA from which on two layers count as near-duplicates."""

Means = npt.NDArray[np.float32]

CAUTION = (
    "CKA compares the mean activation of each channel, not where in the image it is. A few outlying"
    " images change it strongly (Davari et al., 2023, arXiv 2210.16156)."
)


class LayerMeans:
    """The means of all channels on at most 256 images: those with the lowest digests."""

    def __init__(self, described: Sequence[Layer]) -> None:
        """Keep nothing yet; `described` are the layers of the model."""
        self._compared = compared_layers(described)
        self._by_digest: dict[str, Mapping[str, Means]] = {}
        self._partial = False

    def add(self, digest: str, grids: Sequence[Grid]) -> None:
        """Keep an image: what is known of each of its layers."""
        known = {grid.layer: grid for grid in grids}
        wanted = [known[path] for path in self._compared if path in known]
        self._partial |= any(grid.shown < grid.channels for grid in wanted)
        self._keep(
            digest,
            {
                grid.layer: np.array([np.nan if m is None else m for m in grid.means], np.float32)
                for grid in wanted
            },
        )

    def add_group(self, digests: Sequence[str], means: Means, measured: Mapping[str, int]) -> None:
        """Keep images by the means (images, channels) of the layers `measured`, with channels."""
        ends = np.cumsum(list(measured.values()))[:-1]
        for digest, row in zip(digests, means, strict=True):
            parts = dict(zip(measured, np.split(row, ends), strict=True))
            wanted = [path for path in self._compared if path in parts]
            self._keep(digest, {path: parts[path].copy() for path in wanted})

    def _keep(self, digest: str, means: Mapping[str, Means]) -> None:
        if not means:
            return
        self._by_digest[digest] = means
        if len(self._by_digest) > MOST_IMAGES:
            del self._by_digest[max(self._by_digest)]

    @property
    def images(self) -> int:
        """How many images are kept."""
        return len(self._by_digest)

    def similarity(self, images: int) -> LayerSimilarity | None:
        """The record; None with fewer than 50 images, or fewer than two layers that vary.

        `images` are all that there are; of groups, some were added.
        """
        if self.images < LEAST_IMAGES:
            return None
        kept = [means for _, means in sorted(self._by_digest.items())]
        grams = {path: found for path in self._compared if (found := _gram(path, kept)) is not None}
        if len(grams) < 2:
            return None
        layers = spread(list(grams), MOST_LAYERS)
        matrices = [grams[path] for path in layers]
        values = cka_matrix(matrices, matrices)
        return LayerSimilarity(
            images=self.images,
            sampled=images > self.images,
            layers=layers,
            cka=values,
            threshold=NEAR,
            repeats=[[layers[at] for at in run] for run in repeated(values)],
            cautions=self._cautions(len(grams)),
        )

    def _cautions(self, layers: int) -> list[str]:
        cautions = [CAUTION]
        if self._partial:
            cautions.append(
                "Of layers with more channels than the report shows, only the shown channels count."
            )
        if layers > MOST_LAYERS:
            cautions.append(f"Of {layers:,} layers {MOST_LAYERS} are compared, evenly chosen.")
        return cautions


def compared_layers(described: Sequence[Layer]) -> list[str]:
    """Layers by path; of those that pass on the channels of one convolution, the last.

    What stands before the first layer with filters, such as rescaling, is left out.
    """
    first = next((at for at, layer in enumerate(described) if layer.origin), 0)
    last = {
        layer.origin or layer.path: layer.path
        for layer in described[first:]
        if layer.spatial and not layer.passes_through
    }
    chosen = set(last.values())
    return [layer.path for layer in described if layer.path in chosen]


def _gram(path: str, kept: Sequence[Mapping[str, Means]]) -> Floats | None:
    """The matrix of a layer for CKA; None where nothing varies or an image has no means of it."""
    if any(path not in means for means in kept) or len({len(means[path]) for means in kept}) != 1:
        return None
    means = np.stack([means[path] for means in kept]).astype(np.float64)
    finite = means[:, np.isfinite(means).all(axis=0)]
    found = gram(finite) if finite.shape[1] else np.zeros((1, 1))
    return found if found.any() else None


def repeated(cka: Sequence[Sequence[float | None]]) -> list[list[int]]:
    """Runs of two or more consecutive layers of which each two have a CKA of 0.98 or more."""
    runs: list[list[int]] = []
    run: list[int] = []
    for at in range(len(cka)):
        if not all((cka[at][other] or 0.0) >= NEAR for other in run):
            runs.append(run)
            run = []
        run.append(at)
    return [found for found in (*runs, run) if len(found) > 1]
