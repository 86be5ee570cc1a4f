"""From features to positions on a plane: principal components, or t-SNE.

H. Hotelling, "Analysis of a Complex of Statistical Variables into Principal Components", 1933;
L. van der Maaten and G. Hinton, "Visualizing Data using t-SNE", 2008.
"""

from importlib.util import find_spec

import numpy as np

from reportgen.analysis.image_map.neighbours import Floats
from reportgen.errors import SettingsError

LEAST_IMAGES, LEAST_TSNE = 3, 10
"""Images that a map needs, and that t-SNE needs."""

_PERPLEXITY = 30.0
_NOTHING = 1e-12
"""Share of the variance below which a component is rounding alone."""


def principal_components(features: Floats) -> tuple[Floats, tuple[float, float]]:
    """Positions (images, 2) by the two components of largest variance, and their shares of it.

    The signs are fixed: in each component the channel of the largest weight has a positive one.
    Where all images are alike all is zero.

    Args:
        features: (images, channels), finite.

    """
    centred = features - features.mean(axis=0)
    scale = float(np.abs(centred).max(initial=0.0))
    if not scale:
        return np.zeros((len(features), 2)), (0.0, 0.0)
    centred = centred / scale
    images, channels = centred.shape
    wide = channels > images
    values, vectors = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)
    total = float((centred**2).sum())
    positions, shares = np.zeros((images, 2)), [0.0, 0.0]
    for at in range(min(2, len(values))):
        value, vector = float(values[-1 - at]), vectors[:, -1 - at]
        if value <= _NOTHING * total:
            break
        weights = centred.T @ vector / np.sqrt(value) if wide else vector
        sign = 1.0 if weights[np.abs(weights).argmax()] > 0 else -1.0
        positions[:, at] = centred @ weights * sign * scale
        shares[at] = value / total
    return positions, (shares[0], shares[1])


def perplexity_of(images: int) -> float:
    """The perplexity of t-SNE: 30, or less where there are few images."""
    return min(_PERPLEXITY, (images - 1) / 3)


def tsne(features: Floats, seed: int) -> Floats:
    """Positions (images, 2) by t-SNE, starting from the principal components.

    Args:
        features: (images, channels), finite; at least `LEAST_TSNE` images.
        seed: of random numbers.

    Raises:
        SettingsError: scikit-learn is not installed.

    """
    check_tsne_tools()
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    scale = float(np.abs(features).max(initial=0.0)) or 1.0
    start = principal_components(features)[0]
    start = start / (start[:, 0].std() or 1.0) * 1e-4
    chosen = TSNE(
        perplexity=perplexity_of(len(features)), init=start.astype(np.float32), random_state=seed
    )
    with threadpool_limits(1):  # several threads add up in an order that varies
        return np.asarray(chosen.fit_transform(features / scale), np.float64)


def check_tsne_tools() -> None:
    """Raise SettingsError unless scikit-learn is installed."""
    if find_spec("sklearn") is None:
        raise SettingsError(
            "--map tsne needs scikit-learn: pip install 'keras-reportgen[maps]', or use --map pca."
        )
