"""What was probably meant by the name of a file that is not there."""

import difflib
from itertools import islice
from pathlib import Path

from reportgen.printable import printable

_MOST_LISTED = 10_000


def near_files(path: Path) -> str:
    """The end of a sentence that names the file of its folder whose name comes nearest, or "".

    Capitals count little, and the ending too: `Model.h5` comes near `model.keras`.
    """
    try:
        names = [entry.name for entry in islice(path.parent.iterdir(), _MOST_LISTED)]
    except (OSError, ValueError):
        return ""
    folded = {name.casefold(): name for name in sorted(names)}
    stems = {Path(name).stem.casefold(): name for name in sorted(names)}
    close = difflib.get_close_matches(
        path.name.casefold(), folded, 1, 0.75
    ) or difflib.get_close_matches(path.stem.casefold(), stems, 1, 0.85)
    if not close:
        return ""
    found = folded.get(close[0]) or stems[close[0]]
    return f"; did you mean “{printable(str(path.parent / found))}”?"
