"""The corruptions of images that robustness is measured with: names, strengths and definitions.

After D. Hendrycks and T. Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions
and Perturbations", 2019: strengths 1, 2, 3 are their severities 1, 3, 5 where they define one.
How each is computed stands in `reportgen.analysis.robustness.corrupting`.
"""

from dataclasses import dataclass

VERSION = 1
"""Of the definitions: numbers of another version are not comparable."""

STRENGTHS = (1, 2, 3)


@dataclass(frozen=True)
class Corruption:
    """A corruption: its name in gates, and what each strength is.

    `amounts` has a number for each strength; `unit` says what it is, with a place for the number.
    """

    name: str
    title: str
    amounts: tuple[float, float, float]
    unit: str
    definition: str

    def amount(self, strength: int) -> float:
        """The number of a strength, 1 to 3."""
        return self.amounts[strength - 1]

    def said(self, strength: int) -> str:
        """What a strength is, in a few words."""
        return self.unit.format(self.amount(strength)).replace("%", " %")


CORRUPTIONS: dict[str, Corruption] = {
    corruption.name: corruption
    for corruption in (
        Corruption(
            "blur", "Blur", (1, 3, 6), "σ {:g} px of 224",
            "Gaussian blur; the standard deviation is for an input whose shorter side is 224"
            " pixels and scales with it",
        ),
        Corruption(
            "noise", "Noise", (0.08, 0.18, 0.38), "σ {:g}",
            "Gaussian noise, independent for each pixel and colour, as a share of the range of"
            " values",
        ),
        Corruption(
            "jpeg", "JPEG", (25, 15, 7), "quality {:g}", "JPEG compression with 4:2:0 chroma"
        ),
        Corruption(
            "brightness", "Brightness", (0.1, 0.3, 0.5), "+{:g}",
            "Added to the value of HSV, as a share of the range",
        ),
        Corruption(
            "contrast", "Contrast", (0.4, 0.2, 0.05), "× {:g}",
            "The difference from the mean of each colour is multiplied",
        ),
        Corruption(
            "rotation", "Rotation", (5, 15, 30), "{:g}°",
            "Counterclockwise about the centre, bilinear; the edge pixels are continued",
        ),
        Corruption(
            "occlusion", "Occlusion", (0.05, 0.15, 0.3), "{:.0%} of the area",
            "A rectangle of the image’s proportions at a random place, filled with its mean colour",
        ),
    )
}  # fmt: skip
"""All corruptions by name, in the order of the page."""
