"""What is done to pixels before a model sees them: detected in the model, given, or assumed."""

import importlib
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.errors import SettingsError
from reportgen.inputs.applications import APPLICATIONS
from reportgen.records.model import Preprocessing

_RESCALING = {"Rescaling", "Normalization"}
_ARITHMETIC = {"Divide", "TrueDivide", "Multiply", "Subtract", "Add"}

_SIGNATURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "VGG": ("caffe", ("block1_conv1", "block3_conv3", "block5_conv3")),
    "ResNetV2": ("signed", ("conv2_block1_preact_bn", "conv4_block1_1_conv")),
    "ResNet": ("caffe", ("conv1_conv", "conv1_bn", "conv4_block1_1_conv", "conv4_block1_out")),
    "DenseNet": ("torch", ("conv2_block1_concat", "conv5_block1_1_conv")),
    "MobileNetV2": ("signed", ("block_1_expand", "block_16_project", "Conv_1")),
    "MobileNet": ("signed", ("conv_dw_1", "conv_pw_1", "conv_dw_13")),
    "Xception": ("signed", ("block1_conv1", "block14_sepconv2")),
    "InceptionV3": ("signed", ("mixed0", "mixed10")),
    "InceptionResNetV2": ("signed", ("mixed_5b", "block35_1_mixed")),
    "NASNet": ("signed", ("stem_conv1", "normal_conv_1_0")),
}
"""Backbones of keras.applications by names of layers that only they have."""

MODE_FORMULAS = {
    "none": "they are",
    "unit": "x / 255",
    "signed": "x / 127.5 - 1",
    "caffe": "BGR less ImageNet's means",
    "torch": "x / 255, normalised by ImageNet's means and deviations",
}
"""What becomes of pixels x in each mode, for sentences: "fed as ..."."""

_CAFFE_MEAN = np.array([103.939, 116.779, 123.68])  # blue, green, red
_TORCH_MEAN = np.array([0.485, 0.456, 0.406])
_TORCH_DEVIATION = np.array([0.229, 0.224, 0.225])


_SMALL = 2.0
"""Values up to which a layer that rescales is made for pixels that are scaled already."""


@dataclass(frozen=True)
class EntryLayer:
    """A layer between the image input and the first weights: its path and its type's name.

    `lowest` and `highest` are the values that a layer which rescales is made for; None for others.
    """

    path: str
    type: str
    highest: float | None = None
    lowest: float | None = None

    @property
    def wants(self) -> str:
        """The mode that gives values as the layer is made for."""
        if self.highest is None or not 0 < self.highest <= _SMALL:
            return "none"
        return "signed" if self.lowest is not None and self.lowest < -_SMALL / 8 else "unit"


def detect(
    *,
    application: str | None,
    entry: Sequence[EntryLayer],
    names: Sequence[str],
    nested: Sequence[str],
) -> Preprocessing | None:
    """What the model itself tells about its preprocessing, None when it tells nothing.

    `entry` are the layers between the image and the first layer with weights, `names` the names of
    all layers, `nested` the names of the models inside the model, its own first.
    """
    for layer in entry:
        if layer.wants != "none":
            span = "0 to 1" if layer.wants == "unit" else "−1 to 1"
            return Preprocessing(
                mode=layer.wants,
                source="detected",
                reason=f"the layer “{layer.path}” is made for values from {span}",
            )
        if layer.type in _RESCALING or layer.type in _ARITHMETIC:
            return Preprocessing(
                mode="none",
                source="detected",
                reason=f"the model rescales by itself in its layer “{layer.path}”",
                highest=layer.highest,
                own_layer=layer.path,
            )
    if application:
        known = APPLICATIONS[application]
        return Preprocessing(
            mode=known.preprocessing,
            source="detected",
            reason=f"{known.constructor} of keras.applications takes it so",
        )
    for name in nested:
        if backbone := backbone_called(name):
            constructor, mode = backbone
            return Preprocessing(
                mode=mode,
                source="detected",
                reason=f"the model holds “{name}”, which keras.applications.{constructor} names so",
            )
    present = set(names)
    for family, (mode, signature) in _SIGNATURES.items():
        if present.issuperset(signature):
            return Preprocessing(
                mode=mode,
                source="detected",
                reason=f"the names of its layers are those of {family} in keras.applications",
            )
    return None


def backbone_called(name: str) -> tuple[str, str] | None:
    """The application that gives its models this name, and its preprocessing."""
    plain = re.sub(r"_\d\.\d+_\d+$", "", name.lower())  # mobilenetv2_1.00_160
    plain = re.sub(r"[^a-z0-9]", "", plain)
    for known in APPLICATIONS.values():
        if plain == known.name.lower():
            return known.constructor, known.preprocessing
    return None


def choose(wanted: str, detected: Preprocessing | None) -> Preprocessing:
    """The preprocessing to use: the one asked for, else the one detected, else x/255."""
    if wanted != "auto":
        return Preprocessing(mode=wanted, source="given", reason="chosen with --preprocess")
    return detected or Preprocessing(
        mode="unit",
        source="assumed",
        reason="nothing in the model says how its images were prepared; x / 255 is the most common",
    )


def function_of(mode: str, channels: int) -> Callable[[Any], Any]:
    """The function from pixels (N, H, W, C) in 0..255, RGB or gray, to what the model takes.

    The built-in ones work on NumPy arrays and tensors alike and pass gradients.
    Raises SettingsError for a mode that needs three channels and for a user's function that is
    not there.
    """
    if mode in ("caffe", "torch") and channels != 3:
        raise SettingsError(
            f"--preprocess {mode} is for images of three channels; the model takes {channels}. "
            "Use none, unit or signed."
        )
    simple: dict[str, Callable[[Any], Any]] = {
        "none": lambda pixels: pixels,
        "unit": lambda pixels: pixels / 255.0,
        "signed": lambda pixels: pixels / 127.5 - 1.0,
        "caffe": lambda pixels: pixels[..., ::-1] - _CAFFE_MEAN,
        "torch": lambda pixels: (pixels / 255.0 - _TORCH_MEAN) / _TORCH_DEVIATION,
    }
    return simple[mode] if mode in simple else _users_function(mode)


def _users_function(name: str) -> Callable[[Any], Any]:
    module_name, _, function_name = name.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except ImportError as error:
        raise SettingsError(
            f"--preprocess {name}: the module “{module_name}” cannot be imported ({error}); "
            "it is looked for in the current folder and among the installed packages."
        ) from error
    except AttributeError as error:
        raise SettingsError(
            f"--preprocess {name}: “{module_name}” has no function “{function_name}”."
        ) from error
    if not callable(function):
        raise SettingsError(f"--preprocess {name}: “{function_name}” is not a function.")
    return function  # type: ignore[no-any-return]
