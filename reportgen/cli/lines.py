"""The progress of a run as plain lines: for logs and continuous integration."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Self

from reportgen.cli.overall import Overall, clock_text
from reportgen.cli.streams import say

SILENCE = 28.0
"""Seconds without a line after which a line says how far the run is."""


class Counter:
    """One stage's steps."""

    def __init__(self, title: str, total: int | None, overall: Overall) -> None:
        self.title = title
        self.total = total
        self.done = 0
        self.said = ""
        self._overall = overall

    def advance(self, steps: int = 1) -> None:
        """Add computed steps to the count."""
        self._count(steps, computed=True)

    def skip(self, steps: int) -> None:
        """Count steps that an earlier build finished."""
        self._count(steps, computed=False)

    def say(self, text: str) -> None:
        """Show a few words beside the steps."""
        self.said = text

    def _count(self, steps: int, *, computed: bool) -> None:
        self.done += steps
        if self.total:
            self._overall.add(self.title, steps / self.total, computed=computed)

    @property
    def steps(self) -> str:
        """The steps in figures and the words beside them, such as "7/16, 2 workers".

        Empty for a stage of one step with nothing to say.
        """
        figures = f"{self.done}/{self.total}" if self.total is not None and self.total > 1 else ""
        return ", ".join(filter(None, (figures, self.said)))


class Lines:
    """Plain lines on stderr: one for each stage, and one after each long silence."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = self._last = clock()
        self._said: set[str] = set()
        self._open: list[Counter] = []
        self._overall = Overall(clock)
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._break_silences, daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join()

    def expect(self, costs: Mapping[str, float]) -> None:
        """Note the relative cost of the stages to come."""
        self._overall.expect(costs)

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Counter]:
        """Say the stage and its number of steps when it begins for the first time."""
        counter = Counter(title, total, self._overall)
        if title not in self._said:
            self._said.add(title)
            self._say(f"{title} ({total})" if total is not None and total > 1 else title)
        self._open.append(counter)
        try:
            yield counter
        finally:
            self._open.remove(counter)
        self._overall.finish(title)

    def note(self, sentence: str) -> None:
        """Print a sentence once."""
        self._once(sentence)

    def warn(self, sentence: str) -> None:
        """Print a warning once."""
        self._once(f"Warning: {sentence}")

    def break_silence(self) -> None:
        """Say how far the run is, if nothing was said for long."""
        if self._clock() - self._last < SILENCE or not self._open:
            return
        stage, overall = self._open[-1], self._overall.text()
        state = f"{stage.title} {stage.steps}".rstrip()
        self._say(f"{state} (report {overall})" if overall else f"{state} …")

    def _break_silences(self) -> None:
        while not self._ended.wait(1):
            self.break_silence()

    def _once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._last = self._clock()
            say(sentence)

    def _say(self, text: str) -> None:
        self._last = self._clock()
        say(f"[{clock_text(self._last - self._start)}] {text}")
