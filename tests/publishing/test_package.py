"""The package as PyPI gets it: metadata, README, an sdist that is whole, what a release changes."""

import importlib.util
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from reportgen.version import __version__

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "https://example.org/someone/reportgen"


@pytest.fixture(scope="module")
def release() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release", ROOT / ".github" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked sdist."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("sdist")
    build(ROOT, "sdist", folder)
    (packed,) = folder.glob("*.tar.gz")
    assert packed.name == f"keras_reportgen-{__version__}.tar.gz"
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder / packed.name.removesuffix(".tar.gz")


def build(source: Path, target: str, folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        check=True, cwd=source, capture_output=True,
    )  # fmt: skip


def test_the_sdist_holds_all_that_is_tracked(sdist: Path) -> None:
    try:
        run = subprocess.run(
            ["git", "ls-files"],  # noqa: S607 - found on the path, as people call it
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no checkout")
    missing = [
        name
        for name in run.stdout.splitlines()
        if (ROOT / name).exists() and not (sdist / name).exists()
    ]
    assert missing == []


def test_the_wheel_of_the_sdist_holds_code_templates_and_types(sdist: Path, tmp_path: Path) -> None:
    build(sdist, "wheel", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (about,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = archive.read(about).decode()
    for source in (*(ROOT / "reportgen").rglob("*.py"), *(ROOT / "reportgen" / "docs").iterdir()):
        assert source.relative_to(ROOT).as_posix() in names
    for source in (ROOT / "templates").rglob("*.*"):
        assert f"reportgen/{source.relative_to(ROOT).as_posix()}" in names
    assert "reportgen/py.typed" in names
    assert "Requires-Python: <3.14,>=3.11" in metadata
    assert "License-Expression: Apache-2.0" in metadata
    assert metadata.count("Classifier: ") > 10


def test_classifiers_are_those_that_pypi_knows() -> None:
    known = pytest.importorskip("trove_classifiers").classifiers
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [one for one in project["classifiers"] if one not in known] == []


def rendered(text: str) -> str:
    markdown = pytest.importorskip("readme_renderer.markdown")
    html = markdown.render(text)
    assert html
    return html


def test_readme_renders_as_pypi_renders_it(release: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    released = release.readme(text, ADDRESS, "abc")
    html = rendered(released)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(re.findall("<h2", html)) == len(headings) > 3
    assert "<table>" in html
    assert "pip install keras-reportgen" in html
    assert "pip install .\n" not in released


def test_links_of_a_released_readme_lead_to_the_repository(release: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    before = re.findall(r"\]\((?!https?:|#)([^)]+)\)", text)
    after = re.findall(r"\]\(([^)]+)\)", release.readme(text, ADDRESS, "abc"))
    assert before
    assert [link for link in after if not link.startswith(("https:", "#"))] == []
    ways = {link: "raw" if link.endswith(".webp") else "blob" for link in before}
    assert {f"{ADDRESS}/{way}/abc/{link}" for link, way in ways.items()} <= set(after)


def test_a_release_writes_the_addresses(release: ModuleType, tmp_path: Path) -> None:
    for name in ("README.md", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    release.write_address(tmp_path, ADDRESS, "abc")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["urls"]["Repository"] == ADDRESS
    assert project["scripts"] == {"reportgen": "reportgen.cli.main:main"}
    with pytest.raises(SystemExit):
        release.write_address(tmp_path, ADDRESS, "abc")


def test_a_tag_has_to_be_the_version(release: ModuleType) -> None:
    release.check(ROOT, f"v{__version__}")
    with pytest.raises(SystemExit, match="is not v"):
        release.check(ROOT, "v99.0")
