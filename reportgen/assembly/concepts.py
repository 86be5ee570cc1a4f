"""From the finished unit to the record of concepts, with its pictures."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from reportgen.analysis.concepts.concepts import ConceptData, ConceptUnit, ImageConcepts
from reportgen.analysis.concepts.drawing import COLOURS
from reportgen.assembly.assembly import Assembly, CopiedPicture
from reportgen.execution.runner import Outcome
from reportgen.execution.store import Stored
from reportgen.inputs.photos.images import ImageFile
from reportgen.records.behaviour.concepts import (
    ClassConcepts,
    Concept,
    ConceptImage,
    Concepts,
    StabilityOf,
)


def assemble_concepts(
    assembly: Assembly,
    files: Mapping[str, ImageFile],
    units: Sequence[ConceptUnit],
    outcomes: Mapping[str, Outcome],
    data_set: str,
) -> Concepts | None:
    """The record; None where nothing was asked for or it failed.

    `files` are all images by their digests; `data_set` is the name of their data set, if any.
    """
    if not units:
        return None
    (unit,) = units
    stored = assembly.usable(outcomes[unit.key], "section", "concepts")
    if stored is None:
        return None
    data = stored.read(ConceptData)
    return Concepts(
        layer=unit.options.layer,
        dataset=data_set,
        images=len(data.images),
        all_images=len(files),
        seed=unit.options.seed,
        error=data.error,
        negative=data.negative,
        stability=[StabilityOf(concepts=k, agreement=value) for k, value in data.stability],
        concepts=[_concept(assembly, stored, data, at, files) for at in range(len(data.top))],
        classes=_classes(assembly, data.images),
        shown=[
            _shown(assembly, stored, image, files)
            for image in data.images
            if image.picture is not None
        ],
    )


def _concept(
    assembly: Assembly,
    stored: Stored,
    data: ConceptData,
    at: int,
    files: Mapping[str, ImageFile],
) -> Concept:
    copied = _copied(assembly, stored, f"concept-{at}.jpg") if data.top[at] else None
    return Concept(
        index=at,
        colour="#" + bytes(COLOURS[at]).hex(),
        channels=[channel for channel, _ in data.channels[at]],
        weights=[weight for _, weight in data.channels[at]],
        images=[files[digest].name for digest in data.top[at]],
        picture=copied.picture if copied else None,
        width=copied.width if copied else 0,
        height=copied.height if copied else 0,
    )


def _classes(assembly: Assembly, images: Sequence[ImageConcepts]) -> list[ClassConcepts]:
    by_class: dict[int, list[ImageConcepts]] = {}
    for image in images:
        by_class.setdefault(image.predicted, []).append(image)
    found = [
        ClassConcepts(
            index=index,
            label=assembly.model.target_labels[index],
            images=len(own),
            parts=[fmean(values) for values in zip(*(image.parts for image in own), strict=True)],
            score=fmean(image.score for image in own),
        )
        for index, own in by_class.items()
    ]
    return sorted(found, key=lambda found_class: (-found_class.images, found_class.index))


def _shown(
    assembly: Assembly, stored: Stored, image: ImageConcepts, files: Mapping[str, ImageFile]
) -> ConceptImage:
    copied = _copied(assembly, stored, str(image.picture))
    return ConceptImage(
        image=files[image.digest].name,
        label=assembly.model.target_labels[image.predicted],
        parts=image.parts,
        picture=copied.picture,
        width=copied.width,
        height=copied.height,
    )


def _copied(assembly: Assembly, stored: Stored, name: str) -> CopiedPicture:
    return assembly.copy_picture(stored, name, f"pictures/concepts/{name.removesuffix('.jpg')}")
