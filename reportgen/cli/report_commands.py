"""Commands around a report: print a profile, export a bundle, verify a report or a bundle."""

import sys
from pathlib import Path
from typing import get_args

import click

from reportgen.cli.docs_command import docs
from reportgen.cli.streams import print_path, say


@click.command()
@click.argument("name", required=False, metavar="[NAME]")
def profile(name: str | None) -> None:
    """List the profiles, or print one as TOML."""
    from reportgen.config import PROFILES, ProfileName
    from reportgen.errors import SettingsError

    names = get_args(ProfileName)
    if name is None:
        for each in names:
            first = (PROFILES / f"{each}.toml").read_text(encoding="utf-8").splitlines()[0]
            say(f"{each:<9} {first.removeprefix('# ')}", sys.stdout)
    elif name in names:
        click.echo((PROFILES / f"{name}.toml").read_text(encoding="utf-8"), nl=False)
    else:
        raise SettingsError(f"There is no profile “{name}” ({', '.join(names)}).")


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE.zip",
              help="Zip file to write; named after the report by default.")  # fmt: skip
@click.option(
    "--include", metavar="NAME", help="Include only these parts: site,pdf,notebook,model."
)
@click.option(
    "--max-size",
    metavar="SIZE",
    help="Size limit, such as 25MB; shrinks or omits what does not fit.",
)
@click.option("--force", is_flag=True, help="Replace an existing zip file.")
def export(
    report: Path, out: Path | None, include: str | None, max_size: str | None, force: bool
) -> None:
    """Pack a report into a zip file.

    The zip holds a README.txt that says what to open, and the list that `reportgen verify` checks.
    """
    from reportgen.bundle.export import export as pack
    from reportgen.bundle.parts import PARTS
    from reportgen.config import parse_size
    from reportgen.errors import SettingsError

    parts = [part.strip() for part in (include or "").split(",") if part.strip()]
    if unknown := [part for part in parts if part not in PARTS]:
        raise SettingsError(f"--include: there is no part “{unknown[0]}” ({', '.join(PARTS)}).")
    target = out or report.with_name(f"{report.resolve().name}.zip")
    try:
        most = parse_size(max_size) if max_size else None
    except ValueError as error:
        raise SettingsError(f"--max-size: {error}.") from error
    bundle = pack(report, target, include=parts, max_size=most, force=force)
    for part, size in bundle.parts.items():
        say(f"{part:<9} {size / 1e6:8.2f} MB")
    for sentence in bundle.sentences:
        say(sentence)
    say(f"{'in all':<9} {bundle.size / 1e6:8.2f} MB")
    print_path(bundle.path)


@click.command()
@click.argument("report", type=click.Path(path_type=Path), metavar="REPORT")
@click.pass_context
def verify(ctx: click.Context, report: Path) -> None:
    """Check that a report's files are complete and unchanged.

    REPORT is a folder or a zip. Names what is missing, changed or added; the exit code is 1 then.
    """
    from reportgen.bundle.verify import verify as check

    verdict = check(report)
    for kind in ("missing", "changed", "added"):
        for name in getattr(verdict, kind):
            say(f"{kind}: {name}", sys.stdout)
    count = "1 file is" if verdict.intact == 1 else f"{verdict.intact} files are"
    say(f"{count} as listed.", sys.stdout)
    ctx.exit(0 if verdict.is_whole else 1)


@click.command()
@click.option("--copy", type=click.Path(path_type=Path), metavar="DIR",
              help="Copy the bundled templates to DIR, to change them.")  # fmt: skip
def templates(copy: Path | None) -> None:
    """List the page templates and their variables.

    A folder with templates of the same names goes to `reportgen build --templates DIR`.
    """
    from reportgen.cli.template_docs import overview
    from reportgen.errors import OutputError
    from reportgen.report.templates import find_templates, template_names

    if copy is None:
        click.echo(overview(), nl=False)
        return
    if copy.exists() and (not copy.is_dir() or any(copy.iterdir())):
        raise OutputError(f"{copy.name} is not an empty folder; name another with --copy.")
    source = find_templates()
    try:
        for name in template_names():
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((source / name).read_bytes())
    except OSError as error:
        raise OutputError(
            f"The templates cannot be copied to {copy.name}: {error.strerror}; free some space, or "
            "name another folder with --copy."
        ) from error
    print_path(copy)


@click.command()
def doctor() -> None:
    """Say what this machine can compute with, what is missing, and what helps.

    It starts TensorFlow and JAX, where they are installed, and computes on each GPU.
    """
    from reportgen.cli.doctor import Machine, diagnosis

    for line in diagnosis(Machine.this()):
        say(line, sys.stdout)


COMMANDS = (profile, export, verify, templates, doctor, docs)
"""What the command line adds to its own commands."""
