"""Commands around a report: print a profile, export a bundle, verify a report or a bundle."""

import sys
from typing import get_args

import click

from reportgen.terminal import say


@click.command()
@click.argument("name", required=False, metavar="[NAME]")
def profile(name: str | None) -> None:
    """Print the profile NAME, a TOML file to copy and change.

    Without NAME, list the profiles.
    """
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


COMMANDS = (profile,)
"""What the command line adds to its own commands."""
