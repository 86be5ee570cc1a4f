"""The class activation maps that can be asked for: their names, and what they are called.

How each is computed stands in `reportgen.analysis.cams.formulas`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cam:
    """A kind of class activation map.

    `idea` says in one clause what sets it apart; `by_class` is False for maps that are the same
    for every class. `passes` says how often the image goes through the network for maps that need
    more than one pass; empty for the others. `of_image` is True for maps of the image's own pixels,
    not of a layer, `of_attention` for maps of what the attention layers of a transformer read.
    Maps that are `checked` are shown only where the sanity check finds that they depend on the
    weights of the model. `weighted` is True for one sum of the layer's maps, each with
    one weight: they can be empty where maps that multiply place by place are not.
    """

    name: str
    title: str
    idea: str
    source: str
    by_class: bool = True
    passes: str = ""
    of_image: bool = False
    of_attention: bool = False
    checked: bool = False
    weighted: bool = False

    @property
    def slug(self) -> str:
        """The name as part of a file's name or of an anchor."""
        return self.name.replace("+", "p")


CHANCE, CHANCE_PIXELS = "chance", "chance by pixel"
"""Stand beside the names where maps are compared with random ones, of cells and of pixels."""

STEPS, MOST_STEPS = 32, 256
"""Fewest and most steps on the way from black to the image, for integrated gradients."""

NOISY = 32
"""Noisy copies of the image for SmoothGrad."""

OCCLUDED_SHARE = 1 / 6
"""Side of the square that occlusion sensitivity covers, as a share of the image's shorter side."""

TOLERANCE = 0.05
"""Share of the score's gain that the attributions may be off by before steps are doubled."""

CAMS: dict[str, Cam] = {
    cam.name: cam
    for cam in (
        Cam(
            "gradcam",
            "Grad-CAM",
            "weights each map by the mean of its gradient",
            "R. Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via"
            " Gradient-based Localization, ICCV 2017",
            weighted=True,
        ),
        Cam(
            "gradcam++",
            "Grad-CAM++",
            "weights the positive gradients so that several small objects count as one large one",
            "A. Chattopadhay et al., Grad-CAM++: Improved Visual Explanations for Deep"
            " Convolutional Networks, WACV 2018",
            weighted=True,
        ),
        Cam(
            "hirescam",
            "HiResCAM",
            "multiplies each map with its gradient place by place, without the mean",
            "R. L. Draelos and L. Carin, Use HiResCAM Instead of Grad-CAM for Faithful"
            " Explanations of Convolutional Neural Networks, 2020",
        ),
        Cam(
            "layercam",
            "LayerCAM",
            "multiplies each map with its positive gradients place by place",
            "P.-T. Jiang et al., LayerCAM: Exploring Hierarchical Class Activation Maps for"
            " Localization, IEEE Transactions on Image Processing 2021",
        ),
        Cam(
            "xgradcam",
            "XGrad-CAM",
            "weights each map by the mean of its gradient where the map is active",
            "R. Fu et al., Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation"
            " of CNNs, BMVC 2020",
            weighted=True,
        ),
        Cam(
            "eigencam",
            "Eigen-CAM",
            "shows what the maps have most in common and knows nothing of the class",
            "M. B. Muhammad and M. Yeasin, Eigen-CAM: Class Activation Map using Principal"
            " Components, IJCNN 2020",
            by_class=False,
        ),
        Cam(
            "scorecam",
            "Score-CAM",
            "shows the network the image through each map, and weights the map by the score",
            "H. Wang et al., Score-CAM: Score-Weighted Visual Explanations for Convolutional"
            " Neural Networks, CVPR Workshops 2020",
            passes="once for each channel of the layer",
            weighted=True,
        ),
        Cam(
            "integrated-gradients",
            "Integrated gradients",
            "needs no layer: it adds up each pixel's gradients while the image comes out of black",
            "M. Sundararajan et al., Axiomatic Attribution for Deep Networks, ICML 2017",
            passes=f"{STEPS} to {MOST_STEPS} times for each class",
            of_image=True,
        ),
        Cam(
            "smoothgrad",
            "SmoothGrad",
            "needs no layer: it averages the gradients of noisy copies of the image",
            "D. Smilkov et al., SmoothGrad: removing noise by adding noise, 2017",
            passes=f"{NOISY} times for each class",
            of_image=True,
            checked=True,
        ),
        Cam(
            "occlusion",
            "Occlusion sensitivity",
            "needs no gradient: it covers square after square and measures how far the score falls",
            "M. Zeiler and R. Fergus, Visualizing and Understanding Convolutional Networks, ECCV"
            " 2014",
            passes="once for each of some 120 squares",
            of_image=True,
            checked=True,
        ),
        Cam(
            "attention",
            "Attention",
            "shows which patches the last attention layer reads, as the mean over its heads; it"
            " knows nothing of the class, and attention is not an explanation",
            "A. Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021; S. Jain and"
            " B. C. Wallace, Attention is not Explanation, NAACL 2019",
            by_class=False,
            of_attention=True,
        ),
        Cam(
            "rollout",
            "Attention rollout",
            "multiplies the attention of all layers, with their skip connections; it knows nothing"
            " of the class, and attention is not an explanation",
            "S. Abnar and W. Zuidema, Quantifying Attention Flow in Transformers, ACL 2020",
            by_class=False,
            of_attention=True,
        ),
    )
}
"""All kinds by name, in the order in which they are shown."""
