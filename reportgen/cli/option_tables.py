"""The option tables of `docs/options.md`, made from the commands themselves.

`python -m reportgen.cli.option_tables` rewrites the text between the file's two markers.
"""

from pathlib import Path

import click

from reportgen.cli.options import GROUPS, HELP, SettingOption, default_text, field_of

OPTIONS_PAGE = Path(__file__).resolve().parent.parent / "docs" / "options.md"

START, END = "<!-- options -->\n", "<!-- /options -->\n"
HEAD = "| option | default | what it does |\n|---|---|---|\n"


def option_tables(cli: click.Group) -> str:
    """The tables as Markdown: settings by group, then each command's own options."""
    tables = [
        f"## {title}\n\n{HEAD}" + "".join(setting_row(key) for key in keys)
        for title, keys in GROUPS.items()
    ]
    for name, command in sorted(_commands(cli, "reportgen")):
        context = click.Context(command)
        rows = [
            _option_row(option, context)
            for option in command.get_params(context)
            if isinstance(option, click.Option)
            and not isinstance(option, SettingOption)
            and not set(HELP) & set(option.opts)
        ]
        if rows:
            tables.append(f"## {name}\n\n{HEAD}" + "".join(rows))
    return "\n" + "\n".join(tables) + "\n"


def setting_row(key: str) -> str:
    """The row of one setting, such as `skip_section`."""
    option = SettingOption(key, "report")
    record = option.get_help_record(click.Context(click.Command("build")))
    default = default_text(key)
    return _row(record[0] if record else "", default, str(field_of(key).description))


def rewritten(text: str, tables: str) -> str:
    """A page's text with the tables between its markers.

    Raises ValueError where the markers are missing.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"the page lacks the markers {START.strip()} and {END.strip()}")
    return before + start + tables + end + after


def _option_row(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    return _row(*((record[0], "", record[1]) if record else ("", "", "")))


def _row(names: str, default: str, text: str) -> str:
    cells = [f"`{names}`", f"`{default}`" if default else "", text]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _commands(group: click.Group, name: str) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for word, command in group.commands.items():
        path = f"{name} {word}"
        found += _commands(command, path) if isinstance(command, click.Group) else [(path, command)]
    return found


def main() -> None:
    """Rewrite the tables of the package's page."""
    from reportgen.cli.main import cli

    text = OPTIONS_PAGE.read_text(encoding="utf-8")
    OPTIONS_PAGE.write_text(rewritten(text, option_tables(cli)), encoding="utf-8")


if __name__ == "__main__":
    main()
