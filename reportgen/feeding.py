"""How a picture's file becomes the pixels that the network is fed: all choices at one place."""

from dataclasses import dataclass, replace
from typing import Literal

ResizeMode = Literal["stretch", "crop", "pad"]
Interpolation = Literal["nearest", "bilinear", "bicubic", "area"]
Alpha = Literal["drop", "white", "black"]
Exif = Literal["apply", "ignore"]
Depth = Literal["auto", "high-byte", "raw", "scale", "stretch"]

DEEPEST_BYTE = 600.0
"""A model that rescales by more than this takes values of more than 8 bits."""


@dataclass(frozen=True)
class Feeding:
    """The choices; the defaults are those of `keras.utils.image_dataset_from_directory`.

    All but `exif`: a photo is turned upright, since that is the picture that people see.

    Attributes:
        resize: how the photo is brought to the network's proportions, see `fit.placement`.
        interpolation: how it is brought to its size, see `fit.fit`.
        alpha: what becomes of transparency, see `modes.flatten`.
        exif: whether its EXIF orientation is applied.
        depth: what becomes of gray of more than 8 bits, see `modes.deep_gray`.

    """

    resize: ResizeMode = "stretch"
    interpolation: Interpolation = "bilinear"
    alpha: Alpha = "drop"
    exif: Exif = "apply"
    depth: Depth = "auto"

    def settled(self, highest: float | None) -> "Feeding":
        """The choices with a depth that is not "auto": raw values for a model made for such.

        `highest` is the largest pixel value that the model's own rescaling is made for; None where
        it is not known.
        """
        if self.depth != "auto":
            return self
        deep = highest is not None and highest > DEEPEST_BYTE
        return replace(self, depth="raw" if deep else "high-byte")
