"""The face of a run: bars on a terminal, plain lines in a log, errors in one sentence."""

import contextlib
import os
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

from reportgen.progress import Progress, Silent

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

JOINERS = "\u200c\u200d"
"""Invisible characters that words and emoji are made with; harmless, so printed as they are."""

UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories of characters that steer a terminal, hide or reorder text."""


def visible(text: str) -> str:
    """Text from a file as one harmless line: control characters are spelled out."""
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in UNSAFE and character not in JOINERS
        else character
        for character in text
    )


def say(sentence: str, stream: TextIO | None = None) -> None:
    """Print one line to a stream (stderr when none is given).

    Nobody may read stderr, or it may be full: the work goes on. Of stdout it is an error.
    """
    own = stream is None
    stream = sys.stderr if stream is None else stream
    if stream is None:  # a program may be started without stderr
        return
    try:
        print(visible(sentence), file=stream, flush=True)
    except OSError:
        forget(stream)
        if not own:
            raise


def forget(stream: TextIO) -> None:
    """Send the rest of a stream whose reader has left to nowhere, so that no flush fails later."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at the stream through a terminal that can move its cursor."""
    if stream is None or not stream.isatty():
        return False
    return os.environ.get("TERM") not in ("dumb", "unknown")


class Lines:
    """Plain lines on stderr, one for each stage: for logs and continuous integration."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to clean up."""

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Silent]:
        """Say the stage and its number of steps when it begins."""
        steps = "" if total is None else f" ({total})"
        say(f"[{time.monotonic() - self._start:6.1f} s] {title}{steps}")
        yield Silent()

    def note(self, sentence: str) -> None:
        """Print a sentence once."""
        self._once(sentence)

    def warn(self, sentence: str) -> None:
        """Print a warning once."""
        self._once(f"Warning: {sentence}")

    def _once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            say(sentence)


class Bars:
    """Bars on the terminal behind stderr: what is being done, how far, and the time left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._bars: RichProgress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[left]}"),
            console=self._console,
            transient=True,
        )
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator["Bar"]:
        """Show a bar while the stage runs, and one line with its duration when it is done."""
        start = time.monotonic()
        task = self._bars.add_task(visible(title), total=total, left="left" if total else "")
        try:
            yield Bar(self._bars, task)
        finally:
            self._bars.remove_task(task)
            self._bars.refresh()
        self._print(f"{title}: {time.monotonic() - start:.1f} s", "dim")

    def refresh(self) -> None:
        """Draw the bars as they stand now."""
        self._bars.refresh()

    def note(self, sentence: str) -> None:
        """Print a sentence once, above the bars."""
        self._once(sentence, "")

    def warn(self, sentence: str) -> None:
        """Print a warning once, above the bars."""
        self._once(f"Warning: {sentence}", "yellow")

    def _once(self, sentence: str, style: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._print(sentence, style)

    def _print(self, sentence: str, style: str) -> None:
        from rich.text import Text

        with contextlib.suppress(BrokenPipeError):
            self._console.print(Text(visible(sentence), style=style))


class Bar:
    """One stage's bar."""

    def __init__(self, bars: "RichProgress", task: "TaskID") -> None:
        self._bars = bars
        self._task = task

    def advance(self, steps: int = 1) -> None:
        """Move the bar by so many steps."""
        self._bars.advance(self._task, steps)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """The progress that suits stderr: nothing, bars or plain lines."""
    if quiet:
        yield Silent()
        return
    with Bars() if is_terminal(sys.stderr) else Lines() as face:
        yield face


def print_path(path: Path) -> None:
    """Print the path of a page on stdout, as a link where a terminal can follow it.

    The path is relative if it lies below the current folder.
    """
    absolute = path.resolve()
    here = Path.cwd()
    shown = absolute.relative_to(here) if absolute.is_relative_to(here) else absolute
    if not is_terminal(sys.stdout):
        say(str(shown), sys.stdout)
        return
    from rich.console import Console
    from rich.style import Style
    from rich.text import Text

    text = Text(visible(str(shown)), style=Style(link=absolute.as_uri(), bold=True))
    Console(highlight=False, soft_wrap=True).print(text)
