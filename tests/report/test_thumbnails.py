"""Pages that show many pictures load small copies of them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.report.site.drawings import Drawings
from reportgen.report.site.thumbnails import LONGEST, thumbnail
from reportgen.report.site.writer import write_site
from tests.report.conftest import Site, build_site


def photo_in(folder: Path, name: str, width: int, height: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(folder / name)


@pytest.mark.parametrize(("width", "height"), [(900, 600), (300, 1000), (5000, 3), (200, 256)])
def test_a_large_picture_has_a_small_copy(tmp_path: Path, width: int, height: int) -> None:
    photo_in(tmp_path, "photo.png", width, height)
    drawings = Drawings(tmp_path)
    small, size = thumbnail(drawings, "photo.png", (width, height))
    assert small == "photo--small.jpg"
    assert not (tmp_path / small).exists()
    drawings.draw()
    with Image.open(tmp_path / small) as copy:
        assert copy.size == size
    assert max(size) <= LONGEST
    assert size[0] / size[1] == pytest.approx(width / height, rel=0.02) or min(size) == 1
    assert (tmp_path / small).stat().st_size < (tmp_path / "photo.png").stat().st_size / 2
    before = (tmp_path / small).stat().st_mtime_ns
    assert thumbnail(drawings, "photo.png", (width, height)) == (small, size)
    drawings.draw()
    assert (tmp_path / small).stat().st_mtime_ns == before


def test_a_small_picture_is_shown_itself(tmp_path: Path) -> None:
    photo_in(tmp_path, "photo.png", 60, 60)
    assert thumbnail(Drawings(tmp_path), "photo.png", (60, 60)) == ("photo.png", (60, 60))
    assert len(list(tmp_path.iterdir())) == 1


def test_cards_show_the_copies_and_pages_the_pictures(tmp_path: Path) -> None:
    site: Site = build_site(tmp_path, plan=[("conv", "Conv2D", "block", 8, 4)], names=["a", "b"])
    photo = site.report.images[0].photo
    copy = f"{photo.rpartition('.')[0]}--small.jpg"
    assert copy not in site.text("index.html")
    photo_in(tmp_path, "noise.png", 700, 500)
    (tmp_path / photo).write_bytes((tmp_path / "noise.png").read_bytes())
    write_site(site.report, tmp_path)
    for page in ("index.html", "images/index.html"):
        assert copy in site.text(page)
        assert f'{photo}"' not in site.text(page)
    assert f'{photo}"' in site.text("images/a.html")
