"""Which part of the report a heading of the user's notes means, written as people write."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath

from reportgen.records.report import Report
from reportgen.report.sections.table import TABLE

FRONT = "front"

SECTION_HEADINGS = {
    FRONT: ("overview", "notes", "findings", "sparsity by depth"),
    "model": ("model", "model summary", "network", "layers", "architecture"),
    "images": ("images", "all images", "photos", "predictions"),
    **{section.key: section.headings for section in TABLE},
    "about": ("about", "about this report", "methods", "methods and settings", "settings"),
}
"""The headings that stand for a section, folded: as the pages call it, and by its own name."""

_KIND = re.compile(r"(?:the\s+)?(?:layer|image|photo|picture)\b[\s:]*(?=\S)", re.IGNORECASE)

Names = Iterable[tuple[str, str]]
"""Pairs of a name and the place that it stands for."""


class NotePlaces:
    """Finds the place of a heading: "layer PATH", "image NAME", or the name of a section.

    A name in full counts first, then the sections, then names in other letters or with other
    signs between words ("Conv2D 9"), then the last part of a path and an image without its
    suffix. What could mean two things means none.
    """

    def __init__(self, report: Report) -> None:
        self._report = report

    @cached_property
    def _known(self) -> tuple[Sequence[Mapping[str, str]], Sequence[Mapping[str, str]]]:
        """Places by name: names that count as they are, and such that are folded."""
        # Only notes with headings need them, and there may be thousands.
        report = self._report
        layers = [(layer.path, f"layer {layer.path}") for layer in report.model.layers]
        images = [(image.name, f"image {image.name}") for image in report.images]
        calls = [(layer.name, f"layer {layer.path}") for layer in report.model.layers]
        ends = [(_end(path), place) for path, place in layers]
        ends += [(_end(name), place) for name, place in images]
        stems = [(PurePosixPath(name).stem, place) for name, place in (*images, *ends)]
        sections = [
            (heading, name) for name, headings in SECTION_HEADINGS.items() for heading in headings
        ]
        folded = [
            _only((fold(name), place) for name, place in names)
            for names in (sections, (*layers, *images), calls, ends, stems)
        ]
        return (_only(images), _only(layers), _only(calls)), folded

    def find(self, heading: str) -> str | None:
        """The place that a heading (plain text) stands for, None where it names none."""
        exactly, loosely = self._known
        for name in (heading, _KIND.sub("", heading, count=1)):
            for exact in exactly:
                if name in exact:
                    return exact[name]
            folded = fold(name)
            for known in loosely:
                if folded in known:
                    return known[folded]
        return None


def fold(text: str) -> str:
    """The words of a text, for comparing: no capitals, one space for whatever is no letter."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def _end(path: str) -> str:
    return path.rpartition("/")[2]


def _only(names: Names) -> Mapping[str, str]:
    """Names that stand for one place only."""
    places: dict[str, set[str]] = {}
    for name, place in names:
        places.setdefault(name, set()).add(place)
    return {name: min(found) for name, found in places.items() if name and len(found) == 1}
