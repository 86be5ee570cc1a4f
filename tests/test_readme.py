"""README and the packaged documentation tell the truth: options, error headings, links."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from reportgen.cli.main import cli
from reportgen.cli.option_tables import option_tables, rewritten, setting_row
from reportgen.cli.options import GROUPS
from reportgen.config import make_settings
from tests.report.gallery import MOST_BYTES, VIEWS

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


DOCS = REPOSITORY / "reportgen" / "docs"
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md"))}


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_the_option_tables_are_those_of_help() -> None:
    page = PAGES["options"]
    assert rewritten(page, option_tables(cli)) == page


def test_the_option_tables_have_every_setting_and_the_other_commands() -> None:
    page = PAGES["options"]
    settings = page.partition("## reportgen")[0]
    for key in (key for keys in GROUPS.values() for key in keys):
        assert settings.count(f"\n{setting_row(key)}") == 1
    assert "## reportgen export\n" in page
    assert "`--max-size SIZE`" in page.partition("## reportgen export\n")[2]


def test_a_page_without_markers_is_not_rewritten() -> None:
    with pytest.raises(ValueError, match="markers"):
        rewritten("# Options\n", "")


def test_the_tables_are_made_without_tensorflow() -> None:
    code = (
        "import sys; from reportgen.cli import main, option_tables as t; t.option_tables(main.cli);"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)


def test_the_pictures_of_readme_are_small() -> None:
    pictures = sorted((REPOSITORY / "examples" / "gallery").glob("*.webp"))
    assert [path.stem for path in pictures] == sorted(VIEWS)
    assert all(path.stat().st_size < MOST_BYTES for path in pictures)
    assert all(f"(examples/gallery/{path.name})" in README for path in pictures)


def test_readme_links_every_page() -> None:
    assert PAGES.keys() == set(re.findall(r"\(reportgen/docs/([a-z-]+)\.md\)", README))


@pytest.mark.parametrize("topic", PAGES)
def test_docs_shows_each_topic_without_its_markers(topic: str) -> None:
    result = CliRunner().invoke(cli, ["docs", topic])
    assert result.exit_code == 0
    assert result.output == re.sub(r"<!--.*-->\n", "", PAGES[topic])


def test_docs_lists_the_topics_and_suggests_a_near_one() -> None:
    lines = CliRunner().invoke(cli, ["docs"]).output.splitlines()
    assert [line.split()[0] for line in lines] == list(PAGES)
    result = CliRunner().invoke(cli, ["docs", "option"])
    assert result.exit_code == 2
    assert "did you mean “options”?" in result.stderr


OTHERS = {
    *("--check", "--dist", "--format"),
    *(
        "--repo-type",
        "--rm",
        "--target",
        "--gpus",
        "--userns",
        "--user",
        "--network",
        "--create-home",
    ),
    "--help",
}
"""Options of other programs: ruff, git, pytest, hf, podman, docker and useradd; and click's own."""

TEXTS = [
    REPOSITORY / "README.md",
    *DOCS.glob("*.md"),
    *(
        path
        for name in ("ci", "container", "notebook", "publish", "quick_start", "scale")
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


def _named_options(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text))


def test_the_quick_starts_configuration_can_be_used() -> None:
    folder = REPOSITORY / "examples" / "quick_start"
    settings = make_settings({}, folder / "reportgen.toml")
    assert settings.labels is not None
    assert settings.labels.read_text(encoding="utf-8").split() == ["cat", "dog"]


def test_the_configuration_of_the_docs_can_be_used(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.+?)```", PAGES["configuration"], re.DOTALL)
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
    headings = re.findall(r"^### `(.+)`$", PAGES["troubleshooting"], re.MULTILINE)
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
