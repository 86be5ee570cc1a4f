"""The whole report in one HTML file, for mail, chat and viewers of artifacts: `--format single`.

It holds the pages of the site that need no other: overview, model, images, filter galleries and
about. The pages by layer and by unit show the same pictures again and are the site's alone.
"""

from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import OutputError
from reportgen.records.report import Report
from reportgen.report.single.choice import Choice, everything, fitted, reduced, size
from reportgen.report.single.page import SINGLE_NAME, single_page
from reportgen.report.templates import Templates
from reportgen.wording import size_of

WARNING_AT = 25_000_000
REFUSED_AT = 100_000_000
_MOST_TRIES = 12


@dataclass(frozen=True)
class SingleResult:
    """The file that was written, and sentences on what is not in it as it should be."""

    path: Path
    warnings: tuple[str, ...]


def write_single(
    report: Report,
    folder: Path,
    *,
    megabytes: int | None = 10,
    force: bool = False,
    templates: Path | None = None,
) -> SingleResult:
    """Write `report.html`, a file that needs no other.

    Args:
        report: what to show; its pictures lie in `folder`.
        folder: the report's folder.
        megabytes: what the file may take, in units of 1,000,000 bytes; to fit, pictures are shrunk
            first, then activations, galleries and images are left out, which the file states.
            None: everything as it is.
        force: write it even if it is larger than 100 MB.
        templates: a folder of the user's templates.

    Raises:
        OutputError: a template cannot be used, or the file would be larger than 100 MB.

    """
    source = Templates(templates)
    text = _within(report, folder, source, megabytes).encode("utf-8", "replace")
    taken, budget = len(text), _bytes(megabytes)
    if taken > REFUSED_AT and not force:
        raise OutputError(
            f"{SINGLE_NAME} would take {size_of(taken)}, which few programs open; "
            "let --single-size leave out what does not fit, or use --force."
        )
    path = folder / SINGLE_NAME
    path.write_bytes(text)
    warnings = []
    if budget is not None and taken > budget:
        warnings.append(f"{SINGLE_NAME} takes {size_of(taken)}: it cannot be made smaller.")
    elif taken > WARNING_AT:
        warnings.append(f"{SINGLE_NAME} takes {size_of(taken)}; mail and chat may refuse it.")
    return SingleResult(path, tuple(warnings))


def _bytes(megabytes: int | None) -> int | None:
    return None if megabytes is None else megabytes * 1_000_000


def _within(report: Report, folder: Path, source: Templates, megabytes: int | None) -> str:
    """The file's text, with as much of the report as its size allows.

    What is chosen is planned by estimate and then measured; the estimate's error goes off the next
    plan's budget, until the file fits or nothing more can be left out.
    """
    budget = _bytes(megabytes)
    choice = everything(report, folder)
    if budget is None or size(report, choice) <= budget:
        text = _made(report, folder, source, choice, megabytes)
        if budget is None or len(text.encode("utf-8", "replace")) <= budget:
            return text
    choice, room = everything(report, folder, shrinking=True), budget
    if size(report, choice) > budget:
        choice = fitted(report, choice.pictures, room)
    for _ in range(_MOST_TRIES):
        text = _made(report, folder, source, choice, megabytes)
        excess = len(text.encode("utf-8", "replace")) - budget
        if excess <= 0:
            break
        room -= max(excess, budget // 50)
        smaller = fitted(report, choice.pictures, room)
        if smaller == choice:
            break
        choice = smaller
    return text


def _made(
    report: Report, folder: Path, source: Templates, choice: Choice, megabytes: int | None
) -> str:
    notes = choice.notes(report, megabytes)
    return single_page(reduced(report, choice), folder, source, choice.pictures.encoded, notes)
