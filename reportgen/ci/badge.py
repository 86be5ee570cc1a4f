"""A badge for shields.io: the JSON that its endpoint badge reads."""

import json

from reportgen.ci.verdict import Verdict
from reportgen.gates.metrics import METRICS
from reportgen.gates.wording import gates_sentence
from reportgen.wording import count, percent

BEGINNING = '{"schemaVersion": 1, "label": '
"""How every file of this format begins."""


def badge(verdict: Verdict) -> str:
    """The text of the file: the accuracy, else the gates, else how many images there are."""
    gates, numbers = verdict.report.gates, verdict.numbers
    color = "blue" if gates is None else "brightgreen" if not gates.failed else "red"
    if color == "red" and verdict.only_warns:
        color = "yellow"
    if "accuracy" in numbers:
        label, message = METRICS["accuracy"].title.lower(), percent(numbers["accuracy"])
    elif gates is not None:
        label, message = "model", gates_sentence(gates)
    else:
        label, message = "model report", count(len(verdict.report.images), "image")
    shown = {"schemaVersion": 1, "label": label, "message": message, "color": color}
    return json.dumps(shown, ensure_ascii=False) + "\n"
