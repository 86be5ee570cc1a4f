"""Slugs are safe on every file system, unique, and depend on the name alone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.file_names import MAX_LENGTH, MOST_BYTES, picture_names, slugs

SAFE = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9_])?")

AWKWARD = ["猫 und Hünd 🐱.jpg", "<b>", "#", "%", "..", "", "CON", "nul.jpg", "con.x", "x" * 300]
AWKWARD += ["index", "a--b", "_hidden", ".htaccess", "../../etc/passwd", "C:\\x", "\udcff"]


def is_safe(slug: str) -> bool:
    return bool(SAFE.fullmatch(slug)) and ".." not in slug and "--" not in slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("block1_conv1", "block1_conv1"),
        ("mobilenetv2_1.00_160/block_1_expand", "mobilenetv2_1.00_160.block_1_expand"),
        ("cat.jpg", "cat"),
        ("IMG_0042.JPG", "img_0042"),
        ("holiday/dog.png", "holiday.dog"),
        ("block 1", "block-1"),
    ],
)
def test_plain_names_stay_readable(name: str, slug: str) -> None:
    assert slugs([name]) == {name: slug}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_names_become_safe_and_carry_a_digest(name: str) -> None:
    slug = slugs([name])[name]
    assert is_safe(slug)
    assert len(slug) <= MAX_LENGTH
    assert re.search(r"-[0-9a-f]{8}$", slug)
    assert not re.match(r"(con|nul|index)(\.|$)", slug)


def test_names_that_differ_by_case_or_suffix_alone_get_files_of_their_own() -> None:
    made = slugs(["Conv", "CONV", "conv", "cat.jpg", "cat.png"])
    assert len(set(made.values())) == 5
    assert made["conv"] == "conv"


def test_a_name_that_imitates_a_digest_does_not_take_the_file_of_another() -> None:
    victim = slugs(["#"])["#"]
    made = slugs(["#", victim])
    assert made[victim] == victim
    assert made["#"] != victim


@given(st.lists(st.text(max_size=100), max_size=12))
def test_slugs_are_safe_unique_and_independent_of_order(names: list[str]) -> None:
    made = slugs(names)
    assert set(made) == set(names)
    assert len({slug.casefold() for slug in made.values()}) == len(made)
    assert all(is_safe(slug) and len(slug) <= MAX_LENGTH for slug in made.values())
    assert made == slugs(reversed(names))


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_name_with_a_digest_keeps_its_slug_whatever_comes_along(name: str, other: str) -> None:
    alone = slugs([name])[name]
    if re.search(r"-[0-9a-f]{8}$", alone) and other != alone:
        assert slugs([name, other])[name] == alone


def test_pictures_keep_the_names_that_people_gave_them() -> None:
    names = ["My cat", "dog.JPG", "a/b", "Übung.png", "x.tar.gz"]
    assert picture_names(names) == ["My cat.png", "dog.JPG", "a_b.png", "Übung.png", "x.tar.gz.png"]


def test_pictures_whose_names_file_systems_take_for_the_same_are_told_apart() -> None:
    names = ["cat", "CAT", "cat.png", "e\u0301.png", "\u00e9.png"]
    made = picture_names(names)
    assert len({name.casefold() for name in made}) == len(names)
    assert made[:3] == ["cat.png", "CAT-2.png", "cat-3.png"]
    assert made[4] == "\u00e9-2.png"


@given(st.lists(st.text(st.characters(codec=None), max_size=300), max_size=20))
def test_any_name_of_a_picture_becomes_a_file(names: list[str]) -> None:
    made = picture_names([*names, *AWKWARD])
    assert len({name.casefold() for name in made}) == len(made)
    for name in made:
        assert len(name.encode("utf-8")) <= MOST_BYTES + 20
        assert not re.search(r'[/\\:*?"<>|\x00-\x1f]', name)
        assert not re.match(r"(con|nul)\.", name, re.IGNORECASE)
        assert name.lower().endswith((".png", ".jpg"))
