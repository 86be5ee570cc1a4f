"""Every setting once, and how settings are put together: what the rest of the package imports."""

from reportgen.config.files import PROFILES, make_settings, option_names, read_profile, read_toml
from reportgen.config.settings import CI_FILES, FILE_KEYS, RUN_ONLY, Settings
from reportgen.config.values import (
    ON_REQUEST,
    PREPROCESSING_MODES,
    SCANNING,
    SECTIONS,
    ProfileName,
    parse_size,
)

__all__ = [
    "CI_FILES", "FILE_KEYS", "ON_REQUEST", "PREPROCESSING_MODES", "PROFILES", "RUN_ONLY",
    "SCANNING", "SECTIONS", "ProfileName", "Settings", "make_settings", "option_names",
    "parse_size", "read_profile", "read_toml",
]  # fmt: skip
