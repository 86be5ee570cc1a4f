"""How a report was made, in sentences: each method with its source."""

from collections.abc import Iterator

from reportgen.heatmap_methods import CAMS
from reportgen.records.report import Report
from reportgen.report.contexts import Method

ACTIVATIONS = Method(
    "Activations",
    "Each photo is passed through the network once, and the output of every spatial layer is drawn"
    " as one tile a channel, brought to a common contrast by its mean and standard deviation."
    " A channel that has one value everywhere on an image (inactive) has nothing to show: it is"
    " drawn gray. It is silent where the value is zero, constant where it is another.",
    "After F. Chollet, Deep Learning with Python, 2017, section 5.4.",
)
FILTERS = Method(
    "Filter patterns",
    "Beginning with gray noise, an image is changed step by step along the gradient of one"
    " filter’s response, through the model’s own preprocessing. The first steps change an image of"
    " half the size; the ascent ends after the chosen number of steps, or where the response has"
    " levelled off. A filter whose response did not grow is marked, and one that never responds is"
    " drawn as silent instead of as noise.",
    "D. Erhan et al., Visualizing Higher-Layer Features of a Deep Network, 2009; F. Chollet,"
    " Deep Learning with Python, 2017, section 5.4; C. Olah et al., Feature Visualization,"
    " Distill, 2017.",
)
FOURIER = Method(
    "Fourier filter patterns",
    "The image is a sum of waves, weighted so that equal coefficients give the spectrum of photos,"
    " in colours that are decorrelated; a sigmoid keeps it between black and white. Adam changes"
    " the coefficients along the gradient of the filter’s response while the image is shifted,"
    " turned and scaled by chance. Only for a filter that stays silent does the gradient pass"
    " blocked ReLUs in the first steps. Layers behind more than 13 convolutions get more steps."
    " Each filter has its own random start; all see the same transformations.",
    "C. Olah, A. Mordvintsev, L. Schubert, Feature Visualization, Distill, 2017; J. Borowski et"
    " al., Exemplary Natural Images Explain CNN Activations Better than State-of-the-Art Feature"
    " Visualization, 2021, on patterns beside top images.",
)
NEGATIVE = Method(
    "Negative filter patterns",
    "Gradient ascent on the opposite of the filter’s mean response before its activation function,"
    " where a ReLU cannot hide it.",
    "C. Olah, A. Mordvintsev, L. Schubert, Feature Visualization, Distill, 2017.",
)
DIVERSE = Method(
    "Diverse filter patterns",
    "Several patterns of one filter climb together; each loses the part of its objective that the"
    " mean cosine similarity of the Gram matrices of its feature maps with those of the others"
    " says. Feature maps are centred before.",
    "C. Olah, A. Mordvintsev, L. Schubert, Feature Visualization, Distill, 2017; A. Nguyen, J."
    " Yosinski, J. Clune, Multifaceted Feature Visualization, 2016.",
)
GRADCAM = Method(
    "Grad-CAM",
    "The feature maps of a late layer are summed, weighted by the mean gradient of the class score"
    " (before softmax or sigmoid); negative values are set to zero. Each cell of the map"
    " is placed at the centre of its receptive field,"
    " and the map is interpolated between these centres. Behind a squeeze-and-excitation or a"
    " normalisation over positions, where a cell depends on the whole image, the convolutional path"
    " alone places it. Where the weighted sum has no positive value, the map is empty and the page"
    " says so; another kind of map may find a region.",
    "R. Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via Gradient-based"
    " Localization, 2017; A. Araujo et al., Computing Receptive Fields of Convolutional Neural"
    " Networks, Distill, 2019.",
)
EVALUATION = Method(
    "Evaluation",
    "The class with the highest score is compared with the class of the folder that an image lies"
    " in. The loss is the mean cross-entropy, computed from the class scores. The reliability"
    " diagram sorts the images by the probability of their predicted class into ten bins of equal"
    " width; the calibration error is the distance of its bars from the diagonal, averaged over"
    " the images. The temperature that logits are divided by has the smallest cross-entropy on the"
    " images of known class; what it does is measured by cross-validation with five folds. Logits"
    " are the scores before softmax; for a single sigmoid, half the score and its negative; else"
    " the logarithms of the probabilities.",
    "C. Guo et al., On Calibration of Modern Neural Networks, 2017.",
)
REGRESSION = Method(
    "Regression",
    "The values that the model gives for an image are compared with those of the table. The mean"
    " absolute error (MAE) stands beside that of always predicting the median of the true values;"
    " R² is 1 less the sum of squared errors over that of the mean of the true values. Errors of"
    " several values are ordered by their size in standard deviations of the true values.",
    "N. Draper, H. Smith, Applied Regression Analysis, 1998, chapter 1.",
)
HEALTH = Method(
    "Health",
    "From the activations of all images: the share of exact zeros in each layer; channels that are"
    " zero everywhere on every image (silent), that have another single value everywhere"
    " (constant), whose mean lies within a hundredth of the bound of their activation function on"
    " every image (saturated), or that hold NaN or infinity on some image. The distribution by"
    " channel is of each channel’s mean over its map, one value for each image. Depth and sparsity"
    " are compared by Spearman’s rank correlation, among the layers that have zeros.",
    "After F. Chollet, Deep Learning with Python, 2017, section 5.4.",
)
EXEMPLARS = Method(
    "Exemplars",
    "Every image is passed through the network once, and for each channel the images with the"
    " highest activation anywhere in its map are kept, for a single unit those with the highest"
    " activation at its position. The patch below an image is the unit’s receptive field: the"
    " pixels that can change it, followed back through kernel, stride, padding and dilation of"
    " every layer; values pooled or normalised over the whole image are left"
    " aside. Zero activations are ignored.",
    "M. Zeiler, R. Fergus, Visualizing and Understanding Convolutional Networks, 2014; A. Araujo"
    " et al., Computing Receptive Fields of Convolutional Neural Networks, Distill, 2019.",
)

