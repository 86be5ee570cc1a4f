"""What a report is called where the user gives no title."""

import re
from pathlib import Path

from reportgen.records.model import Model

_MADE_UP = re.compile(r"(sequential|functional|model)(_\d+)?", re.IGNORECASE)


def report_title(model: Model) -> str:
    """The model's name, or that of its file where Keras made the name up ("sequential_1")."""
    if _MADE_UP.fullmatch(model.name):
        return Path(model.file).stem or model.name
    return model.name
