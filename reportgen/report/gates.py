"""The gates and the trend as the overview shows them."""

from pathlib import Path

from reportgen.gates.wording import gate_name, gates_sentence, measured_text, required_text
from reportgen.records.gates import Gate, Gates
from reportgen.records.report import Report
from reportgen.report.contexts import GateRow, GateTable, Picture
from reportgen.report.figures import COLUMN_WIDTH, plain_picture, svg_size
from reportgen.wording import count, sentence

RESULTS = {"passed": "passed", "failed": "failed", "unmeasured": "not measured"}


def gate_table(report: Report) -> GateTable | None:
    """The gates, those that failed first; None without any."""
    if report.gates is None:
        return None
    gates = report.gates
    order = ("failed", "unmeasured", "passed")
    shown = sorted(gates.gates, key=lambda gate: order.index(gate.status))
    return GateTable(
        status="failed" if gates.failed else "passed",
        text=f"{gates_sentence(gates)}.",
        note=_note(report, gates),
        rows=tuple(map(_row, shown)),
    )


def _note(report: Report, gates: Gates) -> str:
    notes = []
    if gates.failed and gates.mode == "warn":
        notes.append("Failed gates are warnings here (--gates warn).")
    if report.baseline:
        images = count(report.baseline.images, "image")
        notes.append(
            f"Compared with “{report.baseline.title}” ({report.baseline.model}) over {images}."
        )
    return " ".join(notes)


def _row(gate: Gate) -> GateRow:
    return GateRow(
        name=gate_name(gate),
        required=required_text(gate),
        measured="" if gate.status == "unmeasured" else measured_text(gate),
        reason=sentence(gate.reason),
        status=gate.status,
        result=RESULTS[gate.status],
    )


def trend_picture(report: Report, page: str, folder: Path) -> Picture | None:
    """The chart of the trend; None for fewer than two runs."""
    if report.trend_chart is None:
        return None
    size = svg_size(folder / report.trend_chart)
    alt = f"Trend of the metrics over {count(len(report.history), 'run')}"
    return plain_picture(page, report.trend_chart, size, alt, COLUMN_WIDTH)


def trend_text(report: Report) -> str:
    """What the chart of the trend shows."""
    runs = count(len(report.history), "run")
    failed = sum(run.passed is False for run in report.history)
    crosses = f" A cross marks each of the {failed:,} with a failed gate." if failed else ""
    return f"The last {runs}, the newest at the right.{crosses}"
