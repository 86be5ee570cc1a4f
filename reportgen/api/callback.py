"""A Keras callback that writes reports while a model is trained."""

from pathlib import Path
from typing import Any

import keras

from reportgen.api.building import build
from reportgen.api.comparing import compare
from reportgen.api.finished import Report
from reportgen.errors import SettingsError


class ReportCallback(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types
    """A report every so many epochs, and the course of training at the end.

    `reports` has the report of each epoch that got one, by number, counted from 1 as in Keras's
    progress. The folder `out` holds them as `epoch-001` and so on, and `training` compares them.
    """

    def __init__(
        self, images: Any, *, every: int = 5, out: str | Path = "reports", **options: Any
    ) -> None:
        super().__init__()
        if every < 1:
            raise SettingsError(f"every={every}: a report needs one epoch at least.")
        self.images, self.every, self.out, self.options = images, every, Path(out), options
        self.reports: dict[int, Report] = {}
        self._epoch = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Write the report of every n-th epoch."""
        self._epoch = epoch + 1
        if self._epoch % self.every == 0:
            self._build()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Write the report of the last epoch, and compare all of them."""
        if self._epoch and self._epoch not in self.reports:
            self._build()
        if len(self.reports) > 1:
            folders = [report.path for _, report in sorted(self.reports.items())]
            compare(*folders, out=self.out / "training", progress=False)

    def _build(self) -> None:
        options = {"progress": False, **self.options}
        folder = self.out / f"epoch-{self._epoch:03d}"
        self.reports[self._epoch] = build(self.model, self.images, out=folder, **options)
