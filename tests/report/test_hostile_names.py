"""Names and texts that mean harm, everywhere at once: nothing runs, and links still work."""

from pathlib import Path
from typing import Any

import pytest

from reportgen.report.single.page import SINGLE_NAME
from reportgen.report.single.writer import write_single
from reportgen.report.site.writer import write_site
from tests.comparison.reports import write_compared
from tests.report.conftest import Site
from tests.report.links import check_site
from tests.report.sample import PAYLOADS
from tests.support.hostile_reports import hostile_report

pytestmark = pytest.mark.slow

EVERY = 16
"""In the browser each page is opened of which this is the number, to keep the test short."""


@pytest.fixture(scope="module", params=["files", "layers"])
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A report whose files, layers, blocks, classes, model, title, author and notes mean harm."""
    folder = tmp_path_factory.mktemp("hostile")
    report = hostile_report(folder, request.param)
    write_site(report, folder)
    return Site(folder, report)


def test_links_of_hostile_names_lead_to_their_pages(hostile: Site) -> None:
    assert len(PAYLOADS) >= 50
    assert check_site(hostile.folder) == []
    folder = "images" if len(hostile.report.images) == len(PAYLOADS) else "layers"
    assert len(list((hostile.folder / folder).glob("*.html"))) >= len(PAYLOADS)


@pytest.mark.browser
def test_no_script_of_a_name_runs_in_any_format(hostile: Site, chromium: Any) -> None:
    write_single(hostile.report, hostile.folder)
    try:
        pages = [*sorted(hostile.folder.rglob("*.html"))[::EVERY], hostile.folder / SINGLE_NAME]
        assert len(pages) > 5
        context = chromium.new_context()
        # Nothing here would hide a script that does run: an alert is a dialog, and is noted.
        ran: list[str] = []
        for path in pages:
            page = context.new_page()
            page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
            page.on("console", lambda message: ran.append(message.text))
            page.on("pageerror", lambda error: ran.append(str(error)))
            page.on("request", lambda one: _is_inside(one.url) or ran.append(one.url))
            page.goto(path.as_uri())
            _use(page)
            page.close()
        context.close()
        assert ran == []
    finally:
        (hostile.folder / SINGLE_NAME).unlink(missing_ok=True)


@pytest.mark.browser
def test_no_script_of_a_name_runs_in_a_comparison(chromium: Any, tmp_path: Path) -> None:
    folder = write_compared(
        tmp_path, {"names": PAYLOADS, "labels": PAYLOADS[:3]}, formats=("site", "single")
    )
    ran: list[str] = []
    context = chromium.new_context()
    for path in sorted(folder.glob("*.html")):
        page = context.new_page()
        page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: ran.append(message.text))
        page.on("pageerror", lambda error: ran.append(str(error)))
        page.on("request", lambda one: _is_inside(one.url) or ran.append(one.url))
        page.goto(path.as_uri())
        _use(page)
        page.close()
    context.close()
    assert ran == []


def _is_inside(address: str) -> bool:
    return address.startswith(("file:", "data:"))


def _use(page: Any) -> None:
    """What puts names into the page by script: search, pointer and viewer."""
    page.locator(".search input").fill("alert")
    page.locator(".found").wait_for(state="visible")
    page.keyboard.press("Escape")
    tiles = page.locator("a[data-grid]")
    if tiles.count():
        tiles.first.hover()
        tiles.first.click()
        page.locator("dialog").wait_for(state="visible")
        page.locator("dialog h2").wait_for(state="visible")
        page.keyboard.press("Escape")


def test_sample_files_are_named_within_the_folder(hostile: Site) -> None:
    for path in hostile.folder.rglob("*"):
        assert path.resolve().is_relative_to(Path(hostile.folder).resolve())
