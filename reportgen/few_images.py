"""What few images can tell: whether a ranking of them says anything, and how sure a share is."""

import math

FEWEST_RANKED = 9
"""With fewer images than a row of top images has, all of them are top images of every channel."""

_DEVIATIONS = 1.959964
"""Standard deviations of the normal distribution around its mean that hold 95 %."""


def wilson_interval(hits: int, images: int) -> tuple[float, float]:
    """The 95 % confidence interval (low, high), 0..1, of a share: `hits` of at least one image.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927. It
    stays within 0..1 and is not empty where every image, or none, is a hit.
    """
    if images < 1:
        raise ValueError("a share needs an image")
    share, square = hits / images, _DEVIATIONS**2
    middle = share + square / (2 * images)
    reach = _DEVIATIONS * math.sqrt(share * (1 - share) / images + square / (4 * images**2))
    below = 1 + square / images
    return max(0.0, (middle - reach) / below), min(1.0, (middle + reach) / below)
