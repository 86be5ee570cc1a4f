"""The site in a real browser: quiet, reachable by keyboard, complete on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from reportgen.evenly_spaced import spread
from tests.report.conftest import NAMES, Site
from tests.report.screenshots import kinds

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    "index.html",
    "model.html",
    "images/index.html",
    "images/cat.html",
    "layers/block1_conv1.html",
    "channels/index.html",
    "channels/block1_conv1.html",
    "channels/block1_conv1/0.html",
    "filters/index.html",
    "filters/block1.html",
    "about.html",
)


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A page that must stay without messages, errors and requests outside."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    noise: list[str] = []
    opened.on("console", lambda message: noise.append(message.text))
    opened.on("pageerror", lambda error: noise.append(str(error)))
    # Leaving a page aborts what it still loads, such as its icon.
    opened.on(
        "requestfailed",
        lambda request: request.failure == "net::ERR_ABORTED" or noise.append(request.url),
    )
    opened.on(
        "request", lambda request: request.url.startswith("file:") or noise.append(request.url)
    )
    yield opened
    context.close()
    assert noise == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [390, 1280])
def test_every_kind_of_page_of_every_report_is_whole(
    reports: dict[str, Path], page: Any, name: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for kind, path in kinds(reports[name]).items():
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, kind
        assert page.evaluate(BROKEN) == [], kind


BROKEN = """async () => {
    const pictures = [...document.images];
    pictures.forEach((picture) => (picture.loading = "eager"));
    await Promise.allSettled(pictures.map((picture) => picture.decode()));
    return pictures.filter((picture) => !picture.naturalWidth).map((one) => one.src);
}"""
"""The pictures of a page that cannot be shown."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [390, 1280])
def test_the_first_view_of_every_kind_of_page_is_small(
    reports: dict[str, Path], page: Any, name: str, width: int
) -> None:
    """The page, its style and scripts, and the pictures that one sees without scrolling.

    How many more a browser fetches ahead of a reader is its own choice.
    """
    asked: list[Any] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright marks it
    page.set_viewport_size({"width": width, "height": 900})
    for kind, path in kinds(reports[name]).items():
        if kind == "single":
            continue  # all of it is one file
        asked.clear()
        page.goto(path.as_uri())
        seen = {file_of(one) for one in page.evaluate(IN_VIEW)}
        loaded = {file_of(one.url) for one in asked if one.resource_type != "image"}
        most = LARGEST_VIEW.get(kind, 300_000)
        assert sum(one.stat().st_size for one in loaded | seen) <= most, kind


LARGEST_VIEW = {"layer": 400_000}
"""Three grids of a noisy image lie in a window of the page of a layer without filter patterns."""

IN_VIEW = """() => [...document.querySelectorAll("img, svg image")]
    .filter((one) => {
        const box = one.getBoundingClientRect();
        return box.width && box.height && box.bottom > 0 && box.top < innerHeight;
    })
    .map((one) => new URL(one.src || one.href.baseVal, document.baseURI).href)"""
"""The addresses of the pictures that lie in the window."""


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_breaks_a_word_on_a_phone(reports: dict[str, Path], page: Any, name: str) -> None:
    """A table scrolls where it has no room; the names of layers stay whole everywhere in it."""
    page.set_viewport_size({"width": 390, "height": 900})
    for kind, path in kinds(reports[name]).items():
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert page.evaluate(BROKEN_WORDS) == [], kind


