"""What a section opens with: a few sentences for a student, and where the method comes from."""

from reportgen.report.contexts import Explanation
from reportgen.results import Report

EXPLANATIONS: dict[str, Explanation] = {
    "evaluation": Explanation(
        "You see how often the network is right on images whose class is known from their folder,"
        " and where it is wrong. Every image’s likeliest class was compared with its folder; the"
        " confusion matrix counts the pairs, the reliability diagram compares how sure the network"
        " is with how often it is right. Look at the mistakes first: the surest ones show what"
        " the network has really learned to look at.",
        ("Guo et al., On Calibration of Modern Neural Networks, 2017.",),
    ),
    "health": Explanation(
        "You see how much of the network is at work on these images. For every layer the zeros were"
        " counted, and channels that never say anything were noted. Look for the share of zeros"
        " that grows with depth: late channels answer to few things, so most are silent on any one"
        " image. A channel that is silent on all images may look for something that none of them"
        " shows, or be dead.",
        ("F. Chollet, Deep Learning with Python, 2017, section 5.4.",),
    ),
    "exemplars": Explanation(
        "You see, for each channel, the images that activate it most, and below each the part that"
        " it can see. All images were passed through the network, and the strongest place of each"
        " was kept. Look for what the patches of a row have in common: early channels agree on"
        " edges and colours, late ones on parts of things. A few images prove little; what they do"
        " not show, a channel cannot be seen to look for.",
        ("M. Zeiler, R. Fergus, Visualizing and Understanding Convolutional Networks, 2014.",),
    ),
}
"""By section: what you see, how it was made, what to look for."""


def explanation(report: Report, section: str) -> Explanation | None:
    """The text that a section opens with; None where the report is made without them."""
    if report.settings.get("explanations", True) is False:
        return None
    return EXPLANATIONS.get(section)
