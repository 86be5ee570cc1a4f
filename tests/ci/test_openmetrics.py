"""OpenMetrics text, read by the Prometheus client's own parser."""

import pytest

from reportgen.ci.openmetrics import BEGINNING, openmetrics
from reportgen.ci.verdict import Verdict
from tests.report.sample import LABELS

parser = pytest.importorskip("prometheus_client.openmetrics.parser")


def families(verdict: Verdict) -> dict:
    text = openmetrics(verdict)
    assert text.startswith(BEGINNING)
    assert text.endswith("# EOF\n")
    return {one.name: one for one in parser.text_string_to_metric_families(text)}


def test_every_number_is_a_gauge(verdict: Verdict) -> None:
    found = families(verdict)
    assert {one.type for one in found.values()} == {"gauge"}
    for name, number in verdict.numbers.items():
        (sample,) = found[f"reportgen_{name.replace('.', '_')}"].samples
        assert sample.value == number


def test_classes_and_gates_are_labels_whatever_their_name(verdict: Verdict) -> None:
    found = families(verdict)
    assert verdict.report.evaluation is not None
    assert {one.labels["class"]: one.value for one in found["reportgen_recall"].samples} == {
        one.label: one.recall for one in verdict.report.evaluation.classes if one.recall is not None
    }
    assert {one.labels["class"] for one in found["reportgen_recall"].samples} <= set(LABELS)
    passed = [one.value for one in found["reportgen_gate_passed"].samples]
    assert passed == [float(gate.status == "passed") for gate in verdict.gates]


def test_without_gates_there_is_no_family_of_them(plain: Verdict) -> None:
    assert "reportgen_gate_passed" not in families(plain)
