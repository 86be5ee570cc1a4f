"""Each section stands in every table that has to know it."""

import shutil

import pytest

from reportgen.build_steps.compose_report import has_results
from reportgen.config import SECTIONS
from reportgen.report.explanations import EXPLANATIONS
from reportgen.report.methods import methods
from reportgen.report.note_places import SECTION_HEADINGS
from reportgen.report.sections.pages import PAGES as MADE_OF_BLOCKS
from reportgen.report.sections.table import TABLE, WITH_PAGES, Section
from reportgen.report.single.choice import _ON_THE_SITE, everything, reduced
from reportgen.report.single.writer import write_single
from tests.report.conftest import Site

PAGES = {section.key: section.page for section in WITH_PAGES}


@pytest.mark.parametrize("section", PAGES)
def test_a_section_is_in_the_menu_and_on_the_overview(site: Site, section: str) -> None:
    text = site.text("index.html")
    menu = text.partition('<nav class="menu"')[2].partition("</nav>")[0]
    assert f'href="{PAGES[section]}"' in menu
    assert PAGES[section] in text.replace(menu, "")
    (index,) = site.folder.glob("assets/search-index*.js")
    assert f'"section","{PAGES[section]}"' in index.read_text("utf-8")


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_has_its_introduction_its_method_and_its_place_for_notes(
    site: Site, section: str
) -> None:
    assert EXPLANATIONS[section].text
    assert section in SECTION_HEADINGS
    with_it = {one.title for one in methods(site.report)}
    others = [name for name in SECTIONS if name != section]
    without = site.report.model_copy(update={"sections": others})
    assert {one.title for one in methods(without)} < with_it


@pytest.mark.parametrize("section", [key for key in PAGES if key != "filters"])
def test_a_section_is_a_chapter_of_the_pdf(section: str) -> None:
    assert section in MADE_OF_BLOCKS


@pytest.mark.parametrize("section", [section for section in TABLE if section.left_to_site])
def test_what_is_left_to_the_site_is_not_in_the_report_of_the_single_file(
    site: Site, section: Section
) -> None:
    assert has_results(site.report, section)
    small = reduced(site.report, everything(site.report, site.folder))
    assert not has_results(small, section)
    assert section.key not in small.sections
    type(small).model_validate(small.model_dump())


@pytest.mark.parametrize("section", TABLE)
def test_a_report_has_results_where_the_record_of_the_section_holds_any(
    site: Site, section: Section
) -> None:
    assert has_results(site.report, section)
    holders = [site.report] if section.page else site.report.images
    for holder in holders:
        assert hasattr(holder, section.record)
    nothing = {"images": [], "sections": []} if not section.page else {section.record: None}
    assert not has_results(site.report.model_copy(update=nothing), section)


@pytest.fixture(scope="module")
def single(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("single")
    shutil.copytree(site.folder / "pictures", folder / "pictures")
    return write_single(site.report, folder).path.read_text("utf-8")


@pytest.mark.parametrize("section", PAGES)
def test_a_section_is_in_the_single_file_or_named_as_left_to_the_site(
    single: str, section: str
) -> None:
    start = PAGES[section].removesuffix(".html").removesuffix("/index")
    is_there = f'<article class="sheet" id="{start}' in single
    said = single.partition("have pages in the full report only")[0].rpartition(">")[2]
    assert is_there != (section in _ON_THE_SITE)
    assert is_there or _ON_THE_SITE[section] in said
