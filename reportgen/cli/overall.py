"""How much of a run's expected work is done, and how long the rest takes."""

import time
from collections.abc import Callable, Mapping


class Overall:
    """Adds up the stages of a run by their cost.

    Costs are relative: what counts is their ratio. Work that is skipped, because it is cached, is
    done but says nothing about the speed.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._costs: dict[str, float] = {}
        self._done: dict[str, float] = {}
        self._computed = 0.0
        self._since = clock()

    def expect(self, costs: Mapping[str, float]) -> None:
        """State the cost of each stage to come, by title; the time left counts from here."""
        self._costs = {title: cost for title, cost in costs.items() if cost > 0}
        self._done, self._computed, self._since = {}, 0.0, self._clock()

    def add(self, title: str, share: float, *, computed: bool) -> None:
        """Count a share (0 to 1) of a stage as done."""
        if title in self._costs:
            before = self._done.get(title, 0.0)
            self._done[title] = min(before + share, 1.0)
            if computed:
                self._computed += self._costs[title] * (self._done[title] - before)

    def finish(self, title: str) -> None:
        """Count a whole stage as done."""
        self.add(title, 1.0, computed=True)

    @property
    def fraction(self) -> float | None:
        """Share of the expected work that is done; None where nothing is expected."""
        total = sum(self._costs.values())
        return self._finished / total if total else None

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds for the rest; None before anything is computed."""
        if not self._computed:
            return None
        rest = sum(self._costs.values()) - self._finished
        return rest * (self._clock() - self._since) / self._computed

    @property
    def _finished(self) -> float:
        return sum(cost * self._done.get(title, 0.0) for title, cost in self._costs.items())

    def text(self) -> str:
        """The state in words, such as "43 %, about 2:10 left"; empty where nothing is expected."""
        if self.fraction is None:
            return ""
        left = self.seconds_left
        rest = "" if left is None else f", about {clock_text(left)} left"
        return f"{100 * self.fraction:.0f} %{rest}"


def clock_text(seconds: float) -> str:
    """Seconds as minutes and seconds, `2:05`, from an hour on as `1:02:05`."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
