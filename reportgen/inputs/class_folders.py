"""Class folders: which class an image belongs to, from the folder that it lies in."""

from collections.abc import Iterable, Mapping, Sequence

from reportgen.inputs.labels import default_labels


def classes_of_groups(groups: Iterable[str | None], labels: Sequence[str]) -> dict[str, int] | None:
    """The class index of each group, None where the groups are not the model's classes.

    Groups whose names are all among the labels are matched by name; otherwise as many groups as
    classes are counted in alphabetical order, as Keras's `image_dataset_from_directory` does.
    """
    names = {group for group in groups if group is not None}
    by_name = {label.casefold(): index for index, label in enumerate(labels)}
    if names and all(name.casefold() in by_name for name in names):
        return {name: by_name[name.casefold()] for name in sorted(names)}
    if len(names) < 2 or len(names) != len(labels):
        return None
    return {name: index for index, name in enumerate(sorted(names))}


def labels_of_folders(labels: Sequence[str], folders: Mapping[str, int]) -> list[str]:
    """The labels; where they are made up and every class has its folder, the folders' names."""
    if list(labels) != default_labels(len(labels)) or len(folders) != len(labels):
        return list(labels)
    return sorted(folders, key=lambda name: folders[name])
