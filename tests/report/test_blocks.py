"""Blocks: what goes on over further pages, where links and pictures lead, what paper leaves out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reportgen.records.report import Report
from reportgen.report.blocks import (
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Details,
    Figure,
    Figures,
    Limits,
    Part,
    Parts,
    Strong,
    Table,
    plain,
    row,
    text,
)
from reportgen.report.contexts import Link, Picture
from reportgen.report.outline import Outline
from reportgen.report.pdf import contexts as paper
from reportgen.report.pdf.blocks import PaperBlocks
from reportgen.report.pdf.pictures import PdfPictures
from reportgen.report.sections.concepts import concepts
from reportgen.report.sections.confusion import confusion
from reportgen.report.sections.health import LAYERS_A_PAGE, health, health_place
from reportgen.report.sections.robustness import robustness
from reportgen.report.site.sections import cut, on_page
from tests.report.sample import write_sample


def table(rows: int, limits: Limits | None = None) -> Table:
    columns = (Column("A", "name"), Column("B", "number"))
    return Table("rows", columns, tuple(row(f"r{at}", str(at)) for at in range(rows)), limits)


def test_what_is_too_long_goes_on_with_the_words_of_its_part() -> None:
    long = Part(("Rows",), "x--rows", (text("about rows"), table(5, Limits("row", page=2))))
    short = Part(("Once",), "x--once", (text("once"),))
    first, second, third = cut((text("lead"), long, short))
    assert [block.kind for block in first] == ["text", "part", "part"]
    for sheet, names in ((second, ["r2", "r3"]), (third, ["r4"])):
        (part,) = sheet
        assert isinstance(part, Part)
        words, rows = part.blocks
        assert words == text("about rows")
        assert isinstance(rows, Table)
        assert [plain(one.cells[0].words) for one in rows.rows] == names


def test_without_limits_everything_stands_on_one_page() -> None:
    blocks: tuple[Block, ...] = (text("lead"), table(500))
    assert cut(blocks) == [blocks]


def test_links_and_pictures_are_seen_from_the_page(tmp_path: Path) -> None:
    (tmp_path / "chart.svg").write_text('<svg width="400" height="100"></svg>')
    blocks = (
        text("see ", Link("a layer", "layers/a%20b.html#x"), Link("the web", "https://a.b/c")),
        Part(("Charts",), "c", (Figure(Picture("chart.svg", "c", 0, 0), chart=True),)),
        Details(("More",), (table(1),)),
        Figures((Figure(Picture("p ic.png", "p", 3000, 1500)),), 2),
        Figure(Picture("q.png", "q", 0, 0), share=0.5),
    )
    Image.new("RGB", (1500, 3000)).save(tmp_path / "q.png")
    words, part, details, figures, measured = on_page(blocks, "exemplars/x.html", tmp_path)
    assert [one.href for one in words.words[1:]] == ["../layers/a%20b.html#x", "https://a.b/c"]
    shown = part.blocks[0].picture
    assert (shown.src, shown.width, shown.height) == ("../chart.svg", 960, 240)
    assert details == blocks[2]
    shown = figures.figures[0].picture
    assert (shown.src, shown.width) == ("../p%20ic.png", 480)
    assert (measured.picture.width, measured.picture.height) == (240, 480)


@pytest.mark.parametrize(("width", "wanted"), [(100, 300), (500, 500), (2000, 2000)])
def test_pixels_are_enlarged_by_whole_numbers(tmp_path: Path, width: int, wanted: int) -> None:
    picture = Picture("k.png", "k", width, 10, pixelated=True)
    (figure,) = on_page((Figure(picture, enlarged=3),), "kernels.html", tmp_path)
    assert isinstance(figure, Figure)
    assert figure.picture
    assert figure.picture.width == wanted


@pytest.fixture
def pages(tmp_path: Path) -> Any:
    Image.new("RGB", (300, 150)).save(tmp_path / "p.png")
    (tmp_path / "scratch").mkdir()
    with PdfPictures(tmp_path, tmp_path / "scratch") as pictures:
        yield PaperBlocks(pictures, 174.0)
        pictures.finish()


def test_paper_leaves_out_the_rest_and_says_so_once(pages: PaperBlocks) -> None:
    figure = Figure(Picture("p.png", "p", 300, 150), ("caption",))
    cards = tuple(Card((f"card {at}",), (figure, figure), ("words",)) for at in range(9))
    parts = tuple(Part((f"part {at}",), f"p{at}", (text("x"),)) for at in range(3))
    blocks = (
        table(5, Limits("row", paper=2)),
        Cards(cards, 2, Limits("card", paper=3, evenly=True)),
        Parts(parts, Limits("part", paper=1)),
        Part(("Site",), "s", (text("only there"),), on_paper=False),
    )
    rows, rows_left, shown, cards_left, title, words, parts_left = pages.rendered(blocks)
    assert isinstance(rows, paper.Table)
    assert rows.rows == (("r0", "0"), ("r1", "1"))
    assert rows_left == paper.Words("3 more rows are only in the site.", quiet=True)
    assert isinstance(shown, paper.Cards)
    assert [card.title for card in shown.cards] == ["card 0", "card 4", "card 8"]
    assert (shown.width * 2 + 4) * 2 + 5 <= 174.1
    assert cards_left == paper.Words("6 more cards are only in the site.", quiet=True)
    assert (title, words) == (paper.Title("part 0"), paper.Words("x"))
    assert parts_left == paper.Words("2 more parts are only in the site.", quiet=True)


def test_paper_has_the_words_of_links_and_marks_what_is_strong(pages: PaperBlocks) -> None:
    columns = (Column("Layer", "name", short="L"), Column("Word"))
    rows = (row(Link("conv", "layers/conv.html"), Cell((Strong("yes"),), strong=True)),)
    words, made = pages.rendered((text("in ", Link("conv", "x.html")), Table("t", columns, rows)))
    assert words == paper.Words("in conv")
    assert made == paper.Table(("L", "Word"), "ct", (("conv", "yes"),), ((0, 1),))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return write_sample(tmp_path_factory.mktemp("blocks"))


def test_cells_of_the_matrix_lead_to_their_images(report: Report) -> None:
    found = report.evaluation
    assert found is not None
    wrong = {one.image: one.true for one in found.mistakes}
    images = [
        replace(image, true_class=wrong.get(image.name, image.predictions[0].index))
        if image.predictions
        else image
        for image in report.images
    ]
    outline = Outline(report.model_copy(update={"images": images}))
    *_, matrix, details = confusion(outline, found)
    assert isinstance(matrix, Table)
    assert isinstance(details, Details)
    (listed,) = details.blocks
    assert isinstance(listed, Table)
    names = {
        one.anchor: [word.text for word in one.cells[2].words if isinstance(word, Link)]
        for one in listed.rows
    }
    order = [one.index for one in found.classes]
    for true, cells in zip(order, matrix.rows, strict=True):
        for predicted, cell in zip(order, cells.cells[1:], strict=True):
            (word,) = cell.words
            amount = int(plain((word,)))
            assert (cell.shade is None) == (amount == 0)
            assert cell.strong == (true == predicted)
            assert isinstance(word, Link) == (amount > 0)
            if isinstance(word, Link):
                anchor = f"confused--{true}-{predicted}"
                assert word.href == f"evaluation.html#{anchor}"
                assert len(names[anchor]) == amount
    assert {name for listed in names.values() for name in listed} == {
        image.name for image in images if image.true_class is not None
    }


def test_silent_filters_are_listed_where_they_begin(report: Report) -> None:
    assert report.health is not None
    outline = Outline(report)
    (page,) = health(outline)
    (rows,) = (
        one for one in page.blocks if isinstance(one, Part) and one.anchor == "health--layers"
    )
    (made,) = rows.blocks
    assert isinstance(made, Table)
    silent = {plain(one.cells[0].words): plain(one.cells[4].words) for one in made.rows}
    assert silent["block1_pool"].endswith("the same filters as in block1_conv1")


def test_a_layer_is_found_on_its_page_of_health(report: Report) -> None:
    assert report.health is not None
    one = report.health.layers[0]
    many = [one.model_copy(update={"layer": layer.path}) for layer in report.model.layers]
    while len(many) <= LAYERS_A_PAGE:
        many = [one.model_copy(update={"layer": "elsewhere"}), *many]
    found = report.health.model_copy(update={"layers": many})
    outline = Outline(report.model_copy(update={"health": found}))
    last = report.model.layers[-1].path
    assert health_place(outline, last).startswith("health--2.html#")
    assert health_place(outline, "no such layer") == ""


@pytest.mark.parametrize("accuracy", [0.75, None])
def test_robustness_has_a_column_of_accuracy_where_classes_are_known(
    report: Report, accuracy: float | None
) -> None:
    assert report.robustness is not None
    found = report.robustness.model_copy(update={"accuracy": accuracy})
    (page,) = robustness(Outline(report.model_copy(update={"robustness": found})))
    curves, numbers = (block for block in page.blocks[2:4] if isinstance(block, Part))
    (made,) = (block for block in numbers.blocks if isinstance(block, Table))
    heads = [column.head for column in made.columns]
    assert ("Accuracy" in heads) == (accuracy is not None)
    assert {len(line.cells) for line in made.rows} == {len(heads)}
    measured = plain(curves.blocks[0].words)  # type: ignore[union-attr]
    assert measured.startswith("Accuracy, and share" if accuracy else "Share of images that keep")


def test_a_share_of_nearly_nothing_has_no_sign(report: Report) -> None:
    assert report.concepts is not None
    parts = [-0.001, 1.0, *([0.0] * len(report.concepts.concepts))][: len(report.concepts.concepts)]
    classes = [report.concepts.classes[0].model_copy(update={"parts": parts})]
    found = report.concepts.model_copy(update={"classes": classes})
    (page,) = concepts(Outline(report.model_copy(update={"concepts": found})))
    tables = [
        block
        for part in page.blocks
        if isinstance(part, Part)
        for block in part.blocks
        if isinstance(block, Table) and block.label.startswith("Part of each concept")
    ]
    (line,) = tables[0].rows
    assert [plain(cell.words) for cell in line.cells[2:4]] == ["0 %", "100 %"]
