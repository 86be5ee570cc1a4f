"""The chapters of the PDF that stand for sections of their own: what is in them, and how much."""

import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from PIL import Image

from reportgen.errors import OutputError
from reportgen.records.report import Report
from reportgen.report.blocks import Cards as BlockCards
from reportgen.report.blocks import Part
from reportgen.report.outline import Outline
from reportgen.report.pdf.browser import find_browser, print_with_browser
from reportgen.report.pdf.chapters import chapters
from reportgen.report.pdf.contexts import PAPERS, Cards, Plate, Table, Words
from reportgen.report.pdf.extent import EVERYTHING
from reportgen.report.pdf.figures import Materials
from reportgen.report.pdf.notes import PdfNotes
from reportgen.report.pdf.pictures import PdfPictures
from reportgen.report.pdf.writer import write_pdf
from reportgen.report.sections.evaluation import evaluation
from tests.report.sample import SMALL, write_sample

pytestmark = pytest.mark.slow

NAMES = ("cat.jpg", "dog.jpg", "owl.jpg", "猫.jpg")
PLACE = "evaluation--mistakes"
SECTIONS = (
    "decisions",
    "evaluation",
    "confusions",
    "map",
    "regression",
    "health",
    "similarity",
    "exemplars",
    "kernels",
    "trust",
    "robustness",
    "concepts",
    "dreams",
)
ROOM = PAPERS["a4"].room


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("chapters")
    return folder, write_sample(folder, plan=SMALL[:3], names=NAMES)