BROKEN_WORDS = r"""() => {
    const broken = [];
    for (const cell of document.querySelectorAll("th, td")) {
        const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            for (const word of texts.currentNode.data.matchAll(/[\w.]+/gu)) {
                const range = document.createRange();
                range.setStart(texts.currentNode, word.index);
                range.setEnd(texts.currentNode, word.index + word[0].length);
                const tops = [...range.getClientRects()].map((box) => Math.round(box.top));
                if (new Set(tops).size > 1) broken.push(word[0]);
            }
        }
    }
    return broken;
}"""
"""The words in tables whose letters stand on more than one line."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_numbers_and_crosses_of_a_grid_lie_on_its_tiles(
    reports: dict[str, Path], page: Any, name: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for kind, path in kinds(reports[name]).items():
        page.goto(path.as_uri())
        for widths in page.evaluate(GRID_WIDTHS):
            assert max(widths) - min(widths) < 1, kind


GRID_WIDTHS = """() => [...document.querySelectorAll(".grid")].map((grid) =>
    [...grid.querySelectorAll(".columns, .zoom, .zoom > *")]
        .map((part) => part.getBoundingClientRect().width))"""
"""For each grid, how wide the numbers of the columns, the picture and its crosses are."""


@pytest.mark.parametrize("name", ["sample", "demo"])
@pytest.mark.parametrize("width", [390, 768, 1280, 1440])
def test_heatmaps_of_all_classes_fit_in_the_page(
    reports: dict[str, Path], page: Any, name: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(kinds(reports[name])["image"].as_uri())
    shown, wide = page.evaluate(
        "(({clientWidth, scrollWidth}) => [clientWidth, scrollWidth])"
        "(document.querySelector('.scroll:has(.cams)'))"
    )
    assert wide <= shown


def test_tables_of_the_demo_fit_in_a_laptop(reports: dict[str, Path], page: Any) -> None:
    for path in reports["demo"].glob("*.html"):
        page.goto(path.as_uri())
        assert page.evaluate(CUT_TABLES) == [], path.name


CUT_TABLES = """() => [...document.querySelectorAll(".scroll:has(> table)")]
    .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.ariaLabel)"""
"""The tables that do not fit in the page."""


@pytest.mark.parametrize("name", ["sample", "demo"])
def test_the_header_of_a_phone_is_one_row_with_the_current_part_in_view(
    reports: dict[str, Path], page: Any, name: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    for kind, path in kinds(reports[name]).items():
        if kind == "single":
            continue  # its menu leads to parts of the page itself
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelector('.theme:not([hidden])')")
        bar = page.locator(".bar").bounding_box()
        assert bar["height"] <= 60, kind
        current = page.locator(".menu > [aria-current], .more:has([aria-current]) > summary")
        box = current.bounding_box() if current.count() else None
        if box is not None:
            menu = page.locator(".menu").bounding_box()
            assert box["x"] >= menu["x"] - 1, kind
            assert box["x"] + box["width"] <= menu["x"] + menu["width"] + 1, kind


@pytest.mark.parametrize("width", [993, 1024, 1280, 1440])
def test_a_menu_of_all_sections_is_one_row(site: Site, page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    page.goto(address(site, "trust.html"))
    page.wait_for_function("document.querySelector('.theme:not([hidden])')")
    assert page.locator(".bar").bounding_box()["height"] <= 60
    theme = page.locator(".theme").bounding_box()
    assert theme["x"] + theme["width"] <= width
    assert page.locator(".brand").bounding_box()["width"] >= 60


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_list_of_further_parts_opens_and_closes_by_keyboard(
    site: Site, page: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    page.goto(address(site, "trust.html"))
    page.locator(".more summary").focus()
    page.keyboard.press("Enter")
    links = page.locator(".more a")
    assert "Dreams" in links.all_text_contents()
    for link in links.all():
        box = link.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == links.first.text_content()
    page.keyboard.press("Escape")
    assert not links.first.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "More"
    page.keyboard.press("Enter")
    page.locator("h1").click()
    assert not links.first.is_visible()


@pytest.mark.parametrize("path", ["decisions.html", "evaluation.html", "images/cat.html"])
def test_pictures_keep_their_room_before_they_are_loaded(site: Site, page: Any, path: str) -> None:
    page.goto(address(site, path))
    assert page.evaluate("document.images.length")
    assert page.evaluate(
        "[...document.images].filter((one) => getComputedStyle(one).aspectRatio === 'auto')"
        ".map((one) => one.src)"
    ) == []  # fmt: skip


def test_the_nearest_images_are_one_row(site: Site, page: Any) -> None:
    page.goto(address(site, "images/cat.html"))
    tops = page.evaluate("[...document.querySelectorAll('.near > *')].map((one) => one.offsetTop)")
    assert len(tops) > 4
    assert len(set(tops)) == 1


def test_the_list_of_further_parts_needs_no_script(site: Site, chromium: Any) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(site, "index.html"))
    page.locator(".more summary").click()
    page.get_by_role("link", name="Trust", exact=True).first.click()
    page.wait_for_url("**/trust.html")
    context.close()


def file_of(address: str) -> Path:
    return Path(unquote(urlsplit(address).path))


def address(site: Site, path: str) -> str:
    return f"{site.folder.as_uri()}/{path}"


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [390, 1024, 1280])
def test_nothing_overflows_and_every_picture_loads(
    site: Site, page: Any, path: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address(site, path))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(BROKEN) == []


@pytest.mark.parametrize("path", PAGES)
def test_text_and_pictures_are_there_without_scripts(
    site: Site, chromium: Any, page: Any, path: str
) -> None:
    page.goto(address(site, path))
    context = chromium.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(address(site, path))
    for selector in ("main h1", "main h2", "main h3", "main h4", "main td", "main dd", "nav a"):
        assert plain.locator(selector).count() == page.locator(selector).count()
    for shown in plain.locator(
        ":is(main, .menu) :is(h1, h3, img, a):not(details *, .to-layers)"
    ).all():
        assert shown.is_visible()
    context.close()


def test_a_tile_opens_by_its_address_and_keys_walk_on(site: Site, page: Any) -> None:
    page.goto(address(site, "images/cat.html#block1_conv1:12"))
    viewer = page.locator("dialog")
    viewer.wait_for(state="visible")
    heading = viewer.locator("h2")
    assert heading.text_content() == "block1_conv1, channel 12"
    grid = next(one for one in site.report.images if one.name == "cat.jpg").activations[0]
    low, high = (float(f"{values[12] or 0:.3g}") for values in (grid.lows, grid.highs))
    assert viewer.locator(".viewer-text").text_content().startswith(f"{low:g} to {high:g}")
    page.keyboard.press("ArrowRight")
    assert heading.text_content() == "block1_conv1, channel 13"
    page.wait_for_url("**/cat.html#block1_conv1:13")
    page.keyboard.press("ArrowUp")
    assert heading.text_content() == "block1_conv1, channel 13"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    assert heading.text_content() == "block1_conv1, channel 12"
    page.keyboard.press("Escape")
    # A dialog tells that it was closed after it has gone.
    page.wait_for_url("**/cat.html#block1_conv1")
    assert viewer.is_hidden()


def test_the_viewer_opens_by_key_and_gives_the_focus_back(site: Site, page: Any) -> None:
    page.goto(address(site, "images/cat.html"))
    link = page.locator("#block1_pool a[data-grid]")
    link.focus()
    page.keyboard.press("Enter")
    page.locator("dialog").wait_for(state="visible")
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = (
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.closest('figure')?.id === 'block1_pool'")


def test_a_click_opens_the_tile_under_it(site: Site, page: Any) -> None:
    page.goto(address(site, "images/cat.html"))
    picture = page.locator("#block1_conv1 a[data-grid] img")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    # The second row's fourth tile of sixteen columns.
    page.mouse.click(box["x"] + box["width"] * 3.5 / 16, box["y"] + box["height"] * 0.75)
    assert page.locator("dialog h2").text_content() == "block1_conv1, channel 19"
    assert page.evaluate("document.querySelector('dialog canvas').width") >= 320


def test_one_channel_stands_beside_its_pattern_and_other_images(site: Site, page: Any) -> None:
    open_tile(site, page, channel=2, column=1)
    strip = page.locator(".viewer-strip button")
    strip.first.wait_for(state="visible")
    names = spread([image.name for image in site.report.images], 8)
    assert strip.all_text_contents() == [*names, "Filter pattern"]
    assert page.locator("dialog h2").text_content() == f"block1_conv1, channel 2 on {names[1]}"
    page.wait_for_url("**/block1_conv1.html#channel--2")


def open_tile(site: Site, page: Any, channel: int, column: int) -> None:
    """Click on a channel (one of the first eight) in the column of an image on a layer's page."""
    page.goto(address(site, "layers/block1_conv1.html"))
    picture = page.locator(".band img").first
    picture.scroll_into_view_if_needed()
    picture.click(position={"x": 100 * column + 48, "y": 100 * channel + 48})
    page.locator("dialog").wait_for(state="visible")
    page.locator(".viewer-scale").wait_for(state="visible")


