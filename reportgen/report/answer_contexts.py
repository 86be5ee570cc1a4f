"""What templates receive of the model's outputs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AnswerTable:
    """What one output says of an image: rows of a name and a number, and what is left out."""

    output: str
    title: str
    columns: tuple[str, str]
    rows: tuple[tuple[str, str], ...]
    more: str


@dataclass(frozen=True)
class OutputRow:
    """An output in the table of the model: what it means, and why."""

    name: str
    shape: str
    meaning: str
    why: str
    explained: str
    """"yes" for the output that the report explains; empty for others."""