KERNELS = Method(
    "Kernels",
    "The weights of each convolution are drawn as they are stored, each filter on its own scale."
    " A filter counts as dead when its norm is less than a millionth of its layer’s largest, two"
    " filters as near-duplicates when the cosine similarity of their weights exceeds 0.95. Of a"
    " separable convolution the plain one that does the same is shown.",
    "After A. Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks,"
    " 2012, figure 3.",
)

SIMILARITY = Method(
    "Similarity of layers",
    "Linear CKA of two layers from the mean activation of each channel on the same images (at most"
    " 256, those with the lowest digests), with the unbiased estimator of HSIC. Of layers that pass"
    " on the channels of one convolution the last is compared. Consecutive layers of which each two"
    " have a CKA of 0.98 or more are near-duplicates.",
    "S. Kornblith et al., Similarity of Neural Network Representations Revisited, 2019; L. Song et"
    " al., Feature Selection via Dependence Maximization, 2012.",
)
DECISIONS = Method(
    "Decisions",
    "A channel’s contribution to a class score (before softmax or sigmoid) is its feature map times"
    " the gradient of the score, summed over all places. The contributions of all channels add up"
    " to the score less the biases where averages and one dense layer follow; elsewhere they are a"
    " first-order approximation.",
    "C. Olah et al., The Building Blocks of Interpretability, Distill, 2018; A. Shrikumar et al.,"
    " Learning Important Features Through Propagating Activation Differences, 2017.",
)
CONFUSIONS = Method(
    "Confusions explained",
    "Each heatmap is that of the predicted class, averaged to 24 × 24 cells and divided by its sum;"
    " a mean counts each image the same. The border is the outer eighth on each side. A channel"
    " separates two classes by the area under the ROC curve of its mean, the share of pairs of"
    " images that it orders. A shortcut is told where a window of a sixteenth of the image that"
    " touches the border has at least 4 times its share of the heat in the mean, at least 2.5"
    " times on 80 % of the images of the class, and pixels that tell the class from the others in"
    " 90 % of the pairs. At least 8 images of the class and 8 others are needed.",
    "S. Lapuschkin et al., Unmasking Clever Hans Predictors and Assessing What Machines Really"
    " Learn, 2019; J. A. Hanley and B. J. McNeil, The Meaning and Use of the Area under a Receiver"
    " Operating Characteristic (ROC) Curve, 1982.",
)
MAP = Method(
    "Map of images",
    "Each image is a point whose coordinates are the channel means of the penultimate layer."
    " Principal components, or t-SNE started from them (perplexity 30, or a third of the images),"
    " place it on the plane; neighbours are those of the least Euclidean distance in all channels."
    " A label is suspected where the probability of another class reaches the mean that images"
    " labelled with it have, where that class is the predicted one, and where most of the eight"
    " nearest images, or fewer where a class is small, have its label. Classes of fewer than three"
    " images are not examined.",
    "H. Hotelling, Analysis of a Complex of Statistical Variables into Principal Components, 1933;"
    " L. van der Maaten and G. Hinton, Visualizing Data using t-SNE, 2008; C. Northcutt, L. Jiang"
    " and I. Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels, 2021.",
)
TRUST = Method(
    "Trust in heatmaps",
    "On a few images, evenly chosen, the hottest pixels are replaced by the image’s mean colour in"
    " sixteen steps (deletion), or brought back into the blurred image (insertion); the area under"
    " the probability of the class says how fast it fades or comes. Ten random maps of the same"
    " resolution are the baseline. Average drop and increase are of the image multiplied by its"
    " heatmap, which makes it black where the map is low, and of the image blurred there;"
    " sparseness is the heatmap’s Gini index. For the sanity check the weights are randomised (He"
    " et al., 2015) from the output down with five seeds, and maps are compared by Spearman’s rank"
    " correlation and by SSIM. The null is the correlation between maps of different images. Kinds"
    " of map that need many passes for each are tried on two of the images only.",
    "V. Petsiuk et al., RISE, BMVC 2018; A. Chattopadhay et al., Grad-CAM++, WACV 2018;"
    " P. Chalasani et al., Concise Explanations of Neural Networks using Adversarial Training, ICML"
    " 2020; J. Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018.",
)

