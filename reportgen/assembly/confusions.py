"""From finished units to the records of confusions and shortcuts."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from reportgen.analysis.accuracy.separating_channels import separating_channels
from reportgen.analysis.accuracy.shortcuts import (
    BORDER_AREA,
    LEAST_IMAGES,
    SIDE,
    WINDOW,
    border_reached,
    border_window,
)
from reportgen.analysis.feature_maps.penultimate import penultimate_layer
from reportgen.assembly.mapped_images import MappedImage
from reportgen.assembly.mean_heat import Heats, mean_heat, small_photo
from reportgen.execution.store import Stored
from reportgen.records.confusions import (
    ClassHeat,
    Confusion,
    Confusions,
    MeanHeat,
    SeparatingChannel,
    Shortcut,
)
from reportgen.records.model import Model
from reportgen.records.over_images import Mistake

MOST_CONFUSIONS, MOST_MISTAKES, MOST_CHANNELS, MOST_CLASSES = 6, 6, 6, 24
LEAST_OF_CLASS = 3
"""Images of either class that their channels are compared with."""

_FOLDER = "pictures/confusions"


def assemble_confusions(
    folder: Path,
    model: Model,
    images: Sequence[MappedImage],
    heats: Heats,
    decoded: Mapping[str, Stored],
    colormap: str,
) -> Confusions | None:
    """The confusions and the heat by class; None where nothing is confused and heat is little."""
    known = [image for image in images if None not in (image.true, image.predicted)]
    maker = _ConfusionRecords(folder, known, heats, colormap)
    wrong = [image for image in known if image.misclassified]
    pairs = Counter((image.true or 0, image.predicted or 0) for image in wrong)
    frequent = sorted(pairs, key=lambda pair: (-pairs[pair], pair))[:MOST_CONFUSIONS]
    groups = _by_prediction(images, heats)
    if not pairs and not any(len(group) >= LEAST_IMAGES for group in groups.values()):
        return None
    found = list(_windows(images, groups, heats, decoded))
    everything = heats.of(images)
    return Confusions(
        labelled=len(known),
        pairs=len(pairs),
        confusions=[maker.confusion(true, other) for true, other in frequent],
        layer=penultimate_layer(model)[0] if any(image.features for image in known) else "",
        method=heats.method,
        border_area=round(BORDER_AREA, 6),
        border_reached=round(border_reached(everything), 6) if len(everything) else 0.0,
        classes=[
            ClassHeat(index=index, heat=heat)
            for index, group in groups.items()
            if len(group) > 1 and (heat := maker.heat(group, f"class-{index}"))
        ],
        examined=len(found),
        shortcuts=[shortcut for shortcut in found if shortcut is not None],
    )


def _by_prediction(images: Sequence[MappedImage], heats: Heats) -> dict[int, list[MappedImage]]:
    """The images that have heat, by predicted class: the classes with most images, by index."""
    groups: dict[int, list[MappedImage]] = {}
    for image in images:
        if image.predicted is not None and image.digest in heats.by_digest:
            groups.setdefault(image.predicted, []).append(image)
    largest = sorted(groups, key=lambda index: (-len(groups[index]), index))[:MOST_CLASSES]
    return {index: groups[index] for index in sorted(largest)}


def _windows(
    images: Sequence[MappedImage],
    groups: Mapping[int, Sequence[MappedImage]],
    heats: Heats,
    decoded: Mapping[str, Stored],
) -> Iterator[Shortcut | None]:
    """For each class that has images enough, its shortcut or None.

    The other images are all that are predicted as another class, also those without heat.
    """
    usual = {index: group for index, group in groups.items() if len(group) >= LEAST_IMAGES}
    shown = [image for image in images if image.predicted is not None] if usual else []
    photos = {image.digest: small_photo(decoded[image.digest]) for image in shown}
    for index, group in usual.items():
        own = np.array([photos[image.digest] for image in group])
        others = np.array([photos[image.digest] for image in shown if image.predicted != index])
        if len(others) < LEAST_IMAGES:
            continue
        window = border_window(heats.of(group), own, others)
        yield (
            Shortcut(
                index=index,
                place=window.place,
                left=window.left / SIDE,
                top=window.top / SIDE,
                width=WINDOW / SIDE,
                height=WINDOW / SIDE,
                images=len(own),
                heat=round(window.heat, 6),
                area=(WINDOW / SIDE) ** 2,
                hot=round(window.images, 6),
                likeness=round(window.likeness, 6),
            )
            if window.is_shortcut
            else None
        )


class _ConfusionRecords:
    """The records of confusions among images of known class."""

    def __init__(
        self, folder: Path, known: Sequence[MappedImage], heats: Heats, colormap: str
    ) -> None:
        self._folder, self._known = folder, known
        self._heats, self._colormap = heats, colormap

    def heat(self, images: Sequence[MappedImage], name: str) -> MeanHeat | None:
        """The mean heat of some images."""
        path = f"{_FOLDER}/{name}.png"
        return mean_heat(self._heats.of(images), self._folder, path, self._colormap)

    def confusion(self, true: int, predicted: int) -> Confusion:
        """Why images of class `true` are predicted as class `predicted`."""
        of_class = [image for image in self._known if image.true == true]
        wrong = [image for image in of_class if image.predicted == predicted]
        right = [image for image in of_class if image.predicted == true]
        others = [image for image in self._known if image.true == predicted]
        theirs = [image for image in others if image.predicted == predicted]
        pair = f"{true}-{predicted}"
        return Confusion(
            true=true,
            predicted=predicted,
            images=len(wrong),
            of_class=len(of_class),
            mistakes=sorted(map(_mistake, wrong), key=_confidence)[:MOST_MISTAKES],
            true_heat=self.heat(right, f"{pair}-true"),
            mistaken_heat=self.heat(wrong, f"{pair}-mistaken"),
            predicted_heat=self.heat(theirs, f"{pair}-predicted"),
            channels=list(_channels(of_class, others, wrong)),
        )


def _mistake(image: MappedImage) -> Mistake:
    true, predicted, shares = image.true or 0, image.predicted or 0, image.probabilities
    return Mistake(
        image=image.file.name,
        true=true,
        predicted=predicted,
        probability=shares[predicted] if shares else None,
        true_probability=shares[true] if shares else None,
    )


def _confidence(mistake: Mistake) -> tuple[float, str]:
    return -(mistake.probability or 0.0), mistake.image


def _channels(
    of_class: Sequence[MappedImage], others: Sequence[MappedImage], wrong: Sequence[MappedImage]
) -> Iterator[SeparatingChannel]:
    """The channels that separate two classes; none where the images are too few."""
    first, second, mistaken = (
        np.array([image.features for image in part if image.is_finite], np.float64)
        for part in (of_class, others, wrong)
    )
    if min(len(first), len(second)) < LEAST_OF_CLASS or not len(mistaken):
        return
    for channel in separating_channels(first, second, MOST_CHANNELS):
        yield SeparatingChannel(
            channel=channel.channel,
            order=round(channel.order, 6),
            true_mean=float(f"{first[:, channel.channel].mean():.6g}"),
            predicted_mean=float(f"{second[:, channel.channel].mean():.6g}"),
            mistaken_mean=float(f"{mistaken[:, channel.channel].mean():.6g}"),
        )
