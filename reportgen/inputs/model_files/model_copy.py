"""A copy of an opened model that today's Keras loads by itself."""

import json
import zipfile
from pathlib import Path
from typing import Any

from reportgen.errors import ModelFileError

_DATE = (1980, 1, 1, 0, 0, 0)


def save_copy(model: Any, target: Path, created: str) -> None:
    """Save a Keras model as a `.keras` file, the same bytes every time.

    `created` stands in it as the date of saving. The copy is written from the model that reportgen
    has opened, and never is the original file: what a stranger's file might do when Keras loads it
    is not handed on. Raises ModelFileError when Keras cannot save the model.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        model.save(target)
    except Exception as error:  # layers' own get_config raises anything
        said = str(error).strip().splitlines()
        reason = said[0] if said else type(error).__name__
        raise ModelFileError(
            f"The model cannot be saved as a .keras file for the notebook: {reason.rstrip('.')}."
        ) from error
    _settle(target, created)


def _settle(file: Path, created: str) -> None:
    """Write the zip again with fixed dates and order."""
    settled = file.with_suffix(".settled")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(settled, "w") as target:
        for name in sorted(source.namelist()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = 0o644 << 16
            if name in ("metadata.json", "config.json"):
                value = json.loads(source.read(name))
                value = _plain(value) if name == "config.json" else {**value, "date_saved": created}
                target.writestr(entry, json.dumps(value, sort_keys=True))
                continue
            with source.open(name) as old, target.open(entry, "w", force_zip64=True) as new:
                while block := old.read(1 << 20):
                    new.write(block)
    settled.replace(file)


def _plain(config: Any) -> Any:
    """A configuration without the initializers that reportgen opens models with."""
    if isinstance(config, dict):
        if config.get("class_name") == "CountedZeros":
            return {"module": "keras.initializers", "class_name": "Zeros", "config": {},
                    "registered_name": None}  # fmt: skip
        return {key: _plain(value) for key, value in config.items()}
    return [_plain(item) for item in config] if isinstance(config, list) else config
