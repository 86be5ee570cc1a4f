"""Settings: where a value comes from, what is refused, and in which words."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.config import (
    ON_REQUEST,
    RUN_ONLY,
    SECTIONS,
    Settings,
    make_settings,
    option_names,
    read_profile,
    read_toml,
)
from reportgen.errors import SettingsError


def config(folder: Path, text: str) -> Path:
    path = folder / "reportgen.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_default_then_profile_then_file_then_command_line(tmp_path: Path) -> None:
    file = config(tmp_path, "filter-steps = 11\ntop = 4\n")
    settings = make_settings({"profile": "quick", "top": 2}, file)
    assert settings.columns == 16
    assert settings.filters_of_each == 4
    assert settings.filter_steps == 11
    assert settings.top == 2


def test_the_profile_may_stand_in_the_file_and_the_command_line_changes_it(tmp_path: Path) -> None:
    file = config(tmp_path, 'profile = "quick"\n')
    assert make_settings({}, file).filters_of_each == 4
    assert make_settings({"profile": "full"}, file).filters_of_each is None


@pytest.mark.parametrize("profile", ["quick", "standard", "full", "homework", "ci", "sources"])
def test_every_profile_is_valid(profile: str) -> None:
    assert make_settings({"profile": profile}).profile == profile
    assert set(read_profile(profile)) <= set(option_names())


def test_the_standard_profile_changes_nothing() -> None:
    assert make_settings({}) == Settings()


@pytest.mark.parametrize(
    ("key", "near"),
    [("filterz", "filters"), ("skip_sections", "skip-section"), ("gradcamlayer", "gradcam-layer")],
)
def test_an_unknown_key_names_the_nearest(tmp_path: Path, key: str, near: str) -> None:
    with pytest.raises(SettingsError, match=f"unknown key “{key}”; did you mean “{near}”"):
        make_settings({}, config(tmp_path, f"{key} = 1\n"))


def test_a_key_that_resembles_nothing_is_refused_without_a_guess(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"unknown key “qqqq”\.$"):
        make_settings({}, config(tmp_path, "qqqq = 1\n"))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"top": 0}, "--top: "),
        ({"columns": 65}, "--columns: "),
        ({"filters": "some"}, "--filters: "),
        ({"contrast": "128"}, "--contrast: “128” is not of the form MEAN:STD"),
        ({"channels": ["conv"]}, "--channels: “conv” is not of the form LAYER:0,4,17"),
        ({"preprocess": "imagenet"}, "--preprocess: unknown mode “imagenet”; use auto, none"),
        ({"input_size": "a"}, "--input-size: “a” is not of the form"),
        ({"sections": ["gradcm"]}, "did you mean “gradcam”?"),
        ({"sections": ["filters"], "skip_section": ["filters"]}, "both asked for and skipped"),
        ({"profile": "huge"}, "--profile: "),
        ({"class": 3.5}, "--class: "),
        ({"cam": ["scorcam"]}, "did you mean “scorecam”?"),
        ({"cam_difference": ["cat"]}, "neither of the form CLASS,CLASS"),
        ({"cam_difference": ["cat,"]}, "neither of the form CLASS,CLASS"),
    ],
)
def test_wrong_values_are_refused_in_one_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        make_settings(given)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "pydantic" not in str(raised.value)
    assert raised.value.exit_code == 2


def test_files_are_relative_to_the_configuration_file(tmp_path: Path) -> None:
    file = config(tmp_path, 'labels = "names.txt"\nout = "site"\nweights = "w.h5"\n')
    settings = make_settings({}, file)
    assert settings.labels == tmp_path / "names.txt"
    assert settings.out == tmp_path / "site"
    assert settings.weights == str(tmp_path / "w.h5")


def test_imagenet_is_no_file(tmp_path: Path) -> None:
    assert make_settings({}, config(tmp_path, 'weights = "imagenet"\n')).weights == "imagenet"


@pytest.mark.parametrize("text", ["top = ", "[a", "top = 1\ntop = 2"])
def test_broken_toml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"reportgen\.toml is not valid TOML"):
        read_toml(config(tmp_path, text))


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml cannot be read"):
        read_toml(tmp_path / "nowhere.toml")
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    with pytest.raises(SettingsError, match=r"latin\.toml cannot be read"):
        read_toml(tmp_path / "latin.toml")


def test_one_string_stands_for_a_list_of_one(tmp_path: Path) -> None:
    settings = make_settings({}, config(tmp_path, 'layers = "block1*"\nsections = ["filters"]\n'))
    assert settings.layers == ("block1*",)
    assert settings.chosen_sections == ("filters",)


def test_sections_keep_the_order_of_the_pages() -> None:
    assert make_settings({"sections": ("gradcam", "activations")}).chosen_sections == (
        "activations",
        "gradcam",
    )
    assert make_settings({"skip_section": ("filters",)}).chosen_sections == (
        "activations",
        "gradcam",
        "decisions",
        "evaluation",
        "confusions",
        "map",
        "regression",
        "health",
        "similarity",
        "exemplars",
        "kernels",
    )


def test_what_costs_much_is_made_when_it_is_asked_for() -> None:
    assert "trust" not in make_settings({}).chosen_sections
    assert "trust" in make_settings({"trust": True}).chosen_sections
    assert make_settings({"sections": ("trust",)}).chosen_sections == ("trust",)
    both = make_settings({"sections": ("gradcam",), "trust": True})
    assert both.chosen_sections == ("gradcam", "trust")
    assert "trust" in make_settings({"profile": "full"}).chosen_sections
    without = make_settings({"trust": True, "skip_section": ("trust",)})
    assert "trust" not in without.chosen_sections
    usual = tuple(name for name in SECTIONS if name not in ON_REQUEST)
    assert make_settings({}).chosen_sections == usual


def test_single_channels_are_collected_by_layer() -> None:
    settings = make_settings({"channels": ("a/b:3,30", "c:1", "a/b:3,7")})
    assert settings.single_channels == {"a/b": (3, 30, 7), "c": (1,)}
    ranges = make_settings({"channels": ("a/b:7,0-2,1", "last:4-4")})
    assert ranges.single_channels == {"a/b": (7, 0, 1, 2), "last": (4,)}
    with pytest.raises(SettingsError, match="4-2 in “c:4-2” is no range"):
        make_settings({"channels": ("c:4-2",)})


@given(height=st.integers(1, 4096), width=st.integers(1, 4096), sign=st.sampled_from("x×"))
def test_input_size_is_height_by_width(height: int, width: int, sign: str) -> None:
    assert make_settings({"input_size": f"{height}{sign}{width}"}).input_size == (height, width)
    assert make_settings({"input_size": str(height)}).input_size == (height, height)


@given(st.dictionaries(st.sampled_from(sorted(option_names())), st.text(max_size=8), max_size=3))
def test_any_text_is_taken_or_refused_in_one_sentence(given: dict[str, str]) -> None:
    try:
        make_settings(given)
    except SettingsError as error:
        assert str(error).startswith("--") or "section" in str(error)


def test_what_a_report_states_holds_no_folder_and_nothing_of_the_run(tmp_path: Path) -> None:
    stated = make_settings(
        {"labels": tmp_path / "names.txt", "out": tmp_path, "filters": "all", "class": "cat"}
    ).for_report
    assert stated["labels"] == "names.txt"
    assert stated["filters"] == "all"
    assert stated["class"] == "cat"
    assert not {key.replace("_", "-") for key in RUN_ONLY} & set(stated)
    assert str(tmp_path) not in str(stated)


def test_every_setting_has_a_sentence_for_the_help() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert re.search(r"[.?]$", field.description), name
