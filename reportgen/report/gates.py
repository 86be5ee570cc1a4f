"""Gates as blocks: the table, those that failed first, and why some were not measured."""

from collections.abc import Iterator

from reportgen.gates.wording import gate_name, gates_sentence, measured_text, required_text
from reportgen.records.gates import Baseline, Gate, Gates
from reportgen.report.blocks import Badge, Block, Bullets, Column, Row, Strong, Table, row, text
from reportgen.wording import count, sentence

_RESULTS = {
    "failed": Badge("failed", "bad"),
    "unmeasured": Badge("not measured", "warn"),
    "passed": Badge("passed", "good"),
}
"""The results in the order in which gates are listed."""


def gate_blocks(gates: Gates, baseline: Baseline | None = None) -> Iterator[Block]:
    """The table of the gates as blocks; changes are measured against the `baseline`."""
    note = " Failed gates are warnings here (--gates warn)." if gates.mode == "warn" else ""
    yield text(Strong(f"{gates_sentence(gates)}."), note)
    shown = sorted(gates.gates, key=lambda gate: list(_RESULTS).index(gate.status))
    yield Table(
        "Gates",
        (Column("Gate"), Column("Result"), Column("Measured"), Column("Required")),
        tuple(map(_row, shown)),
    )
    if reasons := [gate for gate in shown if gate.reason]:
        yield Bullets(
            tuple((sentence(f"{gate_name(reason)}: {reason.reason}"),) for reason in reasons)
        )
    if baseline:
        images = count(baseline.images, "image")
        yield text(
            f"Compared with “{baseline.title}” ({baseline.model}) over {images}.", style="quiet"
        )


def _row(gate: Gate) -> Row:
    measured = "" if gate.status == "unmeasured" else measured_text(gate)
    return row(gate_name(gate), _RESULTS[gate.status], measured, required_text(gate))
