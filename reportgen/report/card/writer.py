"""`README.md` in the report's folder: the model in a page of Markdown, with its results."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from reportgen.gates.wording import gate_name, gates_sentence, measured_text, required_text
from reportgen.markdown_text import as_markdown
from reportgen.records.image import Image
from reportgen.records.over_images import Evaluation
from reportgen.records.report import Report
from reportgen.report.card.metadata import metadata
from reportgen.wording import count, number, percent, sentence, shape

CARD_NAME = "README.md"

MOST_CLASSES = 50
MOST_PICTURES = 3

_FILES = {
    "index.html": "the full report, to open in a browser",
    "report.html": "the report in one file",
    "report.pdf": "the report as PDF",
    "report.ipynb": "the analysis as a notebook",
    "report.json": "all results as JSON",
}


def write_card(report: Report, folder: Path) -> Path:
    """Write the model card beside the report's other files, which have to be there."""
    parts = [
        _about(report),
        _use(report),
        *_results(report),
        *_gates(report),
        *_limits(report),
        *_pictures(report, folder),
        _files(folder),
    ]
    target = folder / CARD_NAME
    text = "\n".join([metadata(report), *(part.strip() + "\n" for part in parts)])
    target.write_text(text, encoding="utf-8", newline="\n")
    return target


def _about(report: Report) -> str:
    model = report.model
    facts = [
        ("Model", model.name),
        ("File", f"{model.file}, {model.description}"),
        ("Parameters", f"{model.parameters:,} ({model.trainable_parameters:,} trainable)"),
        ("Layers", f"{len(model.layers):,}"),
        *(
            ("Input", f"{tensor.name}: {shape(tensor.shape)}, {tensor.dtype}")
            for tensor in model.inputs
        ),
        *(("Output", f"{output.name}: {output.kind}") for output in model.outputs),
        ("Author", report.author),
    ]
    rows = [f"| {name} | {as_markdown(text)} |" for name, text in facts if text]
    labels = ", ".join(as_markdown(label) for label in model.labels[:MOST_CLASSES])
    more = len(model.labels) - MOST_CLASSES
    classes = f"\nClasses: {labels}{f' and {more:,} more' if more > 0 else ''}.\n" if labels else ""
    return "\n".join([f"# {as_markdown(report.title)}\n", "| | |", "|---|---|", *rows, classes])


def _use(report: Report) -> str:
    """How the model is fed."""
    taken = report.model.preprocessing
    said = f"Pixel values from 0 to 255 are fed in the mode “{taken.mode}” ({taken.source})."
    return f"## Preprocessing\n\n{said} {as_markdown(sentence(taken.reason))}\n"


def _results(report: Report) -> Iterator[str]:
    found = report.evaluation
    if found:
        yield _evaluation(found)
    if report.regression:
        rows = [
            f"| {as_markdown(fit.name)} | {number(fit.mae)} | {number(fit.rmse)} | "
            f"{'not defined' if fit.r2 is None else number(fit.r2)} | {fit.images:,} |"
            for fit in report.regression.fits
        ]
        head = "| Value | Mean absolute error | RMSE | R² | Images |\n|---|---|---|---|---|\n"
        yield "## Results\n\n" + head + "\n".join(rows) + "\n"


def _evaluation(found: Evaluation) -> str:
    interval = f"{percent(found.accuracy_low)} to {percent(found.accuracy_high)}"
    rows = [
        f"| Accuracy | {percent(found.accuracy)} (95 % interval {interval}) |",
        f"| Images | {found.images:,} |",
        f"| Always predicting the most frequent class | {percent(found.majority_share)} |",
    ]
    if found.macro_f1 is not None:
        rows.append(f"| Macro F1 | {percent(found.macro_f1)} |")
    if found.calibration_error is not None:
        rows.append(f"| Expected calibration error | {percent(found.calibration_error)} |")
    by_class = [
        f"| {as_markdown(result.label)} | {result.images:,} | {_share(result.precision)} | "
        f"{_share(result.recall)} | {_share(result.f1)} |"
        for result in found.classes[:MOST_CLASSES]
    ]
    more = len(found.classes) - MOST_CLASSES
    left = f"\n{count(more, 'more class', 'more classes')} in the report.\n" if more > 0 else ""
    return "\n".join(
        ["## Results\n", "| Metric | Value |", "|---|---|", *rows, "",
         "| Class | Images | Precision | Recall | F1 |", "|---|---|---|---|---|", *by_class, left]
    )  # fmt: skip


def _share(value: float | None) -> str:
    return "not defined" if value is None else percent(value)


def _gates(report: Report) -> Iterator[str]:
    if report.gates:
        rows = [
            f"| {as_markdown(gate_name(gate))} | {gate.status} | "
            f"{as_markdown(measured_text(gate))} | {as_markdown(required_text(gate))} |"
            for gate in report.gates.gates
        ]
        head = "| Gate | Result | Measured | Required |\n|---|---|---|---|\n"
        yield f"## Gates\n\n{gates_sentence(report.gates)}.\n\n{head}" + "\n".join(rows) + "\n"


def _limits(report: Report) -> Iterator[str]:
    """What a reader should know before trusting the numbers."""
    remarks = report.evaluation.remarks if report.evaluation else []
    said = [*remarks, *report.warnings, *report.model.notes]
    if said:
        yield (
            "## Limitations\n\n"
            + "\n".join(f"- {as_markdown(sentence(text))}" for text in said)
            + "\n"
        )


def _pictures(report: Report, folder: Path) -> Iterator[str]:
    """The first heatmaps, on their photos."""
    shown = [line for image in report.images[:MOST_PICTURES] if (line := _picture(image, folder))]
    if shown:
        yield "## What the model looks at\n\n" + "\n".join(shown) + "\n"


def _picture(image: Image, folder: Path) -> str:
    found = next((cam for cam in image.gradcam if cam.picture), None)
    if found is None or found.picture is None or not (folder / found.picture).is_file():
        return ""
    alt = f"Evidence for {found.label} on {image.name}"
    return f"![{as_markdown(alt)}]({quote(found.picture)})\n"


def _files(folder: Path) -> str:
    rows = [f"- [{name}]({name}): {what}" for name, what in _FILES.items()
            if (folder / name).is_file()]  # fmt: skip
    return "## Files\n\n" + "\n".join(rows) + "\n"
