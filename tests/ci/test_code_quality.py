"""Code quality JSON by GitLab's schema; its fingerprints outlive the measured values."""

import json
from dataclasses import replace

import jsonschema

from reportgen.ci.code_quality import BEGINNINGS, code_quality
from reportgen.ci.verdict import Verdict
from reportgen.gates.check import check_gates

SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1, "pattern": "^[^\\n]*$"},
            "check_name": {"type": "string", "pattern": "^reportgen/"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\.?/)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def read(verdict: Verdict) -> list[dict]:
    text = code_quality(verdict)
    assert text.startswith(BEGINNINGS)
    found = json.loads(text.encode())
    jsonschema.validate(found, SCHEMA)
    fingerprints = [one["fingerprint"] for one in found]
    assert len(set(fingerprints)) == len(fingerprints)
    return found


def test_each_failed_gate_and_warning_is_a_finding(verdict: Verdict) -> None:
    found = read(verdict)
    gates = [one for one in found if one["check_name"] == "reportgen/gate"]
    assert len(gates) == len(verdict.failed)
    assert {one["severity"] for one in gates} == {"critical"}
    assert len(found) == len(gates) + len(verdict.remarks)


def test_a_fingerprint_does_not_hold_the_value(verdict: Verdict) -> None:
    def fingerprints(accuracy: float) -> list[str]:
        assert verdict.report.evaluation is not None
        evaluation = verdict.report.evaluation.model_copy(update={"accuracy": accuracy})
        report = verdict.report.model_copy(update={"evaluation": evaluation})
        gates = check_gates(report, (), ("accuracy >= 90%",))
        return [
            one["fingerprint"]
            for one in read(replace(verdict, report=report.model_copy(update={"gates": gates})))
        ]

    assert fingerprints(0.5) == fingerprints(0.6)


def test_the_fingerprint_of_a_warning_does_not_hold_its_numbers(plain: Verdict) -> None:
    def fingerprints(*warnings: str) -> list[str]:
        report = plain.report.model_copy(update={"warnings": list(warnings)})
        return [one["fingerprint"] for one in read(replace(plain, report=report))]

    before = fingerprints("Never predicted: cat (4 images).", "1,204 of 2.5 % are dark.")
    assert fingerprints("Never predicted: cat (3 images).", "9 of 12 % are dark.") == before
    assert len(set(fingerprints("Layer 1 is dead.", "Layer 2 is dead.", "Layer 2 is dead."))) == 2


def test_warnings_are_minor(warning: Verdict) -> None:
    assert {one["severity"] for one in read(warning)} == {"minor", "info"}


def test_nothing_to_say_is_an_empty_list(plain: Verdict) -> None:
    assert read(plain) == []
