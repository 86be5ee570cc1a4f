"""Fixtures of the site's tests: one sample site for all, and a browser where there is one."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reportgen.records.report import Report
from reportgen.report.single.writer import write_single
from reportgen.report.site.writer import write_site
from tests.comparison.reports import write_compared
from tests.report.sample import write_sample


class Site(NamedTuple):
    """A finished site, and the report that it shows."""

    folder: Path
    report: Report

    def text(self, page: str) -> str:
        return (self.folder / page).read_text(encoding="utf-8")

    def texts(self) -> dict[str, str]:
        paths = sorted(path.relative_to(self.folder) for path in self.folder.rglob("*.html"))
        return {path.as_posix(): self.text(path.as_posix()) for path in paths}


def build_site(folder: Path, **choices: Any) -> Site:
    """Write a sample report and its site."""
    report = write_sample(folder, **choices)
    write_site(report, folder)
    return Site(folder, report)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with every kind of page. Tests only read it."""
    return build_site(tmp_path_factory.mktemp("site"))


NAMES = ("sample", "comparison", "demo", "nested", "sixty")


@pytest.fixture(scope="session")
def reports(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sample, whose names are hostile, its comparison, and three reports of real builds.

    Tests only read them. The builds are made when one of them is asked for.
    """
    sample = tmp_path_factory.mktemp("sample") / "report"
    shutil.copytree(site.folder, sample)
    write_single(site.report, sample)
    comparison = write_compared(tmp_path_factory.mktemp("compared"), formats=("site", "single"))
    known = {"sample": sample, "comparison": comparison}
    return _Reports(known, lambda: _real_reports(tmp_path_factory.mktemp("real")))


class _Reports(dict[str, Path]):
    """Reports by name; those of real builds are made when the first of them is asked for."""

    def __init__(self, known: dict[str, Path], build: Callable[[], dict[str, Path]]) -> None:
        super().__init__(known)
        self._build = build

    def __missing__(self, name: str) -> Path:
        self.update(self._build())
        return self[name]


def _real_reports(folder: Path) -> dict[str, Path]:
    from tests.report.real_reports import real_reports

    return real_reports(folder)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium: REPORTGEN_CHROMIUM, else the one on the path, else Playwright's own."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("REPORTGEN_CHROMIUM") or shutil.which("chromium")
    with playwright.sync_playwright() as running:
        try:
            browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except playwright.Error:
            pytest.skip("there is no Chromium")
        yield browser
        browser.close()
