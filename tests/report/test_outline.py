"""Pages are cut by what they cost, and links are relative to the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.report.outline import Outline, href
from reportgen.report.paging import MOST_LABELS, grid_cost, paged, row_stride
from tests.report.conftest import Site


@given(st.lists(st.integers(1, 90), max_size=60), st.integers(1, 9), st.integers(1, 100))
def test_pages_hold_everything_in_order_within_their_limits(
    costs: list[int], most: int, budget: int
) -> None:
    pages = paged(range(len(costs)), costs, most, budget)
    assert [item for page in pages for item in page] == list(range(len(costs)))
    for page in pages:
        assert len(page) <= most
        assert len(page) <= 1 or sum(costs[item] for item in page) <= budget


@given(st.integers(1, 300))
def test_row_labels_stand_at_equal_distances(rows: int) -> None:
    stride = row_stride(rows)
    assert rows % stride == 0
    assert stride == 1 or rows // stride <= MOST_LABELS


def test_a_grid_costs_what_it_labels() -> None:
    assert grid_cost(64, 16) - grid_cost(16, 16) == 3
    assert grid_cost(3, 16) < grid_cost(16, 16)


@pytest.mark.parametrize(
    ("page", "place", "link"),
    [
        ("index.html", "images/cat.html#conv", "images/cat.html#conv"),
        ("images/cat.html", "index.html", "../index.html"),
        ("images/cat.html", "images/dog.html", "dog.html"),
        ("images/cat.html", "images/cat.html#conv", "#conv"),
        ("images/cat.html", "images/cat.html", "cat.html"),
        ("images/cat.html", "imagesx/cat.html", "../imagesx/cat.html"),
        ("layers/a.html", "", ""),
    ],
)
def test_links_are_relative_to_the_page(page: str, place: str, link: str) -> None:
    assert href(page, place) == link


def test_places_of_grids_are_anchors_of_their_layer_and_image(site: Site) -> None:
    outline = Outline(site.report)
    assert outline.grid_place("cat.jpg", "block1_conv1") == "images/cat.html#block1_conv1"
    assert outline.channel_row_place("block1_conv1", 15) == "layers/block1_conv1.html#channel--15"
    assert (
        outline.channel_row_place("block1_conv1", 23) == "layers/block1_conv1--2.html#channel--23"
    )
    assert outline.channel_row_place("block1_conv1", 24) == ""
    assert outline.grid_place("cat.jpg", "dense") == ""
    assert outline.layer_place("dense") == "model.html#dense"
    assert outline.feeds["block1_conv1"] == ["block1_pool"]
