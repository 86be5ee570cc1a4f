"""Gates in words: values, requirements and outcomes, as every output prints them."""

from reportgen.gates.metrics import METRICS, Metric
from reportgen.records.gates import Gate, Gates
from reportgen.wording import MINUS, count

_SIGNS = {"<": "<", "<=": "≤", "==": "=", "!=": "≠", ">=": "≥", ">": ">"}
_MOST_DIGITS = 12


def value_text(metric: Metric, value: float, digits: int = 4) -> str:
    """A number with its unit: `99.17 %`, `−0.8 pp` (percentage points), `1,204`, `0.3142`."""
    if metric.unit == "count":
        text = f"{value:,.0f}" if value == round(value) else f"{value:,.{digits}g}"
    elif metric.unit == "number":
        text = f"{value:.{digits}g}"
    else:
        text = f"{_fixed(100 * value, digits)} {'pp' if metric.unit == 'change' else '%'}"
    return text.replace("-", MINUS)


def _fixed(value: float, digits: int) -> str:
    """So many significant digits, without an exponent or trailing zeros."""
    text = f"{value:.{digits}g}"
    return f"{float(text):f}".rstrip("0").rstrip(".") if "e" in text else text


def gate_name(gate: Gate) -> str:
    """What a gate is about: `Accuracy`, `Recall of cat`, `Silent channels in block5*`."""
    metric = METRICS[gate.metric]
    if not gate.subject:
        return metric.title
    return f"{metric.title} {'of' if 'class' in metric.scopes else 'in'} {gate.subject}"


def _texts(gate: Gate) -> tuple[str, str]:
    """The value and the bound, with so many digits that different numbers look different."""
    metric = METRICS[gate.metric]
    if gate.value is None:
        return "not measured", value_text(metric, gate.bound)
    for digits in range(4, _MOST_DIGITS + 1):
        value = value_text(metric, gate.value, digits)
        bound = value_text(metric, gate.bound, digits)
        if value != bound:
            break
    return value, bound


def measured_text(gate: Gate) -> str:
    """The measured value, and where it was found: `12.5 % in block5_conv3`."""
    value = _texts(gate)[0]
    return f"{value} in {gate.found_in}" if gate.found_in and gate.value is not None else value


def required_text(gate: Gate) -> str:
    """What has to hold: `≥ 90 %`."""
    return f"{_SIGNS[gate.operator]} {_texts(gate)[1]}"


def gate_sentence(gate: Gate) -> str:
    """The outcome of one gate, without a full stop."""
    required = f"required {required_text(gate)}"
    if gate.status == "unmeasured":
        return f"{gate_name(gate)}: not measured ({required}): {gate.reason}"
    return f"{gate_name(gate)}: {measured_text(gate)} ({required})"


def gates_sentence(gates: Gates) -> str:
    """How many gates passed, without a full stop."""
    if not gates.failed:
        return f"{count(len(gates.gates), 'gate')} passed"
    return f"{len(gates.failed):,} of {count(len(gates.gates), 'gate')} failed"
