"""What a stack of maps means: class maps, a mask, a picture, or features."""

from reportgen.inputs.outputs.facts import Evidence, Meaning, Reading

_NAMES = {"mask", "masks", "seg", "segmentation", "semantic", "saliency", "foreground", "class"}
_NAMES |= {"classes", "classification", "logits", "label", "labels", "categories", "probs"}


def meaning_of_map(known: Evidence, asked: str | None) -> Meaning:
    """What the output means, which has a number for each position and channel.

    Raises ValueError where it cannot be what was asked for.
    """
    if asked in ("values", "embedding"):
        raise ValueError("the output is a map")
    why = f"{_size(known)}; " + (f"--head says {asked}" if asked else known.ending)
    if known.loss and not asked:
        why += f"; trained with {known.loss.name}"
    if _exclusive(known, asked):
        return Meaning("map", why, known.units, _readings(known, "softmax"), "probability")
    if asked or _is_mask(known):
        return Meaning("map", why, known.units, _readings(known, "sigmoid"))
    several = "a stack of maps" if known.units > 1 else "a map"
    what = "a picture" if known.like_image else several
    return Meaning("map", why, reason=f"the output is {what}, not a list of classes")


def _size(known: Evidence) -> str:
    laid = ", laid out as a row" if known.flattened else ""
    return f"a map of {' × '.join(str(n) for n in known.shape)}{laid}"


def _readings(known: Evidence, otherwise: Reading) -> Reading:
    readings: dict[str, Reading] = {
        "distribution": "as it is",
        "shares": "as it is",
        "logarithms": "exp",
    }
    return readings.get(known.form, otherwise)


def _exclusive(known: Evidence, asked: str | None) -> bool:
    """Whether the maps are of classes that exclude each other at each position."""
    if known.units == 1 or asked == "labels":
        return False
    if asked == "classes" or known.form in ("distribution", "logarithms"):
        return True
    purpose = known.loss.purpose if known.loss else "unknown"
    if known.form != "linear":
        return False
    if purpose in ("one class", "any class"):
        return True
    return purpose == "unknown" and _is_mask(known)


def _is_mask(known: Evidence) -> bool:
    """Whether each map is the mask of a label: loss and name say so, or a sigmoid of several."""
    purpose = known.loss.purpose if known.loss else "unknown"
    if purpose == "mask" or known.words & _NAMES:
        return True
    if purpose == "values" or known.like_image or known.form not in ("shares", "linear"):
        return False
    if purpose in ("each class", "any class"):
        return True
    return known.units > 1 and (known.form == "shares" or known.enlarged)
