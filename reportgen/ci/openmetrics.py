"""The measured metrics as OpenMetrics text, which GitLab and Prometheus read."""

from collections.abc import Iterator, Mapping

from reportgen.ci.verdict import Verdict
from reportgen.gates.measures import Unmeasured, of_classes
from reportgen.gates.metrics import METRICS, Metric
from reportgen.gates.wording import gate_name, required_text
from reportgen.printable import distinct

BEGINNING = "# TYPE reportgen_"
"""How every file of this format begins."""

_OF_CLASSES = ("precision", "recall", "f1")


def openmetrics(verdict: Verdict) -> str:
    """The text of the file: a gauge for each metric, and one that says which gates passed."""
    lines: list[str] = []
    for name, number in verdict.numbers.items():
        lines += _family(METRICS[name].name, METRICS[name].description, {"": number})
    for name in _OF_CLASSES:
        numbers = _by_class(verdict, METRICS[name])
        if numbers:
            lines += _family(name, METRICS[name].description, numbers)
    if verdict.gates:
        names = distinct([f"{gate_name(gate)} {required_text(gate)}" for gate in verdict.gates])
        passed = {
            _labels("gate", name): float(gate.status == "passed")
            for name, gate in zip(names, verdict.gates, strict=True)
        }
        lines += _family("gate_passed", "Whether the gate passed: 1 or 0.", passed)
    return "\n".join([*lines, "# EOF"]) + "\n"


def _by_class(verdict: Verdict, metric: Metric) -> Mapping[str, float]:
    found = of_classes(verdict.report, metric)
    names = distinct(list(found))
    return {
        _labels("class", name): number
        for name, number in zip(names, found.values(), strict=True)
        if not isinstance(number, Unmeasured)
    }


def _family(name: str, description: str, numbers: Mapping[str, float]) -> Iterator[str]:
    name = name.replace(".", "_")
    yield f"# TYPE reportgen_{name} gauge"
    yield f"# HELP reportgen_{name} {_escaped(description)}"
    for labels, number in numbers.items():
        yield f"reportgen_{name}{labels} {number!r}"


def _labels(key: str, value: str) -> str:
    return f'{{{key}="{_escaped(value)}"}}'


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
