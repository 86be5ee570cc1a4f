"""What a comparison calls its reports: the names of their files, told apart."""

from collections.abc import Sequence
from pathlib import Path

from reportgen.printable import distinct, printable


def names_of(paths: Sequence[Path]) -> list[str]:
    """A name for each path, all different; no folder of the machine but the one right above.

    That is taken in where it tells apart two that are called alike, as in `monday/report` and
    `tuesday/report`.
    """
    places = [path if path.name else path.resolve() for path in paths]
    names = [_name(place) for place in places]
    above = [_name(place.absolute().parent) for place in places]
    alike = {
        name
        for name in names
        if len({folder for folder, own in zip(above, names, strict=True) if own == name}) > 1
    }
    told = [
        f"{folder}/{name}" if name in alike else name
        for folder, name in zip(above, names, strict=True)
    ]
    return distinct([printable(name) for name in told])


def _name(place: Path) -> str:
    return place.stem if place.suffix in (".zip", ".keras", ".h5", ".hdf5") else place.name
