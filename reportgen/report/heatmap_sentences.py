"""Sentences on a heatmap: where its cells lie on the image, how well attributions add up."""

from reportgen.heatmap_methods import MOST_STEPS, TOLERANCE
from reportgen.records.image import GradCam
from reportgen.records.model import Layer
from reportgen.wording import TIMES, number, percent

BEYOND = (
    "Every cell also depends on the whole image, by way of a pooled or normalised value; the"
    " convolutional path alone places it."
)


def placing(layer: Layer | None) -> str:
    """How a map of this layer comes to lie on the image; empty where nothing is known."""
    cells = layer.cells if layer else None
    if cells is None:
        return ""
    if not cells.exact:
        return "A layer before it is of an unknown kind, so the cells divide its input evenly."
    size = f" {TIMES} ".join(map(number, cells.size))
    down, across = map(number, cells.jump)
    apart = f"{down} px apart" if down == across else f"{down} px apart down, {across} px across"
    text = f"Each cell lies at the centre of its receptive field ({size} px); cells are {apart}."
    margin = min(start - jump for start, jump in zip(cells.start, cells.jump, strict=True))
    if margin > 0:
        text += f" A margin of {number(margin)} px has no cells of its own and stays without heat."
    return f"{text} {BEYOND}" if cells.beyond else text


def completeness(one: GradCam) -> str:
    """By how much the attributions' sum misses the gain of the score; empty for other maps."""
    if one.steps is None:
        return ""
    if one.residual is None:
        return f"{one.steps} steps; the score gains nothing, so completeness cannot be judged."
    text = f"{one.steps} steps; the attributions sum to the gain of the score within"
    text = f"{text} {percent(one.residual)}."
    if one.residual > TOLERANCE:
        text += f" {MOST_STEPS} steps do not suffice here: read the map with caution."
    return text
