"""The report as a PDF, printed by the Chrome, Chromium or Edge that the machine has."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from reportgen.errors import OutputError
from reportgen.records.report import Report
from reportgen.report.pdf.result import PDF_NAME, PdfResult
from reportgen.report.single.page import SINGLE_NAME, printed_page
from reportgen.report.templates import Templates

_COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
)
_MAC_APPS = ("Google Chrome", "Chromium", "Microsoft Edge")
_WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
_WINDOWS_PROGRAMS = (
    r"Google\Chrome\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
    r"Chromium\Application\chrome.exe",
)
_PATIENCE = 300
"""Seconds for a browser to print; a hundred pages take about twelve."""


def find_browser(given: Path | None) -> Path:
    """The browser that was named, else the first that is installed.

    Raises OutputError naming what was looked for.
    """
    if given is not None:
        found = shutil.which(given.expanduser())
        if found is None:
            raise OutputError(f"There is no program {given} for --browser; name Chrome's own file.")
        return Path(found)
    for place in _places():
        found = shutil.which(place)
        if found is not None:
            return Path(found)
    raise OutputError(
        f"There is no browser for --pdf-engine browser: {_looked_for()} were looked for; install"
        " one, name it with --browser PATH, or use --pdf-engine typst, which needs none."
    )


def _places() -> Iterator[str]:
    """Where a browser may be, on this system."""
    yield from _COMMANDS
    if sys.platform == "darwin":
        for root in (Path("/Applications"), Path.home() / "Applications"):
            for name in _MAC_APPS:
                yield str(root / f"{name}.app" / "Contents" / "MacOS" / name)
    if os.name == "nt":
        for variable in _WINDOWS_FOLDERS:
            if folder := os.environ.get(variable):
                yield from (f"{folder}\\{program}" for program in _WINDOWS_PROGRAMS)


def _looked_for() -> str:
    if sys.platform == "darwin":
        return f"{', '.join(_MAC_APPS)} in Applications and {', '.join(_COMMANDS)} on the PATH"
    if os.name == "nt":
        return "Chrome, Edge and Chromium in the folders of programs"
    return f"{', '.join(_COMMANDS)} on the PATH"


def print_with_browser(
    report: Report,
    folder: Path,
    *,
    paper: str = "a4",
    browser: Path | None = None,
    templates: Path | None = None,
) -> PdfResult:
    """Write `folder/report.pdf`: the single file, printed by a browser with its print style sheet.

    `browser` is its program, looked for when None; `templates` a folder of the user's templates.
    Raises OutputError when there is no browser, when it fails, or when a template cannot be used.
    """
    program = find_browser(browser)
    try:
        with tempfile.TemporaryDirectory(prefix=".pdf-", dir=folder) as scratch:
            page = Path(scratch) / SINGLE_NAME
            text = printed_page(report, folder, Templates(templates), paper)
            page.write_text(text, encoding="utf-8", errors="replace")
            made = _printed(program, page, Path(scratch))
            path = folder / PDF_NAME
            path.write_bytes(_finished(made, report))
            return PdfResult(path, ())
    except OSError as error:
        raise OutputError(f"{PDF_NAME} cannot be written: {error.strerror or error}.") from error


def _printed(program: Path, page: Path, scratch: Path) -> bytes:
    target = scratch / PDF_NAME
    with tempfile.TemporaryDirectory(
        prefix="reportgen-browser-", ignore_cleanup_errors=True
    ) as profile:
        command = [
            str(program),
            "--headless",
            "--disable-gpu",
            "--disable-extensions",
            "--disable-background-networking",
            "--no-first-run",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            f"--user-data-dir={profile}",
            f"--print-to-pdf={target.resolve()}",
            # Chrome refuses to run as root with its sandbox, which is what containers do.
            *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
            page.resolve().as_uri(),
        ]
        try:
            _run(command)
            return target.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise OutputError(
                f"The browser {program.name} made no PDF; try another with --browser, or"
                " --pdf-engine typst."
            ) from error


def _run(command: Sequence[str]) -> None:
    """Run a browser; whatever ends the wait ends it with all its processes.

    Raises OSError and SubprocessError.
    """
    with subprocess.Popen(  # noqa: S603
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=os.name == "posix",
    ) as browser:
        try:
            browser.communicate(timeout=_PATIENCE)
        finally:
            # Its helpers hold the profile's folder open, which is removed next.
            with contextlib.suppress(OSError):
                if os.name == "posix":
                    os.killpg(browser.pid, signal.SIGKILL)
                else:
                    browser.kill()
            browser.wait()
    if browser.returncode:
        raise subprocess.CalledProcessError(browser.returncode, command)


def _finished(made: bytes, report: Report) -> bytes:
    """The PDF with its metadata, without the time of printing.

    The same bytes each time that the browser makes the same of a page, which it does nearly always.
    """
    import pikepdf

    from reportgen.report.pdf.bytes import moment_of, saved

    with pikepdf.open(BytesIO(made)) as pdf:
        stamp = f"D:{moment_of(report.created):%Y%m%d%H%M%S}Z"
        pdf.docinfo["/Title"] = report.title
        pdf.docinfo["/Author"] = report.author
        pdf.docinfo["/CreationDate"] = stamp
        pdf.docinfo["/ModDate"] = stamp
        return saved(pdf)
