"""A model in memory, as a file that a build opens and the code that the file lacks."""

import hashlib
import inspect
import json
import re
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from reportgen.errors import ModelError

_OLDEST = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a ZIP archive can state."""


@dataclass(frozen=True)
class SessionCode:
    """What a session has and a file lacks: classes and functions by name, and Lambda layers'.

    `digests` stand for their source code; code without source has a new one each time, so that
    nothing counts as unchanged that may have changed.
    """

    objects: dict[str, Any] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)
    """What a layer of this name computes."""
    digests: tuple[str, ...] = ()


NO_SESSION = SessionCode()
"""What a model has that was not in memory."""


def save_model(model: Any, folder: Path) -> Path:
    """Save a `keras.Model` in `folder`; the same model gives the same bytes.

    Raises ModelError when Keras cannot save it.
    """
    name = re.sub(r"[^\w.-]+", "_", str(model.name)).strip("._") or "model"
    path, draft = folder / f"{name[:80]}.keras", folder / "draft.keras"
    try:
        model.save(draft)
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(
            f"The model “{name}” cannot be saved, which a report needs: {reason}"
        ) from error
    _without_dates(draft, path)
    draft.unlink()
    return path


def _without_dates(draft: Path, path: Path) -> None:
    """Copy a `.keras` archive without the times at which it and its parts were written."""
    with zipfile.ZipFile(draft) as source, zipfile.ZipFile(path, "w") as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "metadata.json":
                about = {**json.loads(content), "date_saved": ""}
                content = json.dumps(about, sort_keys=True).encode()
            target.writestr(zipfile.ZipInfo(name, _OLDEST), content)


def code_of(model: Any) -> SessionCode:
    """The classes and functions of a model's layers that are not Keras's own."""
    objects: dict[str, Any] = {}
    functions = {
        layer.name: partial(layer.function, **(layer.arguments or {}))
        for layer in _listed_layers(model)
        if type(layer).__name__ == "Lambda"
    }
    for layer in _all_layers(model):
        for found in _own_parts(layer):
            objects.setdefault(found.__name__, found)
    registered = _registered()
    everything = [*registered.values(), *objects.values(), *functions.values()]
    digests = sorted({_digest(item) for item in everything})
    return SessionCode({**registered, **objects}, functions, tuple(digests))


def _all_layers(model: Any) -> Iterator[Any]:
    """The model, and its layers at every depth."""
    seen: set[int] = set()
    waiting = [model]
    while waiting:
        layer = waiting.pop()
        if id(layer) not in seen:
            seen.add(id(layer))
            yield layer
            waiting += list(layer._flatten_layers(include_self=False, recursive=False))


def _listed_layers(model: Any) -> Iterator[Any]:
    """The layers that the configuration lists: of the model, and of models inside it."""
    for layer in getattr(model, "layers", ()):
        yield layer
        if hasattr(layer, "layers"):
            yield from _listed_layers(layer)


def _own_parts(layer: Any) -> Iterator[Any]:
    """The layer's class where the user wrote it, and functions of theirs that it holds."""
    if _is_theirs(type(layer)):
        yield type(layer)
    for name, value in vars(layer).items():
        if name.startswith("_") or isinstance(value, int | float | str | list | dict | tuple):
            continue
        kind = value if inspect.isfunction(value) else type(value)
        if _is_theirs(kind) and (inspect.isfunction(value) or hasattr(value, "get_config")):
            yield kind


def _is_theirs(item: Any) -> bool:
    root = str(getattr(item, "__module__", "")).partition(".")[0]
    return root not in {"keras", "tensorflow", "jax", "numpy", "builtins", "", "tf_keras"}


def _registered() -> dict[str, Any]:
    """What the session registered with `keras.saving.register_keras_serializable`."""
    import keras

    found = keras.saving.get_custom_objects()
    return {**{key.rsplit(">", 1)[-1]: item for key, item in found.items()}, **found}


def _digest(item: Any) -> str:
    function = item.func if isinstance(item, partial) else item
    try:
        source = inspect.getsource(function) + repr(getattr(item, "keywords", ""))
    except (OSError, TypeError):
        source = str(uuid.uuid4())
    return hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()
