"""Settings put together: from the command line, a configuration file, a profile, the defaults."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from reportgen.config.settings import ALL_KEYS, FILE_KEYS, WEIGHT_WORDS, Settings
from reportgen.config.values import ProfileName, listed
from reportgen.errors import SettingsError
from reportgen.gates.tables import read_gates
from reportgen.user_files import UnusableFileError, read_file
from reportgen.wording import sentence

PROFILES = Path(__file__).parent.parent / "profiles"

_LARGEST_TOML = 1 << 20
"""Bytes of a configuration file."""


def option_names() -> dict[str, str]:
    """Every key of a configuration file with the field it sets, such as `class`: target_class."""
    return {field.alias or name: name for name, field in Settings.model_fields.items()}


def read_toml(path: Path) -> dict[str, Any]:
    """Read a configuration file; keys may be spelled with `-` or `_`.

    Raises SettingsError when it cannot be read, is no TOML, or holds an unknown key.
    """
    try:
        table = tomllib.loads(read_file(path, _LARGEST_TOML).decode("utf-8"))
    except UnusableFileError as error:
        raise SettingsError(f"The configuration file {path.name}: {error}.") from error
    except RecursionError as error:
        raise SettingsError(f"{path.name} is nested too deep for a configuration file.") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError(
            f"The configuration file {path.name} cannot be read: {reason}."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path.name} is not valid TOML: {error}") from error
    known = option_names()
    settings: dict[str, Any] = {}
    for key, value in _with_gates(path, table).items():
        name = key.replace("-", "_")
        if name not in known:
            raise SettingsError(f"{path.name}: unknown key “{key}”{_nearest(key, known)}.")
        is_file = name in FILE_KEYS and isinstance(value, str) and value not in WEIGHT_WORDS
        is_file = is_file and "://" not in str(value)
        settings[name] = str(path.parent / value) if is_file else value
        if name == "custom_objects":  # a package is named without .py
            settings[name] = [
                str(path.parent / str(item)) if str(item).endswith(".py") else item
                for item in listed(value)
            ]
        if name == "input":
            settings[name] = [_beside(path, item) for item in listed(value)]
    return settings


def _with_gates(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    """The table of a configuration file, its `[gates]` read as the settings that they make."""
    gates = table.get("gates")
    if not isinstance(gates, dict):
        return table
    try:
        conditions, mode = read_gates(gates)
    except ValueError as error:
        raise SettingsError(f"{path.name}: {sentence(f'[gates]: {error}')}") from error
    if "require" in table:
        raise SettingsError(f"{path.name}: give require or [gates], which says the same.")
    rest = {key: value for key, value in table.items() if key != "gates"}
    return {**rest, "require": conditions, **({"gates": mode} if mode else {})}


def _beside(config: Path, value: Any) -> Any:
    """NAME=FILE with the file looked for in the configuration file's folder."""
    name, equals, file = str(value).partition("=")
    return f"{name}={config.parent / file}" if equals else value


def _nearest(key: str, known: Mapping[str, str]) -> str:
    names = [name.replace("_", "-") for name in known]
    near = difflib.get_close_matches(key.replace("_", "-"), names, 1, 0.5)
    return f"; did you mean “{near[0]}”?" if near else ""


def read_profile(name: str) -> dict[str, Any]:
    """The settings that a profile of the package makes."""
    return read_toml(PROFILES / f"{name}.toml")


def make_settings(command_line: Mapping[str, Any], config: Path | None = None) -> Settings:
    """Settings from the options given on the command line and a configuration file.

    Raises SettingsError naming the option that has a wrong value.
    """
    file = read_toml(config) if config else {}
    profile = command_line.get("profile") or file.get("profile") or "standard"
    known = profile in get_args(ProfileName)
    merged = {**(read_profile(profile) if known else {}), **file, **command_line}
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from error


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return sentence(message)
    key = str(first["loc"][0])
    if first["type"] in _PLAIN:
        message = _PLAIN[first["type"]].format(given=first["input"], **first.get("ctx", {}))
        if key in ALL_KEYS and first["type"] == "int_parsing":
            message += " or “all”"
    return f"--{key.replace('_', '-')}: {message}{'' if message.endswith('?') else '.'}"


_PLAIN = {
    "int_parsing": "“{given}” is not a whole number",
    "float_parsing": "“{given}” is not a number",
    "greater_than_equal": "{given} is too small, it must be at least {ge}",
    "greater_than": "{given} is too small, it must be more than {gt}",
    "less_than_equal": "{given} is too large, it must be at most {le}",
    "string_too_long": "it is too long, at most {max_length} characters are shown",
    "less_than": "{given} is too large, it must be less than {lt}",
}
"""What pydantic says of the commonest mistakes, in plain words."""