def made(folder: Path, report: Report) -> dict[str, Any]:
    """The blocks of each chapter."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    with PdfPictures(folder, scratch) as pictures:
        notes = PdfNotes(report, pictures)
        materials = Materials(Outline(report), pictures, notes, ROOM[0], EVERYTHING)
        found = {one.id: one.blocks for one in chapters(materials)}
        pictures.finish()
    shutil.rmtree(scratch)
    return found


def of_kind(blocks: Any, kind: Any) -> list[Any]:
    return [one for one in blocks if isinstance(one, kind)]


def said(blocks: Any) -> str:
    return " ".join(one.text for one in of_kind(blocks, Words))


def test_every_section_of_the_report_has_its_chapter(sample: tuple[Path, Report]) -> None:
    folder, report = sample
    found = made(folder, report)
    assert tuple(found) == SECTIONS
    fewer = [name for name in report.sections if name not in ("kernels", "health")]
    left = made(folder, report.model_copy(update={"sections": fewer}))
    assert tuple(left) == tuple(one for one in SECTIONS if one not in ("kernels", "health"))


def test_pictures_fit_the_page_and_are_there(sample: tuple[Path, Report]) -> None:
    """No plate is wider or taller than what can be written on."""
    for blocks in made(*sample).values():
        for one in of_kind(blocks, Plate):
            assert one.picture.src, one.picture.reason
            assert one.picture.alt
            assert one.width <= ROOM[0] + 0.01
            assert one.height < ROOM[1] / 2
        for cards in of_kind(blocks, Cards):
            across = max(len(card.pictures) for card in cards.cards)
            assert (cards.width * across + 4) * cards.across <= ROOM[0] + 4


def test_the_confusion_matrix_is_that_of_the_evaluation(sample: tuple[Path, Report]) -> None:
    folder, report = sample
    found = report.evaluation
    assert found is not None
    matrix, classes, _ = of_kind(made(folder, report)["evaluation"], Table)
    counted = Counter({(one.true, one.predicted): one.images for one in found.confusion})
    order = [one.index for one in found.classes]
    assert [[int(cell) for cell in row[1:]] for row in matrix.rows] == [
        [counted[true, predicted] for predicted in order] for true in order
    ]
    assert sum(int(matrix.rows[y][x]) for y, x in matrix.bold) == found.correct
    assert [int(row[1]) for row in classes.rows] == [one.images for one in found.classes]


def test_a_mistake_stands_beside_the_map_of_the_first_kind(sample: tuple[Path, Report]) -> None:
    _, report = sample
    found = report.evaluation
    assert found is not None
    outline = Outline(report)
    (page,) = evaluation(outline)
    (mistakes,) = (one for one in page.blocks if isinstance(one, Part) and one.anchor == PLACE)
    (cards,) = of_kind(mistakes.blocks, BlockCards)
    assert len(cards.cards) == len(found.mistakes)
    for mistake, card in zip(found.mistakes, cards.cards, strict=True):
        image = outline.images[mistake.image]
        first = {one.index: one for one in reversed(image.gradcam)}
        photo, *maps = card.figures
        assert photo.picture.src == image.photo
        for figure, index in zip(maps, (mistake.predicted, mistake.true), strict=True):
            one = first.get(index)
            assert (figure.picture and figure.picture.src) == (one.picture if one else None)
            assert report.model.labels[index] in figure.caption[0]


def test_long_lists_are_cut_and_it_is_said(sample: tuple[Path, Report]) -> None:
    folder, report = sample
    evaluation, exemplars = report.evaluation, report.exemplars
    assert evaluation is not None
    assert exemplars is not None
    channel = exemplars.channels[0]
    many = [channel.model_copy(update={"channel": at}) for at in range(10)]
    changes = {
        "dreams": report.dreams * 30,
        "evaluation": evaluation.model_copy(update={"mistakes": evaluation.mistakes * 20}),
        "exemplars": exemplars.model_copy(update={"channels": many}),
    }
    found = made(folder, report.model_copy(update=changes))
    total = len(evaluation.mistakes) * 20
    mistakes, _charts = of_kind(found["evaluation"], Cards)
    assert len(mistakes.cards) == 8
    assert f"{total - 8} more misclassified images are only in the site." in said(
        found["evaluation"]
    )
    (dreams,) = of_kind(found["dreams"], Cards)
    assert len(dreams.cards) == 12
    assert "18 more dreams are only in the site." in said(found["dreams"])
    plates = of_kind(found["exemplars"], Plate)
    assert len(plates) == 1 + 2  # the single unit, and the channels of the one layer
    for plate in plates:
        assert plate.columns
        assert not any("row " in words for words in plate.columns)
    assert "8 more channels are only in the site." in said(found["exemplars"])
    assert "2 more" not in said(found["exemplars"])


def test_many_classes_are_pairs_instead_of_a_matrix(sample: tuple[Path, Report]) -> None:
    folder, report = sample
    found = report.evaluation
    assert found is not None
    classes = [
        found.classes[0].model_copy(update={"index": at, "label": f"c{at}"}) for at in range(40)
    ]
    confusion = [
        found.confusion[0].model_copy(update={"true": at, "predicted": (at + 1) % 40})
        for at in range(40)
    ]
    model = report.model.model_copy(update={"labels": [f"c{at}" for at in range(40)]})
    update = {"classes": classes, "confusion": confusion, "mistakes": []}
    changes = {"evaluation": found.model_copy(update=update), "model": model}
    blocks = made(folder, report.model_copy(update=changes))["evaluation"]
    pairs, *_ = of_kind(blocks, Table)
    assert len(pairs.rows) == 24
    assert "16 more pairs are only in the site." in said(blocks)


def test_health_and_kernels_have_a_row_for_each_layer(sample: tuple[Path, Report]) -> None:
    folder, report = sample
    assert report.health is not None
    found = made(folder, report)
    (table,) = of_kind(found["health"], Table)
    assert [row[0] for row in table.rows] == [one.layer for one in report.health.layers]
    assert table.heads[-1] == "Other"
    (chart,) = of_kind(found["health"], Plate)
    assert "Sparsity by depth" in chart.picture.alt
    (table,) = of_kind(found["kernels"], Table)
    assert [row[0] for row in table.rows] == [one.layer for one in report.kernels]
    assert "1 more picture is only in the site." in said(found["kernels"])


def test_trust_says_its_caveat_and_has_a_row_for_each_stage(sample: tuple[Path, Report]) -> None:
    folder, report = sample
    assert report.trust is not None
    blocks = made(folder, report)["trust"]
    verdicts, checks, measures = of_kind(blocks, Table)
    assert [row[:2] for row in verdicts.rows][::2] == [("Grad-CAM", "yes"), ("Eigen-CAM", "no")]
    stages = [stage.layer for stage in report.trust.checks[0].stages]
    assert [row[0] for row in checks.rows][: len(stages)] == stages
    assert [row[0] for row in measures.rows][-1] == "Random maps"
    assert "no overall score is given" in said(blocks)


def test_without_explanations_there_are_none(sample: tuple[Path, Report]) -> None:
    folder, report = sample
    assert "Start with the most confident mistakes" in said(made(folder, report)["evaluation"])
    settings = {**report.settings, "explanations": False}
    blocks = made(folder, report.model_copy(update={"settings": settings}))["evaluation"]
    assert "Start with the most confident mistakes" not in said(blocks)


NOTES = "\n\n".join(f"# {one}\n\nword{at}" for at, one in enumerate(SECTIONS)) + "\n"


@pytest.fixture(scope="module", params=["typst", "browser"])
def printed(
    request: pytest.FixtureRequest, sample: tuple[Path, Report], tmp_path_factory: Any
) -> tuple[Report, Path]:
    """The report with notes on each section, by both engines."""
    folder = tmp_path_factory.mktemp(request.param)
    shutil.copytree(sample[0], folder, dirs_exist_ok=True)
    report = sample[1].model_copy(update={"notes": NOTES})
    if request.param == "typst":
        return report, write_pdf(report, folder).path
    try:
        browser = find_browser(None)
    except OutputError:
        pytest.skip("this machine has no browser")
    return report, print_with_browser(report, folder, browser=browser).path


def test_notes_stand_in_the_chapter_that_they_name(printed: tuple[Report, Path]) -> None:
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(printed[1]).pages)
    text = text.replace("\u200b", "")
    starts = {title: _chapter_start(text, title) for title in TITLES}
    in_order = sorted(starts, key=lambda title: starts[title])
    for title, behind in zip(in_order, [*in_order[1:], None], strict=True):
        end = starts[behind] if behind else len(text)
        assert starts[title] < text.index(f"word{TITLES.index(title)}") < end


TITLES = [
    "Why this decision?",
    "Evaluation",
    "Confusions explained",
    "Map of images",
    "Regression",
    "Health",
    "Similarity of layers",
    "Exemplars",
    "Kernels",
    "Can the heatmaps be trusted?",
    "Robustness",
    "Concepts",
    "Dreams",
]
OPENINGS = {
    "Why this decision?": "Which channels of the Grad-CAM",
    "Evaluation": "How often the prediction",
    "Confusions explained": "For each pair of classes",
    "Map of images": "The map places images",
    "Regression": "How far the predicted values",
    "Health": "How much of the network",
    "Similarity of layers": "Linear CKA compares",
    "Exemplars": "For each channel, the images",
    "Kernels": "The learned weights",
    "Can the heatmaps be trusted?": "How far the heatmaps",
    "Robustness": "How predictions and heatmaps change",
    "Concepts": "A single channel is rarely",
    "Dreams": "Each photo, changed",
}


def _chapter_start(text: str, title: str) -> int:
    """Where a chapter begins: its title, perhaps a summary, and its introduction."""
    opening = r"\s+".join(OPENINGS[title].split())
    found = re.search(rf"^{re.escape(title)}\s[^\n]{{0,120}}\s*{opening}", text, re.MULTILINE)
    assert found, title
    return found.start()


def test_pictures_are_in_it_once(printed: tuple[Report, Path]) -> None:
    """A dream's photo and a mistake's overlay stand elsewhere, too, and cost nothing again."""
    _, path = printed
    with pikepdf.open(path) as pdf:
        jpegs = Counter(
            stream.read_raw_bytes()
            for stream in pdf.objects
            if isinstance(stream, pikepdf.Stream) and stream.get("/Filter") == "/DCTDecode"
        )
    assert jpegs
    assert set(jpegs.values()) == {1}


def test_other_kinds_of_map_are_shown_for_one_class(sample: tuple[Path, Report]) -> None:
    folder, report = sample
    only = replace(report.images[0], activations=[])
    changes = {"images": [only], "sections": ["gradcam"], "galleries": [], "filters": []}
    path = write_pdf(report.model_copy(update=changes), folder).path
    with pikepdf.open(path) as pdf:
        alts = [
            str(one.Alt)
            for one in pdf.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/S") == "/Figure"
        ]
    label = only.gradcam[0].label
    assert f"LayerCAM of {label} on cat.jpg" in alts
    assert f"Eigen-CAM of {label} on cat.jpg" in alts
    assert f"Map of {label} on cat.jpg, not smoothed" in alts
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    assert "Each cell lies at the centre of its receptive field" in " ".join(text.split())
    assert "1 more map is only in the site." in " ".join(text.replace("\u200b", "").split())


@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="poppler is not installed")
def test_poppler_finds_nothing_to_remark(sample: tuple[Path, Report]) -> None:
    path = write_pdf(sample[1], sample[0]).path
    done = subprocess.run(["pdfinfo", str(path)], capture_output=True, check=True, text=True)  # noqa: S607
    assert done.stderr == ""
    assert "Tagged:          yes" in done.stdout


def test_no_tag_is_suspect_without_a_word(sample: tuple[Path, Report]) -> None:
    """Poppler takes the word for an error, and it is the default (ISO 32000-1, table 321)."""
    with pikepdf.open(write_pdf(sample[1], sample[0]).path) as pdf:
        assert dict(pdf.Root.MarkInfo) == {"/Marked": True}


def test_the_first_image_follows_the_title_of_its_chapter(
    sample: tuple[Path, Report], tmp_path: Path
) -> None:
    """Also where it has so many heatmaps that photo and maps fill a page by themselves."""
    shutil.copytree(sample[0], tmp_path, dirs_exist_ok=True)
    first = sample[1].images[0]
    (cam,) = [one for one in first.gradcam if one.method == "gradcam"][:1]
    tall = Image.new("RGB", (300, 300), (90, 120, 60))
    for name in (cam.picture, cam.heatmap, first.photo):
        assert name is not None
        tall.save(tmp_path / name)
    cams = [replace(cam, index=at, width=300, height=300) for at in range(6)]
    first = replace(first, gradcam=cams, photo_width=300, photo_height=300)
    images = [first, *sample[1].images[1:]]
    report = sample[1].model_copy(update={"images": images})
    pages = pypdf.PdfReader(write_pdf(report, tmp_path).path).pages
    texts = [page.extract_text().replace("\u200b", "") for page in pages]
    (chapter,) = [text for text in texts if re.search(r"^Images$", text, re.MULTILINE)]
    assert first.name in chapter


def test_every_figure_has_a_caption(sample: tuple[Path, Report]) -> None:
    found = made(*sample)
    blocks = [block for chapter in found.values() for block in chapter]
    assert all(plate.text for plate in of_kind(blocks, Plate))
    assert all(card.title for cards in of_kind(blocks, Cards) for card in cards.cards)
