"""JUnit XML, as Jenkins and GitLab read it: one test case for each gate and regressed image.

The rules are those of Jenkins's `junit-10.xsd`; names are unique, as GitLab wants them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from reportgen.ci.verdict import MOST_REGRESSED, Verdict
from reportgen.gates.wording import gate_name, gate_sentence, required_text
from reportgen.printable import distinct
from reportgen.records.gates import Gate
from reportgen.wording import sentence

BEGINNING = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="reportgen"'
"""How every file of this format begins."""

_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class _Case:
    suite: str
    name: str
    outcome: Literal["", "failure", "error", "skipped"] = ""
    kind: str = ""
    message: str = ""
    attachment: str = ""


def junit(verdict: Verdict) -> str:
    """The text of the file."""
    suites = [_gates(verdict)]
    if verdict.regressed:
        suites.append(_regressed(verdict))
    total = [case for suite in suites for case in suite]
    return f"{BEGINNING}{_counts(total)}>\n{''.join(map(_suite, suites))}</testsuites>\n"


def _gates(verdict: Verdict) -> list[_Case]:
    """A case that passes, for the report itself, and one for each gate."""
    names = distinct([f"{gate_name(gate)} {required_text(gate)}" for gate in verdict.gates])
    return [
        _Case("gates", "report is built"),
        *(_gate(gate, name, verdict) for gate, name in zip(verdict.gates, names, strict=True)),
    ]


def _gate(gate: Gate, name: str, verdict: Verdict) -> _Case:
    if gate.status == "passed":
        return _Case("gates", name)
    outcome = sentence(gate_sentence(gate))
    if verdict.only_warns:
        return _Case("gates", name, "skipped", "warning", f"Only a warning: {outcome}")
    return _Case("gates", name, "failure" if gate.status == "failed" else "error", gate.status,
                 outcome)  # fmt: skip


def _regressed(verdict: Verdict) -> list[_Case]:
    """A case for each image; it fails where a gate on predictions does."""
    shown = verdict.regressed[:MOST_REGRESSED]
    photos = verdict.photos
    folder = PurePosixPath(verdict.page).parent
    message = "The baseline classifies this image correctly, this model does not."
    outcome: Literal["failure", "skipped"] = "failure"
    if not verdict.forbids_regressions:
        outcome, message = "skipped", f"{message} No gate forbids it."
    return [
        _Case("regressions", unique, outcome, "regression", message,
              str(folder / photos[name]) if name in photos else "")
        for name, unique in zip(shown, distinct(shown), strict=True)
    ]  # fmt: skip


def _suite(cases: Sequence[_Case]) -> str:
    head = f'  <testsuite name="reportgen {cases[0].suite}"{_counts(cases)} '
    skipped = sum(case.outcome == "skipped" for case in cases)
    return f'{head}skipped="{skipped}">\n{"".join(map(_case, cases))}  </testsuite>\n'


def _counts(cases: Sequence[_Case]) -> str:
    kinds = {"failures": "failure", "errors": "error"}
    counts = {name: sum(case.outcome == kind for case in cases) for name, kind in kinds.items()}
    numbers = {"tests": len(cases), **counts, "time": 0}
    return "".join(f' {name}="{number}"' for name, number in numbers.items())


def _case(case: _Case) -> str:
    name = _attribute("name", case.name)
    head = f'    <testcase classname="reportgen.{case.suite}"{name} time="0"'
    if not case.outcome:
        return f"{head}/>\n"
    found = (
        f"<{case.outcome}{_attribute('type', case.kind)}{_attribute('message', case.message)}>"
        f"{escape(_xml(case.message))}</{case.outcome}>"
    )
    if case.attachment:
        found += f"<system-out>[[ATTACHMENT|{escape(_xml(case.attachment))}]]</system-out>"
    return f"{head}>{found}</testcase>\n"


def _attribute(name: str, value: str) -> str:
    return f" {name}={quoteattr(_xml(value))}"


def _xml(text: str) -> str:
    """The text without characters that XML does not allow."""
    return _NOT_IN_XML.sub("\ufffd", text)