def test_search_finds_layers_images_and_labels(site: Site, page: Any) -> None:
    page.goto(address(site, "images/cat.html"))
    for words, target in (
        ("block2 conv", "layers/base_1.00.block2_conv1.html"),
        ("cat.jpg", "images/cat.html"),
    ):
        page.keyboard.press("/")
        page.locator(".search input").fill(words)
        page.locator(".found a").first.wait_for(state="visible")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url(address(site, target))


def test_the_theme_is_remembered(site: Site, page: Any) -> None:
    page.goto(address(site, "index.html"))
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".theme").click()
    page.goto(address(site, "about.html"))
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_the_slider_goes_from_photo_to_heatmap(site: Site, page: Any) -> None:
    page.goto(address(site, "images/cat.html"))
    stack = page.locator(".stack").first
    assert stack.locator("img").count() == 3
    page.locator(".mix input").first.fill("0")
    opacity = "getComputedStyle(document.querySelectorAll('.stack img')[1]).opacity"
    assert page.evaluate(opacity) == "0"
    page.locator(".mix input").first.fill("100")
    assert page.evaluate(opacity.replace("[1]", "[2]")) == "1"


def test_only_inactive_channels_are_shown_and_walked(site: Site, page: Any) -> None:
    image = next(one for one in site.report.images if one.name == "cat.jpg")
    page.goto(address(site, "images/cat.html"))
    page.get_by_label("Only inactive channels").check()
    page.locator("#block1_conv1 .veil").wait_for(state="attached")
    shown = "[...document.querySelectorAll('figure.tiles:not([hidden])')].length"
    page.wait_for_function(f"{shown} === {sum(bool(g.inactive) for g in image.activations)}")
    first, second = image.activations[0].inactive[:2]
    page.evaluate(f"location.hash = '#block1_conv1:{first}'")
    page.locator("dialog").wait_for(state="visible")
    page.keyboard.press("ArrowRight")
    assert page.locator("dialog h2").text_content() == f"block1_conv1, channel {second}"
    page.keyboard.press("Escape")
    page.get_by_label("Only inactive channels").uncheck()
    page.wait_for_function("!document.querySelector('.veil')")


