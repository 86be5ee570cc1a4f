"""Pages as they were last looked at and found good.

After a change that is meant, REPORTGEN_WRITE_GOLD=1 writes them anew; the change is then reviewed
as a change of the files in `gold/`.
"""

import os
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
    "filters.html": "filters/block1.html",
    "evaluation.html": "evaluation.html",
    "health.html": "health.html",
    "exemplars.html": "exemplars/block1_conv1.html",
    "kernels.html": "kernels.html",
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


@pytest.mark.parametrize(("gold", "page"), PAGES.items())
def test_the_page_is_as_it_was_found_good(small: Site, gold: str, page: str) -> None:
    made = scrubbed(small.text(page))
    if os.environ.get("REPORTGEN_WRITE_GOLD"):
        GOLD.mkdir(exist_ok=True)
        (GOLD / gold).write_text(made, encoding="utf-8", newline="\n")
    assert made == (GOLD / gold).read_text(encoding="utf-8")
