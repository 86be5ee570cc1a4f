"""What an output means: classes, labels, values, an embedding or a sequence, and why.

It is concluded, in this order, from what the user says, the activation functions, the stored loss,
the names of layer and output, and the shape. No Keras here.
"""

from collections.abc import Mapping
from dataclasses import replace

from reportgen.inputs.outputs.facts import Evidence, Meaning, Reading
from reportgen.inputs.outputs.losses import Loss
from reportgen.inputs.outputs.maps import meaning_of_map
from reportgen.records.outputs import Link

_EMBEDDING = {"embedding", "embeddings", "embed", "descriptor", "latent", "encoding", "encoded"}
_EMBEDDING |= {"projection", "representation", "features", "feature", "z", "code", "bottleneck"}
_VALUES = {"bbox", "bboxes", "box", "boxes", "bounding", "landmark", "landmarks", "keypoint"}
_VALUES |= {"keypoints", "coord", "coords", "coordinates", "age", "angle", "steering", "regression"}
_VALUES |= {"regressor", "regress", "price", "count", "depth", "pose", "gaze", "offset", "offsets"}
_VALUES |= {"location", "localization", "yaw", "pitch", "roll", "speed", "throttle", "value"}
_VALUES |= {"values", "weight", "height", "width", "distance", "temperature", "density", "points"}
_CLASSES = {"class", "classes", "classifier", "classification", "category", "categories", "logits"}
_CLASSES |= {"label", "labels", "species", "gender", "sex", "race", "emotion", "digit", "digits"}
_CLASSES |= {"cls", "logit", "probs", "probabilities", "breed", "disease", "diagnosis"}
_LOGITS = {"logit", "logits"}

_MOST_VALUES = 64
"""From so many linear units on, a power of two of them is an embedding."""


def meaning_of(known: Evidence, asked: str | None = None) -> Meaning:
    """What the output means; `asked` is the user's word, which decides.

    Raises ValueError where the output cannot be what was asked for.
    """
    if len(known.shape) >= 3 or known.flattened:
        return meaning_of_map(known, asked)
    if len(known.shape) == 2:
        return _sequence(known, asked)
    return replace(_asked(known, asked), why="--head says so") if asked else _vector(known)


def _asked(known: Evidence, asked: str) -> Meaning:
    if asked == "classes":
        return _classes(known, "")
    return _labels(known, "") if asked == "labels" else _numbers(asked, "")


def _vector(known: Evidence) -> Meaning:
    """What a list of numbers means."""
    if known.units == 1 and known.activation == "softmax" and not known.then:
        return _numbers("values", "a softmax over a single unit is 1 for every image")
    if known.form in ("distribution", "logarithms"):
        return _classes(known, known.ending)
    found = _by_loss(known, known.loss) if known.loss else None
    if found is None and known.form == "shares":
        found = _shares(known)
    return found or _by_names(known) or _by_shape(known)


def _by_loss(known: Evidence, loss: Loss) -> Meaning | None:
    why, purpose = f"{known.ending}; trained with {loss.name}", loss.purpose
    if purpose == "one class" and known.units == 1:
        purpose = "each class"  # what the loss takes it for is not known; a class and its opposite
    if purpose == "any class":
        purpose = "one class" if known.form == "linear" and known.units > 1 else "each class"
    elif purpose == "each class" and known.form == "linear" and loss.from_logits is not True:
        return _literal(known, why)
    if purpose == "one class":
        return _classes(known, why)
    if purpose == "each class":
        return _classes(known, why) if known.units == 1 else _labels(known, why)
    if purpose in ("margin", "margins"):
        return _margins(known, why, exclusive=purpose == "margin" or known.units == 1)
    kinds = {"values": "values", "mask": "values", "embedding": "embedding"}
    return _numbers(kinds[purpose], why) if purpose in kinds else None


