"""What was found of a data set."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from reportgen.inputs.photos.images import ImageFile, Skipped


@dataclass(frozen=True)
class FoundSet:
    """The images of a data set.

    Attributes:
        images: in their order.
        passed: what was found beside them.
        empty: the places of folders that hold none.
        listed: whether a list names the class of each image, as its `group`; else the folders do.
        splits: of each image, as a column of a list names it; empty without such a column.

    """

    images: list[ImageFile]
    passed: list[Skipped] = field(default_factory=list)
    empty: Sequence[tuple[str, ...]] = ()
    listed: bool = False
    splits: Sequence[str] = ()