ROBUSTNESS = Method(
    "Robustness",
    "At most 100 images, evenly chosen, are corrupted in the network’s input size, before"
    " preprocessing, at three strengths: severities 1, 3 and 5 of Hendrycks and Dietterich for"
    " blur, noise, JPEG, brightness and contrast; rotation and occlusion are added. Noise and the"
    " place of an occlusion are drawn from the seed and the image’s digest. Predictions and"
    " Grad-CAM are compared with those of the uncorrupted image.",
    "D. Hendrycks, T. Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and"
    " Perturbations, ICLR 2019.",
)
CONCEPTS = Method(
    "Concepts",
    "The maps of the Grad-CAM layer on at most 100 images, evenly chosen, values below zero counted"
    " as zero, are factorised into activations times groups of channels, neither below zero, by"
    " hierarchical alternating least squares. Six, seven and eight groups are tried from three"
    " seeds each; the number on which the seeds agree most is taken. The part of a concept in a"
    " class score is its activation times the gradient of the score along its channels, summed"
    " over all places.",
    "C. Olah et al., The Building Blocks of Interpretability, Distill, 2018; T. Fel et al., CRAFT:"
    " Concept Recursive Activation FacTorization for Explainability, CVPR 2023; A. Cichocki,"
    " A.-H. Phan, Fast Local Algorithms for Large Scale Nonnegative Matrix and Tensor"
    " Factorizations, 2009.",
)
DREAMS = Method(
    "Dreams",
    "A photo is changed step by step along the gradient of one channel’s mean, or of the mean"
    " square of a whole layer, at up to three sizes, the smallest first; what a smaller size lost"
    " of the photo is put back. The photo is shifted by chance before each step, which keeps the"
    " pattern from clinging to the network’s strides.",
    "A. Mordvintsev et al., Inceptionism: Going Deeper into Neural Networks, 2015; F. Chollet, Deep"
    " Learning with Python, 2017, section 8.2.",
)

