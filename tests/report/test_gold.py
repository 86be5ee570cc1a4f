"""Pages as they were last looked at and found good.

Head, menu, sidebar and footer are the same on every page and have one gold of their own.

After a change that is meant, REPORTGEN_WRITE_GOLD=1 writes them anew; the change is then reviewed
as a change of the files in `gold/`.
"""

import os
import posixpath
import re
from pathlib import Path

import pytest

from tests.report.conftest import Site, build_site

GOLD = Path(__file__).parent / "gold"
PAGES = {
    "regression.html": "regression.html",
    "index.html": "index.html",
    "model.html": "model.html",
    "image.html": "images/cat.html",
    "layer.html": "layers/block1_conv1.html",
    "channels.html": "channels/block1_conv1.html",
    "channel.html": "channels/block1_conv1/0.html",
    "filters.html": "filters/block1.html",
    "evaluation.html": "evaluation.html",
    "health.html": "health.html",
    "exemplars.html": "exemplars/block1_conv1.html",
    "kernels.html": "kernels.html",
    "decisions.html": "decisions.html",
    "confusions.html": "confusions.html",
    "map.html": "map.html",
    "similarity.html": "similarity.html",
    "robustness.html": "robustness.html",
    "concepts.html": "concepts.html",
    "trust.html": "trust.html",
    "dreams.html": "dreams.html",
    "about.html": "about.html",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Site:
    plan = [("block1_conv1", "Conv2D", "block1", 8, 3), ("block1_pool", "Pooling", "block1", 4, 3)]
    return build_site(tmp_path_factory.mktemp("small"), plan=plan, names=["cat.jpg"])


def scrubbed(text: str) -> str:
    """Without the digests in the names of assets."""
    return re.sub(r"(assets/[a-z-]+)-[0-9a-f]{8}\.", r"\1-HASH.", text)


def own_part(text: str) -> str:
    """What only this page has: title, description, current entries, links into itself, and main."""
    head, main, foot = around_main(text)
    around = (head + foot).splitlines()
    title = [line for line in around if line.startswith(("<title>", '<meta name="description"'))]
    own = [line for line in around if re.match(r'.*( aria-current=|<li><a href="#)', line)]
    return "\n".join([*title, *own, main])


def frame(text: str, page: str) -> str:
    """Head, menu, sidebar and footer, as they are on a page at the report's root."""
    head, _, foot = around_main(text)
    around = f"{head}<main></main>{foot}"
    around = re.sub(r"<title>.*?</title>\n<meta [^>]*>", "<title></title>", around)
    around = re.sub(r' aria-current="[a-z]+"| open(?=>)', "", around)
    root = "../" * page.count("/")
    around = around.replace(f'data-root="{root}"', 'data-root=""')
    return re.sub(
        r'((?:href|src|data-search)=")([^"#]*)',
        lambda link: link[1] + at_root(link[2], page),
        around,
    )


def at_root(link: str, page: str) -> str:
    """A relative link of a page, as the report's root would have it."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link)) if link else link


def around_main(text: str) -> tuple[str, str, str]:
    """A page cut into what stands before its main, the main, and what follows it."""
    head, opening, rest = text.partition("<main ")
    main, closing, foot = rest.partition("</main>")
    return head, f"{opening}{main}{closing}\n", foot


def compare_with_gold(made: str, gold: str) -> None:
    if os.environ.get("REPORTGEN_WRITE_GOLD"):
        GOLD.mkdir(exist_ok=True)
        (GOLD / gold).write_text(made, encoding="utf-8", newline="\n")
    assert made == (GOLD / gold).read_text(encoding="utf-8")


@pytest.mark.parametrize(("gold", "page"), PAGES.items())
def test_the_page_is_as_it_was_found_good(small: Site, gold: str, page: str) -> None:
    compare_with_gold(own_part(scrubbed(small.text(page))), gold)


def test_the_frame_is_as_it_was_found_good(small: Site) -> None:
    compare_with_gold(frame(scrubbed(small.text("index.html")), "index.html"), "frame.html")


@pytest.mark.parametrize("page", PAGES.values())
def test_every_page_has_the_same_frame(small: Site, page: str) -> None:
    def without_layer_links(text: str) -> str:
        """Pages with a part for each layer link to that part instead of the layer's page."""
        head, side, foot = text.partition('<nav class="side"')
        return head + side + re.sub(r'href="[^"]*"', "", foot)

    made = without_layer_links(frame(small.text(page), page))
    assert made == without_layer_links(frame(small.text("index.html"), "index.html"))
