"""GitLab code quality: failed gates and warnings as findings in the model's file."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

from reportgen.ci.verdict import Verdict
from reportgen.gates.wording import gate_sentence
from reportgen.wording import sentence

BEGINNINGS = ("[]", '[\n {\n  "check_name": "reportgen/')
"""How every file of this format begins: without a finding, and with some."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
"""A number in a warning, such as a count of images or a share: it may change with each run."""

Severity = Literal["info", "minor", "major", "critical", "blocker"]


def code_quality(verdict: Verdict) -> str:
    """The text of the file."""
    found = list({finding["fingerprint"]: finding for finding in _findings(verdict)}.values())
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _findings(verdict: Verdict) -> Iterator[dict[str, Any]]:
    severity: Severity = "minor" if verdict.only_warns else "critical"
    for gate in verdict.failed:
        what = f"{gate.metric}[{gate.subject}]{gate.operator}"
        yield _finding(verdict, "gate", what, sentence(gate_sentence(gate)), severity)
    alike: Counter[str] = Counter()
    for text in dict.fromkeys(verdict.remarks):
        what = _NUMBER.sub("0", text)
        yield _finding(verdict, "warning", f"{what}\0{alike[what]}", text, "info")
        alike[what] += 1


def _finding(
    verdict: Verdict, check: str, what: str, description: str, severity: Severity
) -> dict[str, Any]:
    """A finding; its fingerprint holds no measured value, so that it stays the same."""
    digest = hashlib.sha256(f"{check}\0{verdict.model}\0{what}".encode()).hexdigest()
    return {
        "check_name": f"reportgen/{check}",
        "description": " ".join(description.split()),
        "fingerprint": digest,
        "severity": severity,
        "location": {"path": verdict.model, "lines": {"begin": 1}},
    }
