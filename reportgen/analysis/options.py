"""What the results of all analyses depend on: how the network is opened, and how it is fed."""

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from reportgen.config import PREPROCESSING_MODES
from reportgen.execution.units import Options
from reportgen.feeding import Feeding
from reportgen.records.model import ImageInput


@dataclass(frozen=True, kw_only=True)
class Opening(Options):
    """What the opened network depends on besides the bytes of its file.

    `custom_objects` has the digests of each source of the user's own code, or the name and version
    of a package; `other_inputs` the digest of the file for each input that is not the image.
    `versions` are those of the libraries that compute.
    """

    application: str | None
    kind: str
    name: str
    top: bool
    input_size: Sequence[int] | None
    seed: int
    device: str
    custom_objects: Sequence[Sequence[str]]
    replace_layer: Sequence[str]
    weights_by_name: bool
    other_inputs: Mapping[str, str] = field(metadata={"key": "input"})
    output: str | None
    head: Sequence[str]
    engine: str
    batch_size: int | None
    versions: Mapping[str, str]

    def plain(self) -> dict[str, Any]:
        """Make `json`: each version stands under the name of its library."""
        own = super().plain()
        del own["versions"]
        return {**own, **self.versions}


@dataclass(frozen=True)
class Feed(Options):
    """How the opened network is fed; `feeding` is None where no photo is."""

    opening: Opening
    image_input: ImageInput | None
    preprocess: str
    feeding: Feeding | None

    def plain(self) -> dict[str, Any]:
        """Make `json`: the options of the opening stand among them."""
        found = {
            **self.opening.json,
            "input": self.image_input.model_dump() if self.image_input else None,
            "preprocess": preprocessing_key(self.preprocess),
        }
        if self.opening.other_inputs:  # beside the image's, whose key was there first
            found["other_inputs"] = self.opening.other_inputs
        return found if self.feeding is None else {**found, "feeding": asdict(self.feeding)}

    def without_photos(self) -> "Feed":
        """The same for an analysis that makes its own images."""
        return replace(self, feeding=None)


@dataclass(frozen=True, kw_only=True)
class FedOptions(Options):
    """Options of an analysis that runs the network; the others derive from it."""

    feed: Feed

    def plain(self) -> dict[str, Any]:
        """Make `json`: the options of the feed stand among them."""
        own = super().plain()
        del own["feed"]
        return {**self.feed.json, **own}


@dataclass(frozen=True, kw_only=True)
class UnsettledOptions(Options):
    """Options of an analysis that finds out which preprocessing is right."""

    opening: Opening
    feeding: Feeding

    def plain(self) -> dict[str, Any]:
        """Make `json`: the options of the opening stand among them."""
        own = super().plain()
        del own["opening"]
        return {**self.opening.json, **own, "feeding": asdict(self.feeding)}


def preprocessing_key(mode: str) -> str:
    """The mode, and for a user's function a digest of its module's source."""
    if mode in PREPROCESSING_MODES:
        return mode
    spec = importlib.util.find_spec(mode.partition(":")[0])
    if spec is None or not spec.origin or not Path(spec.origin).is_file():
        return mode
    return f"{mode} {hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()}"
