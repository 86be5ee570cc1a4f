"""The true class of each image: from the folders that they lie in, from a table, or from a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reportgen.build_steps.found_files import FoundImages, Photos
from reportgen.inputs.classes.class_folders import arrange, labels_of_folders, said_of_empty
from reportgen.inputs.classes.class_names import Classes, match_classes
from reportgen.inputs.classes.image_table import classes_in, read_image_table
from reportgen.inputs.photos.images import ImageFile


@dataclass(frozen=True)
class Classed:
    """The images with their classes, which class each name is, and sentences about it."""

    photos: Photos
    data_set: Photos
    classes: Classes
    labels: list[str]
    remarks: tuple[str, ...]


def classed(
    shown: FoundImages, data_set: FoundImages, labels: Sequence[str], table: Path | None
) -> Classed:
    """Settle the class of each image; classes without labels get the names of the folders.

    The classes are those of the data set where there is one. A `table` names classes in place of
    folders. Raises SettingsError where it names no image.
    """
    named = data_set if data_set.photos else shown
    if table is not None:
        everything = [*data_set.photos, *shown.photos]
        classes, groups = _in_table(table, [file for file, _ in everything], labels)
        found = _with_classes(everything, groups, classes)
        count = len(data_set.photos)
        return Classed(found[count:], found[:count], classes, list(labels), (classes.remark,))
    groups, classes, remarks = _by_place(named, labels)
    own = _with_classes(named.photos, groups, classes)
    labels = labels_of_folders(labels, classes.indices)
    if not data_set.photos:
        return Classed(own, [], classes, labels, remarks)
    known = {digest: file for file, digest in own}
    above = arrange([file.place for file, _ in shown.photos], shown.empty, labels).groups
    photos = [
        (file.of_class(known[digest].group, known[digest].true_class), digest)
        if digest in known
        else _with_classes([(file, digest)], [group], classes)[0]
        for (file, digest), group in zip(shown.photos, above, strict=True)
    ]
    return Classed(photos, own, classes, labels, remarks)


def _by_place(
    found: FoundImages, labels: Sequence[str]
) -> tuple[list[str | None], Classes, tuple[str, ...]]:
    """The class of each image by its place, the classes, and what is to be said of them."""
    places = [file.place for file, _ in found.photos]
    if found.listed:
        groups = [place[0] if place else None for place in places]
        names = {group for group in groups if group is not None}
        classes = match_classes(names, labels, what="class in the list", numbered=True)
        return groups, classes, (classes.remark,)
    arranged = arrange(places, found.empty, labels)
    remarks = arranged.note, said_of_empty(arranged.empty), arranged.classes.remark
    return arranged.groups, arranged.classes, remarks


def _in_table(
    table_file: Path, images: Sequence[ImageFile], labels: Sequence[str]
) -> tuple[Classes, list[str | None]]:
    """The classes of all rows of a table, and the class of each image as it names it."""
    table = read_image_table(table_file, images, "--labels-csv")
    cells = classes_in(table, "--labels-csv")
    groups = {image: group for image, group in table.by_image(cells).items() if group}
    names = {cell for cell in cells if cell}
    classes = match_classes(names, labels, what=f"class in {table.file}", numbered=True)
    return classes, [groups.get(image.name) for image in images]


def _with_classes(photos: Photos, groups: Sequence[str | None], classes: Classes) -> Photos:
    return [
        (file.of_class(group, classes.indices.get(group or "")), digest)
        for (file, digest), group in zip(photos, groups, strict=True)
    ]
