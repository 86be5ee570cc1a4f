"""Where the templates lie, how a user's own stand before them, and how they are rendered.

A folder of the user's may hold any of the package's templates and of their `assets/`; what it does
not hold is the package's. With such a folder everything is rendered in Jinja2's sandbox.
"""

import contextlib
import signal
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reportgen.errors import OutputError, SettingsError


def find_templates() -> Path:
    """The folder of the package's templates: inside an installed package, else in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / "base.html").is_file():
            return folder
    raise OutputError(f"The page templates are missing beside {package}; install reportgen again.")


def template_names() -> tuple[str, ...]:
    """The templates and assets that a user's folder may replace, by path inside it."""
    folder = find_templates()
    pages = sorted(path.name for path in folder.glob("*.html"))
    return (*pages, *sorted(f"assets/{path.name}" for path in (folder / "assets").iterdir()))


def environment(*folders: Path, trusted: bool) -> Environment:
    """An environment that escapes everything and refuses names that do not exist.

    Earlier folders go before later ones. What is not `trusted` runs in Jinja2's sandbox.
    """
    kind = Environment if trusted else ImmutableSandboxedEnvironment
    return kind(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        newline_sequence="\n",
    )


LONGEST = 60.0
"""Seconds that a page may take by a user's template."""


def check_templates(own: Path) -> None:
    """Refuse a folder of templates that has nothing to use, before anything is computed.

    Raises SettingsError when there is no such folder, when none of its files has the name of a
    template or an asset, or when one that has cannot be parsed.
    """
    if not own.is_dir():
        raise SettingsError(f"--templates {own.name}: there is no such folder.")
    if not any((own / name).is_file() for name in template_names()):
        raise SettingsError(
            f"--templates {own.name}: the folder holds no template; "
            "reportgen templates lists their names."
        )
    jinja = environment(own, trusted=False)
    for path in sorted(own.rglob("*.html")):
        name = path.relative_to(own).as_posix()
        try:
            jinja.parse(path.read_text(encoding="utf-8"), name, str(path))
        except TemplateSyntaxError as error:
            raise SettingsError(_sentence(name, error.lineno, error)) from error
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"The template {name} cannot be read as UTF-8 text.") from error


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block when it takes longer.

    Without effect outside the main thread, and where the system has no such timer (Windows).
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or not hasattr(signal, "setitimer"):
        yield
        return

    def end(*_: object) -> None:
        raise TimeoutError(f"it takes more than {seconds:g} seconds, as a loop without end does")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Templates:
    """The package's templates, with those of a user's folder before them."""

    def __init__(self, own: Path | None = None) -> None:
        self.folders = (*([own] if own else []), find_templates())
        self._own = own
        self._jinja = environment(*self.folders, trusted=own is None)

    def render(self, name: str, page: Any) -> str:
        """One page: the template `name` with a context dataclass as `page`.

        Raises OutputError, its sentence naming the file and line, when a template cannot be used.
        """
        try:
            with limited(LONGEST) if self._own else contextlib.nullcontext():
                return self._jinja.get_template(name).render(page=page)
        except Exception as error:  # a user's template may raise anything
            if self._own is None and not isinstance(error, TemplateNotFound):
                raise
            raise OutputError(_sentence(*self._place(error, name), error)) from error

    def asset(self, name: str) -> bytes:
        """The bytes of a file of `assets/`."""
        paths = [folder / "assets" / name for folder in self.folders]
        return next(path for path in paths if path.is_file()).read_bytes()

    def _place(self, error: Exception, name: str) -> tuple[str, int]:
        """File, seen from its folder, and line of the template that failed."""
        if isinstance(error, TemplateSyntaxError):
            return error.name or name, error.lineno
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            path = Path(frame.filename)
            for folder in self.folders:
                if path.suffix == ".html" and path.is_relative_to(folder):
                    return path.relative_to(folder).as_posix(), frame.lineno or 1
        return name, 1


def _sentence(name: str, line: int, error: Exception) -> str:
    what = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    if isinstance(error, TemplateNotFound):
        what = f"there is no template {error.name}"
    return f"The template {name}, line {line}, cannot be used: {what[:300]}."
