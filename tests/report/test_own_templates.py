"""A folder of the user's templates: used before the package's, kept in a sandbox, errors placed."""

import shutil
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from reportgen.cli.main import cli
from reportgen.errors import OutputError, SettingsError
from reportgen.report import templates
from reportgen.report.site.writer import write_site
from reportgen.report.templates import check_templates, template_names
from tests.report.conftest import Site


def folder_with(tmp_path: Path, **texts: str) -> Path:
    own = tmp_path / "own"
    own.mkdir()
    for name, text in texts.items():
        (own / f"{name}.html").write_text(text, "utf-8")
    return own


def write_with(site: Site, folder: Path, own: Path) -> None:
    """The site once more, by templates of one's own; its pictures are those that are there."""
    shutil.copytree(site.folder / "pictures", folder / "pictures")
    write_site(site.report, folder, templates=own)


@pytest.mark.slow
def test_one_page_is_replaced_and_the_others_stay(site: Site, tmp_path: Path) -> None:
    own = folder_with(tmp_path, about="Mine: {{ page.frame.report_title }}")
    write_with(site, tmp_path / "out", own)
    assert "Mine: Sample of &lt;script" in (tmp_path / "out" / "about.html").read_text("utf-8")
    assert (tmp_path / "out" / "model.html").read_bytes() == (
        site.folder / "model.html"
    ).read_bytes()


@pytest.mark.slow
def test_a_partial_and_an_asset_are_replaced_on_every_page(site: Site, tmp_path: Path) -> None:
    own = folder_with(tmp_path, _sidebar="<p>Our course</p>")
    (own / "assets").mkdir()
    (own / "assets" / "report.css").write_text("body { color: green }", "utf-8")
    write_with(site, tmp_path / "out", own)
    pages = list((tmp_path / "out").rglob("*.html"))
    assert len(pages) > 10
    assert all("<p>Our course</p>" in page.read_text("utf-8") for page in pages)
    (style,) = (tmp_path / "out" / "assets").glob("report-*.css")
    assert style.read_text("utf-8") == "body { color: green }"


@pytest.mark.slow
def test_an_own_template_extends_the_packages(site: Site, tmp_path: Path) -> None:
    text = '{% extends "base.html" %}{% block content %}<h1>Own words</h1>{% endblock %}'
    own = folder_with(tmp_path, about=text)
    write_with(site, tmp_path / "out", own)
    about = (tmp_path / "out" / "about.html").read_text("utf-8")
    assert "<h1>Own words</h1>" in about
    assert "Content-Security-Policy" in about


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\n\n{{ page.frame.title.__class__.__mro__ }}", "__class__"),
        ("\n\n{{ page.nothing }}", "nothing"),
        ("\n\n{{ surely.not }}", "surely"),
        ("\n\n{{ 1 // 0 }}", "zero"),
        ("\n\n{{ range(10 ** 9) | list }}", "[Rr]ange"),
        ("\n\n{% include '../../etc/passwd' %}", "no template"),
        ("\n\n{% include 'missing.html' %}", "no template missing.html"),
        ("\n\n{{ page.frame.menu.append(1) }}", "append"),
    ],
)
def test_an_error_is_one_sentence_with_file_and_line(
    site: Site, tmp_path: Path, text: str, reason: str
) -> None:
    own = folder_with(tmp_path, about=text)
    with pytest.raises(OutputError, match=reason) as caught:
        write_with(site, tmp_path / "out", own)
    message = str(caught.value)
    assert message.startswith("The template about.html, line 3, cannot be used: ")
    assert "\n" not in message
    assert str(tmp_path) not in message


def test_a_folder_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such folder"):
        check_templates(tmp_path / "nowhere")
    with pytest.raises(SettingsError, match="holds no template; reportgen templates lists"):
        check_templates(folder_with(tmp_path, abuot="x"))
    (tmp_path / "own" / "about.html").write_text("\n{% if %}", "utf-8")
    with pytest.raises(SettingsError, match=r"The template about\.html, line 2, cannot be used"):
        check_templates(tmp_path / "own")
    (tmp_path / "own" / "about.html").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="cannot be read as UTF-8"):
        check_templates(tmp_path / "own")


def test_the_command_lists_templates_and_copies_them(tmp_path: Path) -> None:
    listed = CliRunner().invoke(cli, ["templates"])
    assert listed.exit_code == 0
    assert "  about.html           AboutPage" in listed.stdout
    copied = CliRunner().invoke(cli, ["templates", "--copy", str(tmp_path / "mine")])
    assert copied.exit_code == 0
    made = {p.relative_to(tmp_path / "mine").as_posix() for p in (tmp_path / "mine").rglob("*.*")}
    assert made == set(template_names())
    check_templates(tmp_path / "mine")
    again = CliRunner().invoke(cli, ["templates", "--copy", str(tmp_path / "mine")])
    assert again.exit_code == 1
    assert "is not an empty folder" in again.output


def test_missing_templates_are_an_error_for_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "__file__", "/nowhere/reportgen/report/templates.py")
    with pytest.raises(OutputError, match="templates are missing"):
        templates.find_templates()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no timer to end it")
def test_a_loop_without_end_is_ended(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}"
    own = folder_with(tmp_path, about=loop)
    monkeypatch.setattr(templates, "LONGEST", 3.0)
    with pytest.raises(OutputError, match=r"about\.html, line 1, .*more than 3 seconds"):
        write_with(site, tmp_path / "out", own)
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
