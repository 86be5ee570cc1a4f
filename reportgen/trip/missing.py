"""Sentences about what the user named and the model does not have."""

import difflib
from collections.abc import Sequence

from reportgen.records.report import Layer


def no_such_layer(layers: Sequence[Layer], wanted: str) -> str:
    """The sentence that says that no layer has this path, and which one comes near."""
    paths = [layer.path for layer in layers]
    same_name = [path for path in paths if path.rpartition("/")[2] == wanted]
    near = same_name or difflib.get_close_matches(wanted, paths, 1, 0.4)
    hint = f"; did you mean “{near[0]}”?" if near else ""
    return f"the model has no layer “{wanted}”{hint} (reportgen inspect lists them)."
