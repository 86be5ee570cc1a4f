"""What is known of all images from one reading is what the images say."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.records.image import Activations, Image
from reportgen.records.report import Report
from reportgen.report.image_index import ImageIndex
from reportgen.report.outline import Outline
from tests.report.sample import write_sample


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return write_sample(tmp_path_factory.mktemp("sample"))


WITH_GRIDS = st.lists(st.lists(st.integers(0, 3), unique=True), min_size=1, max_size=7)
"""Of each image, which of four layers it has a grid of."""


def with_grids(report: Report, chosen: Sequence[Sequence[int]]) -> list[Image]:
    """As many images as are chosen, each with the grids chosen."""
    grids = list(report.images[0].activations)
    return [
        replace(
            image,
            activations=[
                # The same layer's grids differ from image to image.
                replace(grids[one], low=float(-at), sparsity=at / 10, inactive=[0, 1, at][: at + 1])
                for one in sorted(layers)
            ],
        )
        for at, (image, layers) in enumerate(zip(report.images, chosen, strict=False))
    ]


@given(WITH_GRIDS)
def test_each_layer_has_the_grids_of_all_images(report: Report, chosen: list[list[int]]) -> None:
    images = with_grids(report, chosen)
    index = ImageIndex(images)
    wanted: dict[str, list[tuple[Image, Activations]]] = {}
    for image in images:
        for grid in image.activations:
            wanted.setdefault(grid.layer, []).append((image, grid))
    found = index.grids()
    assert {path: list(grids) for path, grids in found.items()} == wanted
    assert list(found) == list(wanted)
    for path, grids in found.items():
        pairs = wanted[path]
        assert grids[1:] == pairs[1:]
        assert grids.most_shown == max(grid.shown for _, grid in pairs)
        assert grids.most_pixels == max(grid.width * grid.height for _, grid in pairs)
        totals = index.totals[path]
        assert (totals.images, totals.channels) == (len(pairs), pairs[0][1].channels)
        assert totals.span.low == min(grid.low or 0.0 for _, grid in pairs)
        assert totals.span.high == max(grid.high or 0.0 for _, grid in pairs)
        assert totals.sparsity == pytest.approx(sum(g.sparsity for _, g in pairs) / len(pairs))
        assert totals.inactive == sorted(set.intersection(*(set(g.inactive) for _, g in pairs)))


@given(WITH_GRIDS, st.integers(1, 3))
def test_each_grid_is_on_the_pages_that_links_lead_to(
    report: Report, chosen: list[list[int]], most: int
) -> None:
    images = with_grids(report, chosen)
    outline = Outline(report.model_copy(update={"images": images}))
    outline.most_grids = most
    for image in images:
        parts = outline.image_parts(image.name)
        assert [at for part in parts for at in part] == list(range(len(image.activations)))
        for number, part in enumerate(parts, 1):
            for grid in image.activations[part.start : part.stop]:
                page = outline.image_page(image.name, number)
                anchor = outline.layer_slugs[grid.layer]
                assert outline.grid_place(image.name, grid.layer) == f"{page}#{anchor}"
        missing = set(outline.layers) - {grid.layer for grid in image.activations}
        for path in missing:
            assert outline.grid_place(image.name, path) == ""
