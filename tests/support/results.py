"""Results as the store keeps them."""

import json
import tempfile
from pathlib import Path
from typing import Any

from reportgen.execution.store import Store
from reportgen.execution.units import Options, Result, Unit


def stored_data(result: Result[Any]) -> dict[str, Any]:
    """The data of a result after it was written and read: plain JSON values."""
    with tempfile.TemporaryDirectory() as folder:
        unit = Unit("test", 1, "test", None, (), Options())
        stored = Store(Path(folder)).put(unit, result)
        data: dict[str, Any] = json.loads(stored.read_file("data.json"))
    return data
