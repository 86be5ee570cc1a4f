"""Unit of work: one piece of a report that can be computed, kept and found again by itself."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Unit:
    """What one analysis says of one subject under given options.

    `inputs` are digests of the bytes it is computed from (the model's, the image's); `options` is
    everything else that changes the result, as plain JSON values; `version` is the analysis's own
    and grows when its results change. `group` says which units an analysis may compute together.
    """

    analysis: str
    version: int
    subject: str
    inputs: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""

    key: str = field(init=False, compare=False)
    """SHA-256 of all that the result depends on, in hexadecimal."""

    def __post_init__(self) -> None:
        """Compute the key."""
        parts = [self.analysis, self.version, self.subject, list(self.inputs), dict(self.options)]
        text = json.dumps(parts, sort_keys=True, ensure_ascii=True, allow_nan=False)
        object.__setattr__(self, "key", hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True)
class Result:
    """What a unit leaves: plain JSON data and the files (name to bytes) that the data names."""

    data: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)
