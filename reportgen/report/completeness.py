"""How well integrated gradients add up, in a sentence."""

from reportgen.heatmap_methods import MOST_STEPS, TOLERANCE
from reportgen.records.report import GradCam
from reportgen.wording import percent


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
