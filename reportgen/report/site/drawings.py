"""Pictures that pages need beside those of the report: asked for by contexts, drawn afterwards."""

from collections.abc import Callable
from pathlib import Path


class Drawings:
    """What is to be drawn into the report's `folder`, by path.

    Contexts state the size of a picture, which follows from the records, and ask for it here; the
    writer has it drawn once the page is rendered.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._waiting: dict[str, Callable[[], bytes]] = {}

    def add(self, path: str, content: Callable[[], bytes]) -> None:
        """Ask for a picture at `path` below the folder; `content` draws it."""
        self._waiting[path] = content

    def draw(self) -> None:
        """Draw all that was asked for since the last time."""
        for path, content in self._waiting.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content())
        self._waiting.clear()
