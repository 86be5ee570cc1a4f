"""`[gates]` in a configuration file: what it says, what it refuses, and how it meets options."""

from pathlib import Path

import pytest

from reportgen.config import make_settings
from reportgen.errors import SettingsError

TABLE = """
[gates]
accuracy = ">= 0.90"
silent-channels = ["<= 5%", ">= 0"]
parameters = "<= 5e6"
[gates.class."cat"]
recall = ">= 0.85"
[gates.layer."block5*"]
silent_channels = "<= 10%"
"""


def settings_of(tmp_path: Path, text: str, **given: object):
    file = tmp_path / "reportgen.toml"
    file.write_text(text, encoding="utf-8")
    return make_settings(given, file)


def test_tables_are_requirements(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, TABLE)
    assert settings.require == (
        "accuracy >= 0.90",
        "silent_channels <= 5%",
        "silent_channels >= 0",
        "parameters <= 5e6",
        "recall[cat] >= 0.85",
        "silent_channels[block5*] <= 10%",
    )
    assert settings.gates == "fail"


def test_the_mode_stands_in_the_table_or_alone(tmp_path: Path) -> None:
    assert settings_of(tmp_path, '[gates]\nmode = "warn"').gates == "warn"
    assert settings_of(tmp_path, 'gates = "warn"').gates == "warn"
    assert settings_of(tmp_path, '[gates]\nmode = "warn"', gates="fail").gates == "fail"


def test_the_command_line_wins_and_fail_if_adds(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, TABLE, fail_if=("loss > 1",))
    assert len(settings.require) == 6
    assert settings.fail_if == ("loss > 1",)
    assert settings_of(tmp_path, TABLE, require=("loss < 1",)).require == ("loss < 1",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[gates]\nacuracy = ">= 0.9"', "did you mean “accuracy”?"),
        ("[gates]\naccuracy = 0.9", "write one such as"),
        ('[gates]\naccuracy = "0.9"', "is no condition"),
        ('[gates]\nrecall = ">= 0.9"', "is of a class"),
        ('[gates]\nmode = "ignore"', "use fail, warn"),
        ('[gates]\nclass = "cat"', "is no table"),
        ('[gates.class]\ncat = ">= 0.9"', "is no table of metrics"),
        ('[gates.class.cat]\nzeros = "<= 0.9"', "not of a class"),
        ('[gates.layers.conv]\nzeros = "<= 0.9"', r"there is no table \[gates\.layers\]"),
        ("[gates]\naccuracy = 0.9", r"\[gates\]: accuracy: 0\.9 is no condition"),
        ('[gates.layer.conv]\nrecall = "<= 0.9"', "not of a layer"),
        ('require = "loss < 1"\n[gates]\nloss = "< 1"', "says the same"),
    ],
)
def test_what_cannot_be_read_is_a_usage_error(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as error:
        settings_of(tmp_path, text)
    assert str(error.value).startswith("reportgen.toml: ")
