"""What a report states of gates, of the baseline that it is compared with, and of earlier runs."""

from typing import Literal

from pydantic import Field

from reportgen.records.base import Record


class Baseline(Record):
    """The report that this one is compared with, and what changed since.

    All numbers are over the images that both reports hold. A number that was not measured is None,
    and `unmeasured` says why, by the name of its field.
    """

    title: str
    model: str
    """Name of the model's file."""
    sha256: str
    """Digest of the model's file."""
    created: str
    images: int
    """Images whose predictions are compared."""
    accuracy_change: float | None
    """Accuracy minus that of the baseline, -1..1."""
    regressions: float | None
    """Share of the images of known class that the baseline classifies correctly and this model
    does not, 0..1."""
    flips: float | None
    """Share of the images whose predicted class changed, 0..1."""
    new_silent_channels: int | None
    regressed: list[str]
    """Names of the images that `regressions` counts."""
    unmeasured: dict[str, str]


class Gate(Record):
    """A condition that has to hold, and whether it does.

    It is `metric operator bound`; a share and its bound are 0..1. `subject` is a name or glob of
    classes or layers, empty for the whole report. Of several, `value` is the one that is worst for
    the gate, and `found_in` names its class, layer or output.
    """

    metric: str
    subject: str
    operator: Literal["<", "<=", "==", "!=", ">=", ">"]
    bound: float
    asked: str
    """The condition as it was written: with `--fail-if`, the one that fails."""
    given: Literal["--fail-if", "--require"]
    """Where it was written; those of `[gates]` in a configuration file count as `--require`."""
    status: Literal["passed", "failed", "unmeasured"]
    """A gate that was not measured counts as failed."""
    value: float | None
    found_in: str = ""
    reason: str = ""
    """Why it was not measured: a clause without a full stop."""


class Gates(Record):
    """All gates of a report, in the order in which they were given."""

    mode: Literal["fail", "warn"]
    """Whether a failed gate fails the build, or only warns."""
    gates: list[Gate]

    @property
    def failed(self) -> list[Gate]:
        """The gates that did not pass, those that were not measured among them."""
        return [gate for gate in self.gates if gate.status != "passed"]


class Run(Record):
    """One run in the history: a line of the file that `--history` names."""

    created: str
    """ISO 8601 date and time in UTC."""
    origin: str
    """Digest of all that the run's report was made from."""
    title: str
    sha256: str
    """Digest of the model's file."""
    metrics: dict[str, float]
    """The measured metrics of the report, by name."""
    passed: bool | None = None
    """Whether all gates passed; None without gates."""
    failed: list[str] = Field(default_factory=list)
    """The gates that did not pass."""
