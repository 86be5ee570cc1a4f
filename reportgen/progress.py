"""What a long run says while it works; the command line gives it a face."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Stage(Protocol):
    """One part of the run, counted in steps."""

    def advance(self, steps: int = 1) -> None:
        """Add computed steps to the count."""

    def skip(self, steps: int) -> None:
        """Count steps that an earlier build finished."""

    def say(self, text: str) -> None:
        """Show a few words beside the stage, such as how many workers compute; empty for none."""


class Progress(Protocol):
    """Where a run reports its stages and the sentences a user should read."""

    def expect(self, costs: Mapping[str, float]) -> None:
        """Say what stages are to come: their relative cost by title."""

    def stage(self, title: str, total: int | None = None) -> AbstractContextManager[Stage]:
        """Open a stage of `total` steps; None where the number is not known."""

    def note(self, sentence: str) -> None:
        """Tell the user one thing, once."""

    def warn(self, sentence: str) -> None:
        """Warn the user of one thing, once."""


class Silent:
    """Says nothing: for tests, `--quiet` and programs."""

    def expect(self, costs: Mapping[str, float]) -> None:
        """Expect nothing."""

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator["Silent"]:  # noqa: ARG002
        """Show nothing."""
        yield self

    def advance(self, steps: int = 1) -> None:
        """Count nothing."""

    def skip(self, steps: int) -> None:
        """Count nothing."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def note(self, sentence: str) -> None:
        """Show nothing."""

    def warn(self, sentence: str) -> None:
        """Show nothing."""
