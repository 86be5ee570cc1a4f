"""Where the templates lie, and how they are rendered."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reportgen.errors import OutputError


def find_templates() -> Path:
    """The folder of the templates: inside an installed package, else beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / "base.html").is_file():
            return folder
    raise OutputError(f"The page templates are missing beside {package}; install reportgen again.")


def environment(folder: Path, *, trusted: bool) -> Environment:
    """An environment that escapes everything and refuses names that do not exist.

    Templates that are not the package's own run in Jinja2's sandbox.
    """
    kind = Environment if trusted else ImmutableSandboxedEnvironment
    return kind(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        newline_sequence="\n",
    )
