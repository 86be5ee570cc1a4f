"""Comparisons from inside a program: of reports, folders, model files, models in memory."""

import html
import webbrowser
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reportgen import comparison_pipeline as comparing
from reportgen.api.building import build, face, settings_of
from reportgen.api.finished import Report
from reportgen.api.session import unchanged_session
from reportgen.errors import SettingsError


class ComparisonPages:
    """A finished comparison in a folder; `data` holds what `compare.json` states."""

    def __init__(
        self, found: comparing.Compared, owned: Sequence[TemporaryDirectory[str]] = ()
    ) -> None:
        self.path, self.data, self.page = found.folder, found.comparison, found.page
        self._sentence, self._owned = found.sentence, list(owned)

    def show(self) -> None:
        """Open the comparison in the browser."""
        webbrowser.open(self.page.resolve().as_uri())

    def __repr__(self) -> str:
        return f"<{self._sentence.rstrip('.')}, in {self.path}>"

    def _repr_html_(self) -> str:
        link = html.escape(self.page.resolve().as_uri())
        return (
            f"<p>{html.escape(self._sentence)} "
            f'<a href="{link}" target="_blank">Open the comparison</a> '
            f"(<code>{html.escape(str(self.path))}</code>)</p>"
        )


def compare(
    *reports: Any,
    images: Any = None,
    out: str | Path | None = None,
    progress: bool = True,
    config: str | Path | None = None,
    **options: Any,
) -> ComparisonPages:
    """See `reportgen.compare`."""
    with ExitStack() as kept:
        kept.enter_context(unchanged_session())
        built = [_report(report, images, progress, config, options) for report in reports]
        results = None if out is not None else TemporaryDirectory(prefix="reportgen-")
        place = out if results is None else Path(results.name, "comparison")
        folders = [str(report.path if isinstance(report, Report) else report) for report in built]
        shown = kept.enter_context(face(progress))
        found = comparing.compare(
            folders,
            (),
            settings_of({**options, "out": place}, config),
            progress=shown,
            command="reportgen.compare(...)",
        )
    return ComparisonPages(found, [results] if results else [])


def _report(
    given: Any, images: Any, progress: bool, config: str | Path | None, options: dict[str, Any]
) -> Any:
    """The report of a model, which is built; a finished report as it is."""
    if isinstance(given, Report) or _is_finished(given):
        return given
    if images is None:
        raise SettingsError("To compare models, name the images that they are shown: images=….")
    return build(given, images, progress=progress, config=config, **options)


def _is_finished(given: Any) -> bool:
    from reportgen.comparison.reading import is_report

    return isinstance(given, str | Path) and is_report(Path(given))
