"""Everything that continuous integration asked for: checked before a build, written after it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reportgen.ci.annotations import annotations
from reportgen.ci.badge import BEGINNING as BADGE
from reportgen.ci.badge import badge
from reportgen.ci.code_quality import BEGINNINGS as CODE_QUALITY
from reportgen.ci.code_quality import code_quality
from reportgen.ci.junit import BEGINNING as JUNIT
from reportgen.ci.junit import junit
from reportgen.ci.openmetrics import BEGINNING as OPENMETRICS
from reportgen.ci.openmetrics import openmetrics
from reportgen.ci.service import FILES, service_of
from reportgen.ci.step_outputs import step_outputs
from reportgen.ci.summary import BEGINNING as SUMMARY
from reportgen.ci.summary import summary
from reportgen.ci.verdict import Verdict
from reportgen.config import CI_FILES, Settings
from reportgen.errors import OutputError, SettingsError


@dataclass(frozen=True)
class Format:
    """A file format: its text, and how each of its files begins."""

    text: Callable[[Verdict], str]
    beginnings: tuple[str, ...]


FORMATS: Mapping[str, Format] = {
    "junit": Format(junit, (JUNIT,)),
    "summary": Format(summary, (SUMMARY,)),
    "codequality": Format(code_quality, CODE_QUALITY),
    "metrics": Format(openmetrics, (OPENMETRICS,)),
    "badge": Format(badge, (BADGE,)),
}
"""The formats by the option that names their file."""


@dataclass(frozen=True)
class Outputs:
    """What to write: files by their option, files to append to, and annotations."""

    files: Mapping[str, Path]
    step_summary: Path | None = None
    step_outputs: Path | None = None
    annotations: bool = False

    @classmethod
    def of(cls, settings: Settings, environment: Mapping[str, str]) -> "Outputs":
        """What the settings, and the service that they name, ask for.

        Raises SettingsError where the service's own files are asked for outside of it.
        """
        named = {key: getattr(settings, key) for key in CI_FILES if getattr(settings, key)}
        service = service_of(environment) if settings.ci == "auto" else settings.ci
        files = {key: Path(name) for key, name in FILES.get(service or "none", {}).items()}
        on_github = service == "github"
        step_summary = environment.get("GITHUB_STEP_SUMMARY") if on_github else None
        outputs = environment.get("GITHUB_OUTPUT") if on_github or settings.outputs else None
        if settings.outputs and not outputs:
            raise SettingsError(
                "--outputs: the variable GITHUB_OUTPUT is not set; GitHub Actions sets it."
            )
        return cls(
            {**files, **named},
            Path(step_summary) if step_summary else None,
            Path(outputs) if outputs else None,
            settings.annotations or on_github,
        )

    @property
    def any(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.files or self.step_summary or self.step_outputs or self.annotations)

    def check(self, report: Path) -> None:
        """Refuse files that would replace something else, before anything is computed.

        Raises OutputError for a file of somebody else's, a folder, or a path in the folder of the
        `report`; SettingsError where two options name the same file.
        """
        places: dict[Path, str] = {}
        for key, file in self.files.items():
            place = file.resolve()
            if place in places:
                raise SettingsError(f"--{places[place]} and --{key} name the same file.")
            places[place] = key
            if place.is_relative_to(report.resolve()):
                raise OutputError(
                    f"--{key}: {file.name} would lie in the report's folder; name a file outside "
                    "of it."
                )
            if file.is_dir():
                raise OutputError(f"--{key}: {file.name or file} is a folder; name a file.")
            if not _is_replaceable(file, FORMATS[key].beginnings):
                raise OutputError(
                    f"--{key}: {file.name} holds something else than reportgen wrote; name another "
                    "file, or remove it."
                )

    def write(self, verdict: Verdict) -> list[str]:
        """Write all of it; returns the annotations, lines for standard output.

        Raises OutputError where a file cannot be written.
        """
        for key, file in self.files.items():
            _write(file, FORMATS[key].text(verdict), "w", f"--{key}")
        if self.step_summary:
            _write(self.step_summary, "\n" + summary(verdict), "a", "GITHUB_STEP_SUMMARY")
        if self.step_outputs:
            _write(self.step_outputs, step_outputs(verdict), "a", "GITHUB_OUTPUT")
        return list(annotations(verdict)) if self.annotations else []


def _is_replaceable(file: Path, beginnings: tuple[str, ...]) -> bool:
    """Whether there is no file, an empty one, or one that reportgen wrote in this format."""
    if not file.exists():
        return True
    if not file.is_file():
        return False
    try:
        with file.open("rb") as opened:
            head = opened.read(max(map(len, beginnings)) * 4)
    except OSError:
        return False
    return not head or any(head.startswith(beginning.encode()) for beginning in beginnings)


def _write(file: Path, text: str, mode: str, option: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open(mode, encoding="utf-8", errors="backslashreplace", newline="\n") as opened:
            opened.write(text)
    except OSError as error:
        raise OutputError(
            f"{option}: {file.name} cannot be written: {error.strerror}; name another file."
        ) from error
