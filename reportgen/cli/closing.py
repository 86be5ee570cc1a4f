"""How a command ends: its last lines, the gates, and the browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.cli.overall import clock_text
from reportgen.cli.streams import say

if TYPE_CHECKING:
    from reportgen.pipeline import Outcome
    from reportgen.records.gates import Gates

DOCUMENTS = (
    *("index.html", "report.html", "report.pdf", "report.ipynb", "README.md"),
    "report.json",
)
"""The files of a report that are meant to be opened, below its folder."""


def closing_lines(outcome: "Outcome", seconds: float) -> Iterator[str]:
    """What to say when a build is done, its last line naming every document."""
    files = [path for path in outcome.folder.rglob("*") if path.is_file()]
    total = sum(path.stat().st_size for path in files)
    parts = [
        _count(outcome.images, "image", "images"),
        _count(outcome.galleries, "filter gallery", "filter galleries"),
    ]
    if outcome.accuracy is not None:
        parts.append(f"accuracy {100 * outcome.accuracy:.1f} %")
    if outcome.skipped:
        parts.append(f"{outcome.skipped} skipped (the report gives the reasons)")
    state = "is up to date" if outcome.unchanged else f"ready in {duration_text(seconds)}"
    yield f"Report {state}: {', '.join(parts)} ({_size(total)})."
    documents = [outcome.folder / name for name in DOCUMENTS]
    written = [_described(path, outcome.folder) for path in documents if path.is_file()]
    if written:
        yield f"Files in {outcome.folder.name}: {', '.join(written)}."


def duration_text(seconds: float) -> str:
    """Seconds for people: `0.8 s`, `49 s`, `2:05 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 99.5 else f"{clock_text(seconds)} min"


def _described(path: Path, folder: Path) -> str:
    if path.name == "index.html":
        pages = sum(1 for _ in folder.rglob("*.html")) - (folder / "report.html").is_file()
        return f"index.html ({_count(pages, 'page', 'pages')})"
    size = _size(path.stat().st_size)
    if path.suffix != ".pdf":
        return f"{path.name} ({size})"
    import pikepdf

    with pikepdf.open(path) as pdf:
        return f"{path.name} ({_count(len(pdf.pages), 'page', 'pages')}, {size})"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 99_500 else f"{size / 1e3:.0f} kB"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def judge(gates: "Gates | None") -> None:
    """Say how the gates turned out. Raises GatesFailedError where one failed that has to hold."""
    from reportgen.errors import GatesFailedError
    from reportgen.gates.wording import gate_sentence, gates_sentence
    from reportgen.wording import sentence

    if gates is None or not gates.failed:
        return
    for gate in gates.failed:
        say(f"Gate failed: {sentence(gate_sentence(gate))}")
    if gates.mode == "fail":
        raise GatesFailedError(f"{gates_sentence(gates)}.")
    say(f"Warning: {gates_sentence(gates)}.")


def open_in_browser(page: Path) -> None:
    """Open a finished page, or warn that no browser can be opened."""
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        say("Warning: no browser could be opened.")
