"""What is printed on which stream; text from files cannot steer a terminal."""

import contextlib
import os
import sys
import unicodedata
from pathlib import Path
from typing import TextIO

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
