"""GitLab code quality: failed gates and warnings as findings in the model's file."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Literal

from reportgen.ci.verdict import Verdict
from reportgen.gates.wording import gate_sentence

BEGINNINGS = ("[]", '[\n {\n  "check_name": "reportgen/')
"""How every file of this format begins: without a finding, and with some."""

Severity = Literal["info", "minor", "major", "critical", "blocker"]


def code_quality(verdict: Verdict) -> str:
    """The text of the file."""
    found = list({one["fingerprint"]: one for one in _findings(verdict)}.values())
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _findings(verdict: Verdict) -> Iterator[dict[str, Any]]:
    severity: Severity = "minor" if verdict.only_warns else "critical"
    for gate in verdict.failed:
        what = f"{gate.metric}[{gate.subject}]{gate.operator}"
        yield _finding(verdict, "gate", what, f"{gate_sentence(gate)}.", severity)
    for text in verdict.remarks:
        yield _finding(verdict, "warning", text, text, "info")


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
