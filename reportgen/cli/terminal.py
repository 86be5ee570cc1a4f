"""The face of a run: bars on a terminal, plain lines in a log."""

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from reportgen.cli.lines import Counter, Lines
from reportgen.cli.overall import Overall, clock_text
from reportgen.cli.streams import is_terminal, visible
from reportgen.progress import Progress, Silent

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import Task, TaskID


class Bars:
    """Bars on the terminal behind stderr: the stage, how far it is, and the time left in all."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn
        from rich.text import Text

        class Said(ProgressColumn):
            """What a task has to say now, as its field `said` tells it."""

            def render(self, task: "Task") -> Text:
                return Text(task.fields["said"]())

        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._bars: RichProgress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            Said(),
            console=self._console,
            transient=True,
        )
        self._said: set[str] = set()
        self._overall = Overall()
        self._whole: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def expect(self, costs: Mapping[str, float]) -> None:
        """Note the relative cost of the stages to come, and show a bar of the whole."""
        self._overall.expect(costs)
        if self._whole is None and self._overall.fraction is not None:
            self._whole = self._bars.add_task("Report", total=1.0, said=self._overall.text)

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator["Bar"]:
        """Show a bar while the stage runs, and one line with its duration when it is done.

        A stage of unknown length, or of one step, has a spinner.
        """
        start = time.monotonic()
        counter = Counter(title, total, self._overall)
        steps = total if total is not None and total > 1 else None

        def said() -> str:
            return counter.steps or clock_text(time.monotonic() - start)

        task = self._bars.add_task(visible(title), total=steps, said=said)
        try:
            yield Bar(self, task, counter)
        finally:
            self._bars.remove_task(task)
            self._bars.refresh()
        self._overall.finish(title)
        self.move()
        if title not in self._said:
            self._said.add(title)
            self._print(f"{title}: {time.monotonic() - start:.1f} s", "dim")

    def move(self, task: "TaskID | None" = None, steps: int = 0) -> None:
        """Advance the bar of a stage by `steps`, and the bar of the build to its new position."""
        if task is not None:
            self._bars.advance(task, steps)
        if self._whole is not None:
            self._bars.update(self._whole, completed=self._overall.fraction)

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

    def __init__(self, bars: Bars, task: "TaskID", counter: Counter) -> None:
        self._bars = bars
        self._task = task
        self._counter = counter

    def advance(self, steps: int = 1) -> None:
        """Add computed steps to the count."""
        self._counter.advance(steps)
        self._bars.move(self._task, steps)

    def skip(self, steps: int) -> None:
        """Count steps that an earlier build finished."""
        self._counter.skip(steps)
        self._bars.move(self._task, steps)

    def say(self, text: str) -> None:
        """Show a few words beside the steps."""
        self._counter.say(text)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """The progress that suits stderr: nothing, bars or plain lines."""
    if quiet:
        yield Silent()
        return
    with Bars() if is_terminal(sys.stderr) else Lines() as face:
        yield face
