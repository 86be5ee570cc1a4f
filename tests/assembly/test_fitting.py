"""What is left out so that a report fits, in which order, and what is said of it."""

import json

import numpy as np
import pytest
from PIL import Image

from reportgen.assembly.fitting import EVERYTHING, by_variance, fitted, folder_size, reductions
from reportgen.assembly.smaller_grids import Smaller
from reportgen.config import make_settings
from reportgen.errors import OutputError, SettingsError
from reportgen.progress import Silent
from tests.report.links import check_site
from tests.support.grids import grid_of
from tests.support.small_builds import make

pytestmark = pytest.mark.slow


def test_resolution_goes_first_then_channels_then_images():
    steps = reductions(10)
    assert steps[0] == EVERYTHING
    sides = [step.longest for step in steps[1:]]
    assert sides == sorted(sides, reverse=True)
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert all(step.longest == min(sides) for step in steps if step.share > 1)
    images = [step.images for step in steps if step.images]
    assert images == [6, 4, 2, 1]
    assert all(step.share == max(shares) for step in steps if step.images)


def sizes(step, images=10):
    """Made up bytes: 1,000 for pages and 100 an image, and what its pictures take."""
    shown = step.images or images
    pictures = shown * (step.longest or 96) ** 2 // step.share
    return 1000 + 100 * shown + pictures, pictures


@pytest.mark.parametrize("copies", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("limit", [150_000, 100_000, 60_000, 20_000, 9_000, 5_000, 1_500])
def test_no_more_is_left_out_than_has_to_be(limit, copies):
    """`copies` says how much of the pictures is in the report once more, as in a PDF."""
    tried = []

    def size(step):
        whole, pictures = sizes(step)
        return int(whole + copies * pictures)

    def written(step):
        tried.append(step)
        return size(step)

    chosen = fitted(10, limit, written, lambda step: sizes(step)[1])
    assert tried[-1] == chosen
    assert size(chosen) <= limit
    before = reductions(10)[: reductions(10).index(chosen)]
    assert all(size(step) > limit for step in before)
    assert len(tried) <= 6  # a whole report is seldom written in vain


def test_what_cannot_fit_is_an_error_that_says_how_far_it_is_off():
    with pytest.raises(OutputError, match=r"takes 0.00113 MB .* --max-size 0.0005 MB; leave"):
        fitted(10, 500, lambda step: sizes(step)[0], lambda step: sizes(step)[1])


class Finished:
    """The finished activations of one image that has one layer."""

    def __init__(self, grid):
        self.grid = grid

    def read(self, kind):
        return kind([], [], {}, [self.grid])


def test_channels_stand_in_the_order_of_the_variance_of_all_their_values():
    random = np.random.default_rng(3)
    maps = random.normal(0, [1.0, 4.0, 0.1, 2.0], (5, 50, 4)) + random.normal(0, 3, (5, 1, 4))
    grids = [
        Finished(grid_of(layer="a", shown=4, means=one.mean(0), deviations=one.std(0)))
        for one in maps
    ]
    order = by_variance(grids)["a"]
    assert list(order) == list(np.argsort(-maps.reshape(-1, 4).var(0)))
    smaller = Smaller(share=2, order={"a": order})
    assert smaller.kept("a", range(4)) == set(order[:2])
    assert smaller.kept("a", [order[3]]) == {order[3]}
    assert smaller.kept("unknown", range(4)) == {0, 1}


def report_of(folder):
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_a_build_fits_and_says_what_it_left_out(
    small_model, photos, tmp_path, monkeypatch
):  # fmt: skip
    stages, stage = [], Silent.stage

    def watched(self, title, total=None):
        stages.append(title)
        return stage(self, title, total)

    monkeypatch.setattr(Silent, "stage", watched)
    options = {"tile_size": 96, "format": ["site", "pdf"], "filters": 4}
    whole = make(small_model, photos, tmp_path / "whole", **options)
    size = folder_size(whole.folder)
    assert not any(one["what"] == "resolution" for one in report_of(whole.folder)["skipped"])
    small = make(
        small_model, photos, tmp_path / "small", max_size=str(int(size * 0.8)), strict=False,
        **options,
    )  # fmt: skip
    assert folder_size(small.folder) <= size * 0.8
    limit = int(size * 0.8)
    assert f"Fitting into {limit}: report, everything" in stages
    assert f"Fitting into {limit}: pictures, tiles of 16 pixels" in stages
    check_site(small.folder)
    report = report_of(small.folder)
    said = {one["what"]: one for one in report["skipped"]}
    assert "16 pixels" in said["resolution"]["reason"]
    grids = [grid for image in report["images"] for grid in image["activations"]]
    assert all(max(grid["size"]) <= 16 for grid in grids)
    for grid in grids:
        picture = Image.open(small.folder / grid["picture"])
        assert picture.size == (grid["width"], grid["height"])
    if "channels" in said:
        first = next(grid for grid in grids if grid["layer"] == "first")
        assert first["left_out"]
    about = (small.folder / "about.html").read_text(encoding="utf-8")
    assert "activation grids" in about
    overview = (small.folder / "index.html").read_text(encoding="utf-8")
    assert "The report was reduced to limit its size" in overview
    assert "Skipped resolution" not in overview


def test_a_report_with_fewer_images_still_counts_all(small_model, tmp_path):
    random = np.random.default_rng(0)
    for name in ("a", "b", "c"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for at in range(8):
            pixels = random.integers(0, 256, (90, 90, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{at}.png")
    options = {"skip_section": ["filters", "kernels"], "format": ["site", "pdf"]}
    whole = make(small_model, tmp_path / "photos", tmp_path / "whole", **options)
    full = report_of(whole.folder)
    size = folder_size(whole.folder)
    limit = f"{size * 0.35 / 1000:.0f}kB"
    small = make(small_model, tmp_path / "photos", tmp_path / "small", max_size=limit, **options)
    check_site(small.folder)
    report = report_of(small.folder)
    assert 1 <= len(report["images"]) < len(full["images"]) == 24
    assert small.images == len(report["images"])
    assert any(one["what"] == "images" for one in report["skipped"])
    assert len({image["group"] for image in report["images"]}) == min(3, len(report["images"]))
    for key in ("evaluation", "health"):
        assert report[key] == full[key]


def test_what_never_fits_leaves_the_old_report_alone(small_model, photos, tmp_path):
    make(small_model, photos, tmp_path / "report")
    before = (tmp_path / "report" / "index.html").read_bytes()
    with pytest.raises(OutputError, match="--max-size"):
        make(small_model, photos, tmp_path / "report", max_size="10kB")
    assert (tmp_path / "report" / "index.html").read_bytes() == before


def test_a_size_that_is_none_is_refused():
    with pytest.raises(SettingsError, match="25MB"):
        make_settings({"max_size": "small"})
