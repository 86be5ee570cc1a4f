"""The evaluation as a chapter of the PDF."""

from collections.abc import Iterator

from reportgen.pictures.svg import shorten
from reportgen.records.over_images import Evaluation, Mistake
from reportgen.report.pdf.contexts import (
    Block,
    Card,
    Cards,
    Fact,
    Facts,
    Plate,
    Shown,
    Table,
    Title,
    Words,
)
from reportgen.report.pdf.figures import Materials
from reportgen.report.sections.evaluation import (
    MATRIX_CLASSES,
    class_row,
    classes_shown,
    confused_pairs,
    evaluation_facts,
    mistakes_text,
    seen_in_mistake,
)
from reportgen.wording import count, only_in_site, percent, sentence

_MOST_MISTAKES = 8
_MOST_PAIRS = 24
_NAMED_COLUMNS = 6
_LONGEST = 40


def evaluation(materials: Materials) -> Iterator[Block]:
    """Numbers, the surest mistakes, what was taken for what, each class, reliability."""
    found = materials.outline.report.evaluation
    if found is None:
        return
    yield Facts(tuple(Fact(one.name, one.value, one.note) for one in evaluation_facts(found)))
    for remark in found.remarks:
        yield Words(sentence(remark))
    yield Title("Mistakes")
    here = materials.outline.shown_mistakes
    shown = here[:_MOST_MISTAKES]
    left_out = only_in_site(len(here) - len(shown), "mistake")
    yield Words(f"{mistakes_text(found, len(here))} {left_out}".rstrip())
    if shown:
        yield Cards(tuple(_mistake(materials, one) for one in shown), 2, 40.0, 34.0)
    yield Title("Confusion matrix")
    yield from _confusion(materials, found)
    yield Title("Classes")
    rows, classes_text = classes_shown(found)
    yield Words(
        "Precision: share of predictions of this class that are correct. Recall: share of images of"
        f" this class that are found. F1: their harmonic mean. {classes_text}".rstrip(),
        quiet=True,
    )
    yield Table(
        ("Class", "Images", "Predicted", "Correct", "Precision", "Recall", "F1"),
        "wnnnnnn",
        tuple(
            (
                row.name,
                row.images,
                row.predicted,
                row.correct,
                row.precision,
                row.recall,
                row.f_score,
            )
            for row in map(class_row, rows)
        ),
    )
    if found.reliability_chart is None:
        return
    chart = materials.pictures.picture(
        found.reliability_chart,
        "Reliability diagram: share of images that is right, by the probability of their likeliest"
        f" class; calibration error {percent(found.calibration_error)}",
    )
    yield Title("Reliability")
    yield Plate(
        "", chart, 110.0, 80.0,
        "Accuracy by confidence. Numbers give the images in each bin. Below the dashed line the"
        " network is overconfident.",
    )  # fmt: skip


def _mistake(materials: Materials, mistake: Mistake) -> Card:
    outline = materials.outline
    labels = outline.report.model.labels
    name = shorten(mistake.image, _LONGEST)
    return Card(
        name,
        f"Predicted: {labels[mistake.predicted]} ({percent(mistake.probability)}). True class:"
        f" {labels[mistake.true]} ({percent(mistake.true_probability)}).",
        tuple(
            Shown(materials.pictures.picture(path, f"{alt} {name}") if path else None, text)
            for path, alt, text in seen_in_mistake(outline, mistake)
        ),
    )


def _confusion(materials: Materials, found: Evaluation) -> Iterator[Block]:
    if len(found.classes) <= MATRIX_CLASSES:
        yield _matrix(found)
        return
    pairs = confused_pairs(materials.outline, found)
    if not pairs:
        yield Words("Nothing was taken for another class.")
        return
    left = len(pairs) - _MOST_PAIRS
    rest = f" {count(left, 'more pair')} in report.json." if left > 0 else ""
    yield Words(f"What was taken for what, the most frequent first.{rest}", quiet=True)
    rows = tuple((one.true, one.predicted, one.images) for one in pairs[:_MOST_PAIRS])
    yield Table(("Class", "Taken for", "Images"), "wwn", rows)


def _matrix(found: Evaluation) -> Table:
    """Rows are the classes of the folders, columns the likeliest classes."""
    cells = {(one.true, one.predicted): one.images for one in found.confusion}
    named = len(found.classes) <= _NAMED_COLUMNS
    heads = tuple(one.label if named else str(one.index) for one in found.classes)
    return Table(
        ("Class of the folder", *heads),
        "w" + "n" * len(heads),
        tuple(
            (
                f"{row.label} ({row.index})",
                *(f"{cells.get((row.index, at.index), 0):,}" for at in found.classes),
            )
            for row in found.classes
        ),
        tuple((at, at + 1) for at in range(len(found.classes))),
    )
