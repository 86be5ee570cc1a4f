"""What a comparison calls its reports: the names of their files, told apart."""

from collections.abc import Sequence
from pathlib import Path

from reportgen.printable import distinct, printable


def names_of(paths: Sequence[Path]) -> list[str]:
    """A name for each path, all different; no folder of the machine but the one right above.

    That is taken in where two are called alike, as in `monday/report` and `tuesday/report`.
    """
    places = [path if path.name else path.resolve() for path in paths]
    names = [_name(place) for place in places]
    alike = {name for name in names if names.count(name) > 1}
    told = [
        f"{_name(place.absolute().parent)}/{name}" if name in alike else name
        for place, name in zip(places, names, strict=True)
    ]
    return distinct([printable(name) for name in told])


def _name(place: Path) -> str:
    return place.stem if place.suffix in (".zip", ".keras", ".h5", ".hdf5") else place.name
