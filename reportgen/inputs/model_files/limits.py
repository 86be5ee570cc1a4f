"""Limits on what a stored network may ask for, checked before memory is allocated."""

import json
import lzma
import math
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reportgen.errors import ModelFileError
from reportgen.printable import quoted

_LONGEST_JSON = 1 << 26
MOST_OF_A_GRAPH = 1 << 31
"""Bytes of a SavedModel's graph: a protocol buffer can hold no more."""
_DEEPEST_NESTING = 60
_MOST_OBJECTS = 2_000_000
MOST_LAYERS = 20_000
MOST_CALLS = 100_000
MOST_WEIGHTS = 1 << 32
MOST_VALUES = 1 << 31
"""Numbers in one layer's output for one image; 2^31 are 8 GiB."""


DAMAGED_ZIP: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(OSError, ValueError, KeyError, RuntimeError, EOFError, MemoryError),
)
"""What reading a damaged zip raises; its members can be packed in several ways."""


def read_bounded(path: Path, most: int = _LONGEST_JSON) -> bytes:
    """The bytes of a file of text or metadata; raises `ModelFileError` when there are too many."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise ModelFileError(f"{path.name} cannot be read: {error.strerror}.") from error
    if len(content) > most:
        raise ModelFileError(f"{path.name} is longer than any network needs.")
    return content


def parse_config(text: str | bytes, file_name: str) -> dict[str, Any]:
    """Parse a stored configuration: a JSON object of bounded length, depth and size of numbers."""
    if len(text) > _LONGEST_JSON:
        raise ModelFileError(
            f"{file_name} describes its network in more text than any network needs."
        )
    try:
        config = json.loads(text)
        if isinstance(config, str):  # JSON in JSON, as `json.dump(model.to_json(), file)` writes
            config = json.loads(config)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{file_name} has a broken configuration: it is not JSON.") from error
    if not isinstance(config, dict):
        raise ModelFileError(f"{file_name} has a broken configuration: it is not a JSON object.")
    check_config(config, file_name)
    return config


def check_config(config: Any, file_name: str) -> None:
    """Refuse nesting that would exhaust the stack, and numbers that would exhaust memory."""
    stack: list[tuple[Any, int]] = [(config, 0)]
    seen = 0
    while stack:
        value, depth = stack.pop()
        seen += 1
        if depth > _DEEPEST_NESTING * 4 or seen > _MOST_OBJECTS:
            raise ModelFileError(
                f"{file_name} nests its configuration deeper than any network needs."
            )
        if isinstance(value, dict):
            for key, item in value.items():
                # Seeds may be any number; identifiers of shared objects were memory addresses.
                if "seed" not in str(key) and not str(key).endswith("_id"):
                    stack.append((item, depth + 1))
        elif isinstance(value, list):
            stack.extend((item, depth + 1) for item in value)
        elif isinstance(value, int) and abs(value) > MOST_VALUES:
            raise ModelFileError(
                f"{file_name} asks for a size of {str(value)[:30]}, more than any network needs."
            )


def check_output(shape: Any, layer: str, file_name: str) -> None:
    """Refuse a layer whose output for one image would not fit into memory."""
    sizes = [size for size in tuple(shape)[1:] if isinstance(size, int)]
    if math.prod(sizes) > MOST_VALUES:
        raise ModelFileError(
            f"{file_name} asks for an output of {' × '.join(map(str, sizes))[:60]} from the layer"
            f" {quoted(layer[:80])}, more than fits into memory."
        )


class WeightBudget:
    """Counts the weights that a network asks for, and refuses more than its file could hold.

    It makes the initializers of every layer: arrays of zeros, which the trained weights replace.
    `refusal` keeps the sentence, because Keras wraps exceptions that pass through it.
    """

    def __init__(self, file_name: str, limit: int) -> None:
        self.file_name = file_name
        self.left = min(limit, MOST_WEIGHTS)
        self.refusal: str | None = None

    def spend(self, shape: tuple[int, ...]) -> None:
        """Count one array; raises `ModelFileError` when the network asks for too much."""
        self.left -= math.prod(shape)
        if self.left < 0:
            size = " × ".join(map(str, shape))
            self.refusal = (
                f"{self.file_name} asks for an array of {size} weights, more than the file holds."
            )
            raise ModelFileError(self.refusal)

    def initializer_class(self) -> Any:
        """A Keras initializer of zeros that counts what it is asked for."""
        import keras

        budget = self

        class CountedZeros(keras.initializers.Initializer):  # type: ignore[misc]
            def __call__(self, shape: Any, dtype: Any = None, **_: Any) -> Any:
                budget.spend(tuple(int(size) for size in shape))
                return keras.ops.zeros(shape, dtype=dtype)

            def clone(self) -> Any:
                return self

        return CountedZeros


@contextmanager
def deep_enough(layers: int) -> Iterator[None]:
    """Let Python call as deep as Keras does: once for each layer of a chain, when it makes a model.

    Python's frames do not lie on the stack of the machine.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 1000 + 4 * min(layers, MOST_LAYERS)))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def every_object(config: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object with a class name, at any depth, outermost first."""
    stack = [config]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if "class_name" in value:
                yield value
            stack.extend(reversed(list(value.values())))
        elif isinstance(value, list):
            stack.extend(reversed(value))
