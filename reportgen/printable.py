"""Strings that come from files (names, labels), made safe to print on a terminal and to store."""

import unicodedata
from collections.abc import Sequence

LONGEST = 200
"""Characters of a label or name that are kept."""


def printable(text: str) -> str:
    """The text on one line, without control characters, at most `LONGEST` characters.

    Control characters (an escape sequence could rewrite the terminal), bidirectional marks and
    bytes that were not UTF-8 become U+FFFD. Composed characters (NFC) make the text the same on
    every system, since macOS hands out file names decomposed.
    """
    if text.isprintable() and text.isascii() and len(text) <= LONGEST:
        return text  # most names are: a data set has a million
    composed = unicodedata.normalize("NFC", text)
    joiner = "\N{ZERO WIDTH JOINER}"  # holds many emoji together, and does nothing else
    plain = "".join(
        character if character.isprintable() or character == joiner else "\N{REPLACEMENT CHARACTER}"
        for character in composed
    )
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"


def distinct(names: Sequence[str]) -> list[str]:
    """The names in their order, those that occur again told apart by " (2)", " (3)" and so on."""
    taken = set(names)
    seen: set[str] = set()
    result = []
    for name in names:
        unique, number = name, 2
        while unique in seen or (unique != name and unique in taken):
            unique, number = f"{name} ({number})", number + 1
        seen.add(unique)
        result.append(unique)
    return result


def quoted(text: object) -> str:
    """A name or word from the user in quotation marks, its control characters spelled out."""
    return f"“{printable(str(text))}”"
