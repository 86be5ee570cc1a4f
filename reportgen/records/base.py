"""What every record of `report.json` is built on."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

MAJOR_VERSION = r"^1\.[0-9]+$"
"""The pattern of each `schema_version` that can be read; a new field is a new minor version."""


class Record(BaseModel):
    """A frozen record that refuses unknown keys and writes NaN and infinity as null."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, ser_json_inf_nan="null", protected_namespaces=()
    )


class LightRecord:
    """What a record of an image is: there may be a hundred thousand of them, so it has slots.

    In JSON as strict as a `Record`; what is made in Python is not validated.
    """

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", ser_json_inf_nan="null")
