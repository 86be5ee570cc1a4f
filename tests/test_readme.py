"""README tells the truth: its tables of options, its error headings, its links."""

import re
from pathlib import Path

import click
import pytest

from reportgen.cli.main import cli
from reportgen.cli.options import GROUPS, SettingOption, default_text, field_of, flag
from reportgen.config import make_settings

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def option_rows() -> dict[str, list[str]]:
    """The rows of README's option tables, by heading, made from the settings."""
    return {title: [_row(key) for key in keys] for title, keys in GROUPS.items()}


def _row(key: str) -> str:
    option = SettingOption(key, "report")
    with click.Context(click.Command("build")) as ctx:
        record = option.get_help_record(ctx)
    assert record is not None
    default = default_text(key)
    cells = [f"`{record[0]}`", f"`{default}`" if default else "", str(field_of(key).description)]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


@pytest.mark.parametrize("title", GROUPS)
def test_the_option_tables_are_those_of_the_settings(title: str) -> None:
    section = README.partition(f"### {title}\n")[2].partition("\n#")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == option_rows()[title]


OTHERS = {"--check", "--dist", "--format"}
"""Options of other programs: ruff, git, pytest."""

TEXTS = [
    REPOSITORY / "README.md",
    *(
        path
        for name in ("ci", "quick_start")
        for path in (REPOSITORY / "examples" / name).iterdir()
    ),
]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_option_is_named_that_is_not_there(path: Path) -> None:
    known = {
        name
        for command in _commands(cli)
        for parameter in command.get_params(click.Context(command))
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    assert _named_options(path.read_text(encoding="utf-8")) - OTHERS <= known


def test_readme_names_every_option() -> None:
    assert {flag(key) for keys in GROUPS.values() for key in keys} <= _named_options(README)


def _named_options(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text))


def test_the_quick_starts_configuration_can_be_used() -> None:
    folder = REPOSITORY / "examples" / "quick_start"
    settings = make_settings({}, folder / "reportgen.toml")
    assert settings.labels is not None
    assert settings.labels.read_text(encoding="utf-8").split() == ["cat", "dog"]


def test_readmes_configuration_can_be_used(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.+?)```", README, re.DOTALL)
    (tmp_path / "reportgen.toml").write_text(example, encoding="utf-8")
    assert make_settings({}, tmp_path / "reportgen.toml").layers == ("block1*", "block2*")


def _commands(group: click.Group) -> list[click.Command]:
    commands: list[click.Command] = [group]
    for command in group.commands.values():
        commands += _commands(command) if isinstance(command, click.Group) else [command]
    return commands


def test_links_lead_to_files_of_the_repository() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (REPOSITORY / link).exists()] == []


def test_troubleshooting_is_headed_by_texts_that_the_program_prints() -> None:
    """Each heading's fixed words stand in the source; `…` stands for what differs."""
    headings = re.findall(r"^### `(.+)`$", README.partition("## Troubleshooting")[2], re.MULTILINE)
    assert len(headings) >= 8
    source = _plain(
        "\n".join(p.read_text(encoding="utf-8") for p in (REPOSITORY / "reportgen").rglob("*.py"))
    )
    for heading in headings:
        for part in heading.removeprefix("Error: ").removeprefix("Warning: ").split("…"):
            assert _plain(part.strip(" .:;“”")) in source, heading


def _plain(text: str) -> str:
    """Text without what divides a sentence over lines of source."""
    return " ".join(re.sub(r'"\s*\n\s*f?"', "", text).split())
