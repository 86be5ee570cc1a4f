"""Unit of work: one piece of a report that can be computed, kept and found again by itself."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Generic, TypeVar


@dataclass(frozen=True)
class Options:
    """What changes a unit's result besides its model and its photos.

    Each analysis derives a frozen dataclass of its own. The JSON is part of the units' keys: a
    change to it makes all finished work be computed anew.
    """

    @cached_property
    def json(self) -> Mapping[str, Any]:
        """The options as plain JSON values, by key: made once for all units that share them."""
        return self.plain()

    def plain(self) -> dict[str, Any]:
        """Make `json`: each value stands under its field's name, or the "key" of its metadata."""
        return {
            choice.metadata.get("key", choice.name): getattr(self, choice.name)
            for choice in fields(self)
        }


OptionsT_co = TypeVar("OptionsT_co", bound=Options, covariant=True)
DataT_co = TypeVar("DataT_co", covariant=True)


@dataclass(frozen=True)
class Unit(Generic[OptionsT_co]):
    """What one analysis says of one subject under given options.

    `model` is the digest of the model's bytes, None for what is computed from photos alone;
    `photos` are the digests of their bytes; `options` is everything else that changes the result;
    `version` is the analysis's own and grows when its results change. `group` says which units an
    analysis may compute together.
    """

    analysis: str
    version: int
    subject: str
    model: str | None
    photos: tuple[str, ...]
    options: OptionsT_co
    group: str = ""

    key: str = field(init=False, compare=False)
    """SHA-256 of all that the result depends on, in hexadecimal."""

    def __post_init__(self) -> None:
        """Compute the key."""
        inputs = [self.model, *self.photos] if self.model is not None else [*self.photos]
        parts = [self.analysis, self.version, self.subject, inputs, self.options.json]
        text = json.dumps(parts, sort_keys=True, ensure_ascii=True, allow_nan=False)
        object.__setattr__(self, "key", hashlib.sha256(text.encode()).hexdigest())

    @property
    def photo(self) -> str:
        """The digest of the one photo that the unit is about. Raises ValueError for others."""
        (digest,) = self.photos
        return digest


@dataclass(frozen=True)
class Result(Generic[DataT_co]):
    """What a unit leaves: data and the files (name to bytes) that the data names.

    The data is a dataclass of the analysis, made of what JSON knows, of dataclasses and of records.
    """

    data: DataT_co
    files: Mapping[str, bytes] = field(default_factory=dict)
