"""What a section opens with: a few sentences for a student, and where the method comes from."""

from collections.abc import Sequence

from reportgen.records.filters import Gallery
from reportgen.records.report import Report
from reportgen.report.contexts import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    "activations": Explanation(
        "Each tile is one channel’s feature map for this photo; brighter means a stronger"
        " response. Tiles are scaled individually, so brightness cannot be compared between"
        " tiles. Early layers respond to edges and colours; deeper layers respond in a few"
        " coarse spots. Channels shown in gray have one value everywhere.",
        ("F. Chollet, Deep Learning with Python, 2017, section 5.4.1.",),
    ),
    "filters": Explanation(
        "Each tile is a pattern that excites one filter strongly. It starts as random noise and"
        " is adjusted by gradient ascent to raise the filter’s response. Early filters prefer"
        " colours and edges, later ones textures and parts of objects. A tile that stays gray"
        " means the search found nothing that excites the filter. One pattern shows one thing"
        " that a filter responds to; many filters respond to several.",
        (
            "D. Erhan et al., Visualizing Higher-Layer Features of a Deep Network, 2009.",
            "F. Chollet, Deep Learning with Python, 2017, section 5.4.2.",
            "A. Nguyen et al., Multifaceted Feature Visualization: Uncovering the Different Types"
            " of Features Learned By Each Neuron in Deep Neural Networks, 2016.",
        ),
    ),
    "gradcam": Explanation(
        "Grad-CAM shows which regions of the photo raised the score of a class. The layer’s"
        " feature maps are weighted by the gradient of that score and added up; regions that"
        " lower the score are left out. Check whether the heat lies on the object itself or"
        " on its background. The map is only as detailed as the layer it comes from.",
        (
            "R. Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via"
            " Gradient-based Localization, 2017.",
            "R. L. Draelos and L. Carin, Use HiResCAM Instead of Grad-CAM for Faithful Explanations"
            " of Convolutional Neural Networks, 2020.",
        ),
    ),
    "decisions": Explanation(
        "Which channels of the Grad-CAM layer made the network decide. A channel’s contribution"
        " is its feature map times the gradient of the class score, summed over all places."
        " Channels that raise the score come first, then those that lower it. Where two classes are"
        " compared, start there: the channels show what separates the two most likely classes.",
        (
            "C. Olah et al., The Building Blocks of Interpretability, Distill, 2018.",
            "A. Shrikumar et al., Learning Important Features Through Propagating Activation"
            " Differences, 2017.",
        ),
    ),
    "evaluation": Explanation(
        "How often the prediction matches the class named by the image’s folder. The"
        " confusion matrix counts which classes are confused with which; the reliability"
        " diagram compares the network’s confidence with its accuracy. Start with the most"
        " confident mistakes: their heatmaps show what the network relied on.",
        ("Guo et al., On Calibration of Modern Neural Networks, 2017.",),
    ),
    "confusions": Explanation(
        "For each pair of classes that the network confuses: the most confident mistakes, the mean"
        " heatmaps, and the channels that separate the two classes. Compare where the heat of the"
        " mistakes lies with the heat of correct images. Heat at the border of the image suggests"
        " that the network uses the background. A shortcut is a mark at one place that predicts a"
        " class, such as a logo.",
        (
            "S. Lapuschkin et al., Unmasking Clever Hans Predictors and Assessing What Machines"
            " Really Learn, 2019.",
            "J. A. Hanley and B. J. McNeil, The Meaning and Use of the Area under a Receiver"
            " Operating Characteristic (ROC) Curve, 1982.",
        ),
    ),
    "map": Explanation(
        "The map places images by their features: the channel means of the penultimate layer, from"
        " which the class scores are computed. Images with similar features lie close together."
        " Look for images inside the cluster of another class: they are mislabelled or"
        " misclassified. Distances on the map are approximate; the trustworthiness tells how far"
        " neighbours on the map are neighbours in the features.",
        (
            "L. van der Maaten and G. Hinton, Visualizing Data using t-SNE, 2008.",
            "J. Venna and S. Kaski, Neighborhood Preservation in Nonlinear Projection Methods,"
            " 2001.",
            "C. Northcutt, L. Jiang and I. Chuang, Confident Learning: Estimating Uncertainty in"
            " Dataset Labels, 2021.",
        ),
    ),
    "regression": Explanation(
        "How far the predicted values are from the true ones. The mean absolute error is compared"
        " with that of always predicting the median. Start with the largest errors. In the scatter"
        " plot, check whether the points follow the dashed line or flatten towards the mean.",
        (),
    ),
    "health": Explanation(
        "How much of the network is active on these images. For each layer: the share of"
        " activations that are exactly zero, and the channels that never respond. Sparsity"
        " usually grows with depth, because deep channels are selective. A channel that is"
        " silent on every image may be dead, or may look for something that these images do"
        " not contain.",
        ("F. Chollet, Deep Learning with Python, 2017, section 5.4.",),
    ),
    "similarity": Explanation(
        "Linear CKA compares two layers by which images they find alike: 1 where both order the"
        " images the same way, 0 where they have nothing in common. Dark squares along the diagonal"
        " are stages of the network that build one representation. Layers behind which the"
        " representation no longer changes repeat each other: the network may be deeper than the"
        " task needs.",
        (
            "S. Kornblith et al., Similarity of Neural Network Representations Revisited, 2019.",
            "L. Song et al., Feature Selection via Dependence Maximization, 2012, equation 5.",
        ),
    ),
    "exemplars": Explanation(
        "For each channel, the images with its strongest responses; below each, the patch"
        " that caused the response (the receptive field). Look for what the patches in a row"
        " have in common. With only a few images, treat the pattern with caution: a channel"
        " may look for something that none of them contains.",
        (
            "M. Zeiler, R. Fergus, Visualizing and Understanding Convolutional Networks, 2014.",
            "J. Borowski et al., Exemplary Natural Images Explain CNN Activations Better than"
            " State-of-the-Art Feature Visualization, ICLR 2021.",
        ),
    ),
    "kernels": Explanation(
        "The learned weights of each convolution, drawn directly. In the first layer, expect"
        " edges, spots and opposing colours. Noisy kernels, dead filters or many"
        " near-duplicates suggest that training was too short or the layer too wide.",
        (
            "A. Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural"
            " Networks, 2012, figure 3.",
        ),
    ),
    "trust": Explanation(
        "How far the heatmaps can be trusted. Deletion and insertion tests remove or restore"
        " the hottest pixels and track the class probability. The sanity check randomises the"
        " model’s weights layer by layer, from the output down, and recomputes the maps. A"
        " useful map beats random maps of the same resolution and changes when the weights"
        " are randomised; a map that does not change shows the image rather than the model.",
        (
            "V. Petsiuk et al., RISE: Randomized Input Sampling for Explanation of Black-box"
            " Models, BMVC 2018.",
            "A. Chattopadhay et al., Grad-CAM++, WACV 2018.",
            "J. Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018.",
        ),
    ),
    "scorecam": Explanation(
        "Score-CAM needs no gradients. The image is masked by each channel in turn, and a"
        " channel’s weight is the class score that the masked image reaches. Where it agrees"
        " with Grad-CAM, the heat is unlikely to be a gradient artefact.",
        (
            "H. Wang et al., Score-CAM: Score-Weighted Visual Explanations for Convolutional"
            " Neural Networks, CVPR Workshops 2020.",
        ),
    ),
    "integrated-gradients": Explanation(
        "Integrated gradients attribute the class score to single pixels, by summing"
        " gradients along the path from a black image to the photo. Only positive"
        " contributions are shown. Black pixels cannot contribute, and much of the graininess"
        " is gradient noise. The strongest 1 % of pixels are clipped to the same colour.",
        ("M. Sundararajan et al., Axiomatic Attribution for Deep Networks, ICML 2017.",),
    ),
    "smoothgrad": Explanation(
        "SmoothGrad averages the gradient of the class score over noisy copies of the image, and"
        " shows its size at each pixel, whether the pixel raises or lowers the score. The report"
        " has it only because the sanity check finds that it depends on the model’s weights.",
        ("D. Smilkov et al., SmoothGrad: removing noise by adding noise, 2017.",),
    ),
    "occlusion": Explanation(
        "Occlusion sensitivity covers square after square of the image with its mean colour, and"
        " shows how far the class score falls. It needs no gradients, and is as coarse as the"
        " square. The report has it only because the sanity check finds that it depends on the"
        " model’s weights.",
        (
            "M. Zeiler, R. Fergus, Visualizing and Understanding Convolutional Networks, 2014,"
            " section 4.2.",
        ),
    ),
    "depth": Explanation(
        "Grad-CAM for one class at several depths. Look for the layer where the heat settles"
        " on the object.",
        (
            "R. Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via"
            " Gradient-based Localization, 2017, section 3.",
        ),
    ),
    "difference": Explanation(
        "What separates two classes. Red regions favour the first class, blue regions the"
        " second; evidence that both share cancels out.",
        ("After R. Selvaraju et al., Grad-CAM, 2017, section 3.3 (counterfactual explanations).",),
    ),
    "robustness": Explanation(
        "How predictions and heatmaps change when the images are corrupted as photos often are:"
        " out of focus, noisy, compressed, badly lit, tilted, partly hidden. A steep curve means"
        " that the network relies on details that the corruption destroys. Where the class stays"
        " and the heatmap drifts, the network uses other evidence than before.",
        (
            "D. Hendrycks, T. Dietterich, Benchmarking Neural Network Robustness to Common"
            " Corruptions and Perturbations, ICLR 2019.",
        ),
    ),
    "concepts": Explanation(
        "A single channel is rarely one idea: groups of channels are active together. Non-negative"
        " matrix factorisation finds such groups in the feature maps of all images. Each concept"
        " has a colour and a number. Look for what its patches have in common, and for concepts of"
        " the background that raise a class: they are a sign of a shortcut.",
        (
            "C. Olah et al., The Building Blocks of Interpretability, Distill, 2018.",
            "T. Fel et al., CRAFT: Concept Recursive Activation FacTorization for Explainability,"
            " CVPR 2023.",
        ),
    ),
    "dreams": Explanation(
        "Each photo, changed by gradient ascent so that a layer or channel responds more"
        " strongly. Motifs that recur show what this part of the network has learned to"
        " detect.",
        (
            "A. Mordvintsev et al., Inceptionism: Going Deeper into Neural Networks, 2015.",
            "F. Chollet, Deep Learning with Python, 2017, section 8.2.",
        ),
    ),
}
"""By section, or kind of heatmap: what it shows, how it is made, what to look for."""


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
    "block": "Of the block: more filters of its first convolution, in a gallery of their own.",
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
