"""What every step of a build works with: settings, store, workbench, clock, and the log."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reportgen.analysis.engine import undetermined
from reportgen.analysis.workbench import Workbench, made_on
from reportgen.build_steps.model_job import ModelJob
from reportgen.config import Settings
from reportgen.errors import ReportgenError, SettingsError
from reportgen.execution.runner import Engine, Keeping, Outcome, Plan, Runner
from reportgen.execution.store import Store, Stored
from reportgen.hardware.processors import mixed_classes
from reportgen.inputs.digests import DigestIndex
from reportgen.inputs.model_files import identify
from reportgen.inputs.model_files.live_model import NO_SESSION, SessionCode
from reportgen.printable import printable
from reportgen.progress import Progress
from reportgen.records.report import Skipped
from reportgen.report.notes.source import OwnNotes
from reportgen.user_files import HashedFile

DEFAULT_OUTPUT = Path("report")


@dataclass
class Log:
    """What a build tells: on the terminal at once, and at the end in the report."""

    progress: Progress
    skipped: list[Skipped] = field(default_factory=list)
    """What is not in the report, and why."""
    warnings: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds spent in each part."""

    def warn(self, sentence: str) -> None:
        """Warn on the terminal and in the report; an empty sentence is none."""
        if sentence:
            self.warnings.append(sentence)
            self.progress.warn(sentence)

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Note how long the block takes."""
        start = time.monotonic()
        yield
        self.timings[part] = round(time.monotonic() - start, 3)


class BuildContext:
    """What the steps of one build share; what they find, they hand on as values.

    Raises SettingsError or ModelFileError where the model's file or a setting cannot be used.
    """

    def __init__(
        self,
        model: str,
        settings: Settings,
        progress: Progress,
        store: Store,
        session: SessionCode = NO_SESSION,
        engine: Engine | None = None,
    ) -> None:
        self.settings = settings
        self._seen: dict[Path, HashedFile] = {}
        self.output = settings.out or DEFAULT_OUTPUT
        self.progress = progress
        self.log = Log(progress)
        self.notes = OwnNotes(settings.notes)
        stamp = os.environ.get("SOURCE_DATE_EPOCH")
        self.created = _timestamp(stamp)
        self.reproducible = stamp is not None
        self.store = store
        self.index = DigestIndex(None if settings.no_cache else store.side_file("digests.sqlite"))
        self.ignored = (*settings.files_read, Path(model), self.output)
        """Files and folders that are no images of the report, wherever they lie."""
        self.job = ModelJob(identify(model, weights=settings.weights), settings, progress, session)
        self.bench = Workbench(
            open=self.job.open,
            photos={},
            image_input=None,
            preprocess="none",
            feeding=settings.feeding,
            batch_size=settings.batch_size,
            seen=self._seen,
        )
        self._runner = Runner(Keeping(store, undetermined.marks, made_on), progress, engine)
        self._processors: set[str] = set()

    @property
    def data_set_name(self) -> str:
        """Name of the data set that is scanned, for people; empty without one."""
        return printable(self.settings.dataset.name) if self.settings.dataset else ""

    def run(self, plan: Plan[Any]) -> dict[str, Outcome]:
        """Run a plan; an empty one is not mentioned."""
        if not plan.units:
            return {}
        undetermined.reset()
        with self.log.timed(plan.analysis.title):
            outcomes = self._runner.run(plan, self.bench)
        stored = (outcome for outcome in outcomes.values() if isinstance(outcome, Stored))
        self._processors |= {unit.made_on for unit in stored}
        self.log.warn(undetermined.warning(plan.analysis.title, outcomes.values()))
        return outcomes

    def check_processors(self) -> None:
        """Warn, and with --strict refuse, where processors of several kinds have computed."""
        sentence = mixed_classes(self._processors - {""})
        if sentence and self.settings.strict:
            raise ReportgenError(f"--strict: {sentence}")
        self.log.warn(sentence)

    def watch(self, seen: dict[Path, HashedFile]) -> None:
        """Files that must stay as they are until the build ends."""
        self._seen.update(seen)

    def check_files(self) -> None:
        """Raise InputChangedError when a model, image or file is no longer as it was hashed."""
        self.job.check()
        for file in self._seen.values():
            file.check()


def _timestamp(stamp: str | None) -> datetime:
    """The time of the build: SOURCE_DATE_EPOCH where it is set (reproducible-builds.org)."""
    if stamp is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise SettingsError(f"SOURCE_DATE_EPOCH is not a number of seconds: {stamp}") from error