DEPTH = Method(
    "Grad-CAM through the depth",
    "Grad-CAM of the predicted class, or of the requested one, at several layers; the"
    " gradients of all of them come from one pass back.",
    "R. Selvaraju et al., Grad-CAM, 2017, section 3.",
)

DIFFERENCE = Method(
    "Difference of two classes",
    "Grad-CAM’s sum with the gradient of the difference of two class scores, and without the cut:"
    " above zero, in red, a region favours the first class over the second, below zero,"
    " in blue, the other way round. Each map is shown relative to its strongest place.",
    "After R. Selvaraju et al., Grad-CAM, 2017, section 3.3.",
)


def methods(report: Report) -> Iterator[Method]:
    """What was done for the sections that this report has."""
    by_section = {
        "activations": ACTIVATIONS,
        "filters": FILTERS,
        "gradcam": GRADCAM,
        "evaluation": EVALUATION,
        "regression": REGRESSION,
        "health": HEALTH,
        "exemplars": EXEMPLARS,
        "kernels": KERNELS,
        "similarity": SIMILARITY,
        "decisions": DECISIONS,
        "confusions": CONFUSIONS,
        "map": MAP,
        "trust": TRUST,
        "robustness": ROBUSTNESS,
        "concepts": CONCEPTS,
        "dreams": DREAMS,
    }
    yield from (method for name, method in by_section.items() if name in report.sections)
    if "gradcam" in report.sections and not report.settings.get("gradcam_layer"):
        yield _gradcam_layer(report)
    kinds = {word for gallery in report.galleries for word in gallery.method.split("-")}
    by_kind = {"fourier": FOURIER, "negative": NEGATIVE, "diverse": DIVERSE}
    yield from (method for word, method in by_kind.items() if word in kinds)
    if others := _other_cams(report):
        yield others
    if any(image.through_depth for image in report.images):
        yield DEPTH
    if any(image.differences for image in report.images):
        yield DIFFERENCE


def _gradcam_layer(report: Report) -> Method:
    """The rule by which the layer of Grad-CAM was chosen, and what it gave."""
    model = report.model
    rule = (
        "Without --gradcam-layer, Grad-CAM takes the last convolution, behind its normalisation and"
        " activation and before pooling, whose maps have at least 7 × 7 positions; without one, the"
        " last convolution. In a network of tokens it takes the last normalisation whose patches"
        " the class scores depend on. What follows must be pooling, flattening and dense layers."
    )
    if not model.last_spatial_layer:
        return Method("Layer of Grad-CAM", rule, "")
    chosen = f" Here it is “{model.last_spatial_layer}”: {model.last_spatial_reason}."
    return Method("Layer of Grad-CAM", rule + chosen, "")


def _other_cams(report: Report) -> Method | None:
    """The kinds of class activation map that were made beside Grad-CAM."""
    made = {cam.method for image in report.images for cam in image.gradcam}
    others = [cam for name, cam in CAMS.items() if name in made and name != "gradcam"]
    if not others:
        return None
    same = [f"{cam.title} {cam.idea}" for cam in others if not cam.passes and not cam.of_attention]
    own = [
        f"{cam.title} {cam.idea}; the image passes through the network {cam.passes}."
        for cam in others
        if cam.passes
    ]
    own += [f"{cam.title} {cam.idea}." for cam in others if cam.of_attention]
    if same:
        own.insert(0, f"From the same maps and gradients as Grad-CAM: {'; '.join(same)}.")
    return Method(
        "Other class activation maps", " ".join(own), "; ".join(cam.source for cam in others) + "."
    )


def preprocessing_method(report: Report) -> Method:
    """How pixels became what the model takes, and why so."""
    taken = report.model.preprocessing
    reason = taken.reason[:1].upper() + taken.reason[1:].rstrip(".")
    return Method("Preprocessing", f"Pixels 0 to 255 are fed as “{taken.mode}”. {reason}.", "")
