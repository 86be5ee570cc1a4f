"""What a section opens with: a few sentences for a student, and where the method comes from."""

from collections.abc import Sequence

from reportgen.records.report import Gallery, Report
from reportgen.report.contexts import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    "activations": Explanation(
        "You see what every channel of every layer answers to in this photo: bright is strong. The"
        " photo was sent through the network once, and each channel is drawn on a scale of its own."
        " Look how edges and colours in the first layers give way to a few coarse spots in the late"
        " ones, and which channels stay dark.",
        ("F. Chollet, Deep Learning with Python, 2017, section 5.4.1.",),
    ),
    "filters": Explanation(
        "You see what each filter would most like to see. From noise, an image was changed step by"
        " step so that the filter answers more and more strongly. Look how edges and colours in the"
        " first blocks become textures, and textures parts of things; a filter that stays gray may"
        " look for something that no noise leads to.",
        (
            "D. Erhan et al., Visualizing Higher-Layer Features of a Deep Network, 2009.",
            "F. Chollet, Deep Learning with Python, 2017, section 5.4.2.",
        ),
    ),
    "gradcam": Explanation(
        "You see where the network found evidence for a class. The gradient of the class score says"
        " how much each channel of the layer counts; the channels were added up by it, and what"
        " speaks against the class was cut off. Look whether the heat lies on the thing itself, or"
        " on something that only often stands beside it. The map is as coarse as the layer.",
        (
            "R. Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via"
            " Gradient-based Localization, 2017.",
        ),
    ),
    "evaluation": Explanation(
        "You see how often the network is right on images whose class is known from their folder,"
        " and where it is wrong. Every image’s likeliest class was compared with its folder; the"
        " confusion matrix counts the pairs, the reliability diagram compares how sure the network"
        " is with how often it is right. Look at the mistakes first: the surest ones show what"
        " the network has really learned to look at.",
        ("Guo et al., On Calibration of Modern Neural Networks, 2017.",),
    ),
    "regression": Explanation(
        "You see how far the predicted values are from the true ones. Each image’s values were"
        " compared with the table of true values; the mean absolute error stands beside that of"
        " always predicting the median. Look at the largest errors first, and in the scatter plot"
        " whether the points follow the dashed line or flatten towards the mean.",
        (),
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
    "kernels": Explanation(
        "You see the numbers that the network has learned for its convolutions: each small square"
        " is a filter, or one slice of it. Nothing was computed but norms and similarities. In the"
        " first layer look for edges, spots and colours in opposition; noise there, dead filters"
        " and many near-duplicates are signs of too short a training or of too large a layer.",
        (
            "A. Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural"
            " Networks, 2012, figure 3.",
        ),
    ),
    "trust": Explanation(
        "You see how far the heatmaps can be believed. The hottest pixels were taken away, or given"
        " back, step by step, while the probability of the class was watched; then the model was"
        " made to forget what it has learned, from the output down, and its maps were drawn again."
        " Look first whether a kind of map does better than pixels in an order of chance, and"
        " whether it changes when the model forgets: one that does not shows the image, not the"
        " model.",
        (
            "V. Petsiuk et al., RISE: Randomized Input Sampling for Explanation of Black-box"
            " Models, BMVC 2018.",
            "A. Chattopadhay et al., Grad-CAM++, WACV 2018.",
            "J. Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018.",
        ),
    ),
    "scorecam": Explanation(
        "Score-CAM uses no gradients. The image was shown to the network once through each channel"
        " of the layer, dark where the channel is silent, and a channel counts the more the higher"
        " the class then scores. Compare it with Grad-CAM: where both agree, the heat is no"
        " accident of a gradient.",
        (
            "H. Wang et al., Score-CAM: Score-Weighted Visual Explanations for Convolutional"
            " Neural Networks, CVPR Workshops 2020.",
        ),
    ),
    "integrated-gradients": Explanation(
        "Integrated gradients look at single pixels instead of a layer. The image was brought out"
        " of black step by step; what each pixel added to the class score on the way was summed"
        " over its colours, and what speaks against the class was cut off. Look for outlines made"
        " of dots: a pixel that is black can have no part in it, and much of the noise is the"
        " gradient’s own. The strongest hundredth of the pixels is drawn alike.",
        ("M. Sundararajan et al., Axiomatic Attribution for Deep Networks, ICML 2017.",),
    ),
    "depth": Explanation(
        "You see Grad-CAM of one class at several layers, from the first to the last. All come from"
        " the same pass; each shows what that layer holds in favour of the class. Early layers"
        " answer to edges and textures all over the photo; look for the layer at which the heat"
        " gathers on the thing itself.",
        (
            "R. Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via"
            " Gradient-based Localization, 2017, section 3.",
        ),
    ),
    "difference": Explanation(
        "You see what decides between two classes. The gradient of the difference of their scores"
        " weights the layer’s channels, and nothing is cut off: red places speak for the one class,"
        " blue places for the other. What both classes share, and a heatmap of either would show,"
        " is gone. Look for the few places that tip the balance.",
        ("After R. Selvaraju et al., Grad-CAM, 2017, section 3.3 (counterfactual explanations).",),
    ),
    "dreams": Explanation(
        "You see photos beside what a layer would like to see in them. Each photo was changed,"
        " pixel by pixel, so that the layer, or one channel of it, answers more strongly. Look for"
        " what comes up again and again: it is what this part of the network has learned to"
        " notice.",
        (
            "A. Mordvintsev et al., Inceptionism: Going Deeper into Neural Networks, 2015.",
            "F. Chollet, Deep Learning with Python, 2017, section 8.2.",
        ),
    ),
}
"""By section, or kind of heatmap: what you see, how it was made, what to look for."""


def explanation(report: Report, section: str) -> Explanation | None:
    """The text that a section opens with; None where the report is made without them."""
    if report.settings.get("explanations", True) is False:
        return None
    return EXPLANATIONS.get(section)


WAYS = {
    "classic": "Classic patterns: gradient ascent on pixels, starting from gray noise. Contrast is"
    " increased for display.",
    "fourier": "Fourier patterns: gradient ascent on Fourier coefficients, with random shifts,"
    " rotations and scaling. Contrast is not altered.",
    "negative": "Negative patterns lower the filter’s mean response before its activation function"
    " as far as they can: they show what the filter is opposed to.",
    "diverse": "Diverse patterns: several for each filter, side by side, driven apart while they"
    " climb. They show whether one filter responds to several things.",
}
"""How the patterns of each kind of gallery were made."""


def ways(report: Report, galleries: Sequence[Gallery]) -> tuple[str, ...]:
    """A sentence for each kind among the galleries; none where the report is made without them."""
    if report.settings.get("explanations", True) is False:
        return ()
    words = {word for gallery in galleries for word in gallery.method.split("-")}
    return tuple(text for word, text in WAYS.items() if word in words)