def _literal(known: Evidence, why: str) -> Meaning:
    """A binary cross-entropy over linear units that is not said to take logits.

    Keras then takes the numbers for probabilities and clips them to 0..1.
    """
    text = f"{why}, which takes the linear output itself as a probability, clipped to 0..1"
    if known.units == 1:
        return Meaning("classes", text, 2, "clip", "probability")
    return Meaning("labels", text, known.units, "clip")


def _margins(known: Evidence, why: str, *, exclusive: bool) -> Meaning:
    text = f"{why}: the numbers are margins, not probabilities"
    if exclusive:
        return Meaning("classes", text, max(2, known.units))
    return Meaning("labels", text, known.units)


def _shares(known: Evidence) -> Meaning:
    """Numbers from 0 to 1, by their name values, else each the probability of a label."""
    if found := known.words & _VALUES:
        return _numbers("values", f"{known.ending}; its name says “{min(found)}”")
    return _classes(known, known.ending) if known.units == 1 else _labels(known, known.ending)


def _by_names(known: Evidence) -> Meaning | None:
    """What the name of the layer or the output says."""
    linear, several = known.form == "linear", known.units > 1
    if found := known.words & _EMBEDDING:
        return _numbers("embedding", f"{known.ending}; its name says “{min(found)}”")
    if found := known.words & _VALUES:
        return _numbers("values", f"{known.ending}; its name says “{min(found)}”")
    if linear and (found := known.words & (_CLASSES if several else _LOGITS)):
        return _classes(known, f"{known.ending}; its name says “{min(found)}”")
    if linear and known.units == 1000 and "predictions" in known.words:
        return _classes(known, f"{known.ending}; ImageNet has 1000 classes")
    return None


def _by_shape(known: Evidence) -> Meaning:
    """What units mean that neither a loss nor a name tells of."""
    if known.units > 1:
        if known.norm_one:
            return _numbers("embedding", f"{known.ending}, of length one for every image")
        if not known.dense:
            return _numbers("embedding", "features without a dense layer behind them")
        if known.units >= _MOST_VALUES and known.units & (known.units - 1) == 0:
            text = f"{known.units} units; {known.ending}; no loss for classes is stored"
            return _numbers("embedding", text)
    units = "a single unit" if known.units == 1 else f"{known.units} units"
    hint = "--head classes reads it as classes"
    text = f"{units}; {known.ending}; no loss for classes is stored; {hint}"
    return _numbers("values", text)


def _classes(known: Evidence, why: str) -> Meaning:
    """Classes that exclude each other."""
    if known.units == 1:
        known_share = known.form in ("shares", "distribution")
        reading: Reading = "as it is" if known_share else "sigmoid"
        link: Link = "probability" if known.rough else "sigmoid"
        return Meaning("classes", why, 2, reading, link)
    whole: Reading = "as it is" if abs(known.total - 1) < 0.01 else "share of the sum"
    readings: dict[str, Reading] = {
        "distribution": whole,
        "logarithms": "exp",
        "shares": "as it is",
    }
    reading = readings.get(known.form, "softmax")
    return Meaning(
        "classes", why, known.units, reading, "none" if known.form == "shares" else "softmax"
    )


def _labels(known: Evidence, why: str) -> Meaning:
    """Classes each by itself."""
    reading: Reading = "as it is" if known.form in ("shares", "distribution") else "sigmoid"
    return Meaning("labels", why, known.units, reading, "none")


def _numbers(kind: str, why: str) -> Meaning:
    reasons: Mapping[str, str] = {
        "values": "the output gives values, not classes",
        "embedding": "the output is an embedding, not classes",
    }
    return Meaning(kind, why, reason=reasons[kind])  # type: ignore[arg-type]


def _sequence(known: Evidence, asked: str | None) -> Meaning:
    if asked:
        raise ValueError("the output is a sequence of positions")
    steps, units = known.shape
    why = f"{steps} positions of {units} numbers each; {known.ending}"
    if known.loss:
        why += f"; trained with {known.loss.name}"
    return Meaning("sequence", why, reason=f"the output is a sequence of {steps} positions")