def test_two_layers_stand_side_by_side_and_walk_together(site: Site, page: Any) -> None:
    page.goto(address(site, "images/cat.html#block1_conv1:4"))
    page.locator("dialog").wait_for(state="visible")
    page.get_by_label("Compare with").select_option(label="block1_pool")
    stage = page.locator(".viewer-stage canvas")
    assert stage.count() == 2
    assert stage.nth(1).get_attribute("aria-label") == "block1_pool, channel 4"
    page.get_by_role("button", name="Next").click()
    assert stage.nth(1).get_attribute("aria-label") == "block1_pool, channel 5"


def test_a_channel_stands_beside_the_photo_then_beside_another_image(site: Site, page: Any) -> None:
    open_tile(site, page, channel=2, column=1)
    names = spread([image.name for image in site.report.images], 8)
    stage = page.locator(".viewer-stage canvas")
    assert stage.nth(1).get_attribute("aria-label") == f"Photo {names[1]}"
    page.get_by_label("Compare with").select_option(label=names[3])
    assert stage.nth(1).get_attribute("aria-label") == f"{names[3]}, channel 2"
    boxes = [stage.nth(at).bounding_box() for at in (0, 1)]
    assert [(box["width"], box["height"]) for box in boxes] == [(384, 384)] * 2


def test_the_scale_covers_the_values_of_the_channel(site: Site, page: Any) -> None:
    page.goto(address(site, "images/cat.html#block1_conv1:12"))
    scale = page.locator(".viewer-scale")
    scale.wait_for(state="visible")
    grid = next(one for one in site.report.images if one.name == "cat.jpg").activations[0]
    ends = [f"{float(f'{values[12] or 0:.3g}'):g}" for values in (grid.lows, grid.highs)]
    assert scale.locator("span").all_text_contents() == [ends[0], "", ends[1]]
    stops = page.evaluate("document.querySelector('.viewer-ramp').style.background")
    places = [float(one) for one in re.findall(r"(-?[\d.]+)%", stops)]
    mean, deviation = grid.means[12] or 0, grid.deviations[12] or 0
    low, high = grid.lows[12] or 0, grid.highs[12] or 0
    assert places[0] == pytest.approx(100 * (mean - 2 * deviation - low) / (high - low), abs=1)
    assert places == sorted(places)
    assert len(places) == 18


def test_a_channel_is_found_by_its_number(site: Site, page: Any) -> None:
    page.goto(address(site, "layers/block1_conv1.html"))
    field = page.get_by_label("Channel", exact=True)
    field.fill("20")
    field.press("Enter")
    page.wait_for_url("**/block1_conv1--2.html#channel--20")
    assert page.locator("#channel--20").is_visible()


def test_arrow_keys_lead_to_the_next_layer(site: Site, page: Any) -> None:
    page.goto(address(site, "layers/block1_conv1.html"))
    page.keyboard.press("ArrowRight")
    page.wait_for_url(address(site, "layers/block1_pool.html"))
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(address(site, "layers/block1_conv1.html"))


def test_the_first_stop_of_the_tab_key_leads_to_the_content(site: Site, page: Any) -> None:
    page.goto(address(site, "index.html"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'site--main'")
