"""The networks of `keras.applications`: names, default sizes, and what their input must look like.

A plain table, so that names can be recognised and errors written without importing Keras.
"""

import difflib
from dataclasses import dataclass
from typing import Literal

PreprocessingMode = Literal["none", "signed", "caffe", "torch"]
"""How `preprocess_input` changes RGB pixels in 0..255.

none: left as they are (the network rescales by itself); signed: x / 127.5 - 1;
caffe: RGB to BGR, minus the mean of ImageNet (103.939, 116.779, 123.68);
torch: x / 255, minus (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225).
"""


@dataclass(frozen=True)
class Application:
    """One network of `keras.applications`.

    `constructor` is the function's name there, `module` the submodule that holds its
    `preprocess_input`, `default_size` the height and width in pixels of its square input.
    """

    constructor: str
    module: str
    default_size: int
    preprocessing: PreprocessingMode

    @property
    def name(self) -> str:
        """The name in lower case, as a user types it."""
        return self.constructor.lower()


def _family(
    module: str, preprocessing: PreprocessingMode, sizes: dict[str, int]
) -> list[Application]:
    return [Application(name, module, size, preprocessing) for name, size in sizes.items()]


_ALL = [
    *_family(
        "convnext",
        "none",
        {
            "ConvNeXtTiny": 224,
            "ConvNeXtSmall": 224,
            "ConvNeXtBase": 224,
            "ConvNeXtLarge": 224,
            "ConvNeXtXLarge": 224,
        },
    ),
    *_family("densenet", "torch", {"DenseNet121": 224, "DenseNet169": 224, "DenseNet201": 224}),
    *_family(
        "efficientnet",
        "none",
        {
            "EfficientNetB0": 224,
            "EfficientNetB1": 240,
            "EfficientNetB2": 260,
            "EfficientNetB3": 300,
            "EfficientNetB4": 380,
            "EfficientNetB5": 456,
            "EfficientNetB6": 528,
            "EfficientNetB7": 600,
        },
    ),
    *_family(
        "efficientnet_v2",
        "none",
        {
            "EfficientNetV2B0": 224,
            "EfficientNetV2B1": 240,
            "EfficientNetV2B2": 260,
            "EfficientNetV2B3": 300,
            "EfficientNetV2S": 384,
            "EfficientNetV2M": 480,
            "EfficientNetV2L": 480,
        },
    ),
    *_family("inception_resnet_v2", "signed", {"InceptionResNetV2": 299}),
    *_family("inception_v3", "signed", {"InceptionV3": 299}),
    *_family("mobilenet", "signed", {"MobileNet": 224}),
    *_family("mobilenet_v2", "signed", {"MobileNetV2": 224}),
    *_family("mobilenet_v3", "none", {"MobileNetV3Small": 224, "MobileNetV3Large": 224}),
    *_family("nasnet", "signed", {"NASNetMobile": 224, "NASNetLarge": 331}),
    *_family("resnet", "caffe", {"ResNet50": 224, "ResNet101": 224, "ResNet152": 224}),
    *_family("resnet_v2", "signed", {"ResNet50V2": 224, "ResNet101V2": 224, "ResNet152V2": 224}),
    *_family("vgg16", "caffe", {"VGG16": 224}),
    *_family("vgg19", "caffe", {"VGG19": 224}),
    *_family("xception", "signed", {"Xception": 299}),
]

APPLICATIONS: dict[str, Application] = {application.name: application for application in _ALL}
"""Every network of `keras.applications`, by its name in lower case."""


def find_application(name: str) -> Application | None:
    """The network that `name` means, whatever its case, or None."""
    return APPLICATIONS.get(_plain(name))


def nearest_application(name: str) -> Application | None:
    """The network whose name is closest to `name` (a typing error away), or None."""
    close = difflib.get_close_matches(_plain(name), APPLICATIONS, n=1, cutoff=0.75)
    return APPLICATIONS[close[0]] if close else None


def _plain(name: str) -> str:
    """`Mobile-Net_V2` as `mobilenetv2`."""
    return name.strip().lower().replace("_", "").replace("-", "")
