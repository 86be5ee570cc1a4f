"""The PDF, read back: its pages, outline, pictures, text, fonts, tags."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pikepdf
import pypdf
import pytest
from numpy.typing import NDArray
from PIL import Image

from reportgen.errors import OutputError
from reportgen.pictures.charts.svg import shorten
from reportgen.records.report import NotePicture, Report
from reportgen.report.pdf.extent import EVERYTHING
from reportgen.report.pdf.writer import write_pdf
from tests.report.sample import HOSTILE, write_sample

pytestmark = pytest.mark.slow

NOTES = """# My own words

#panic("gone") costs $5$ *and* @home, <b>not bold</b>, `#raw`, a [link](https://example.org).

#### Deeper

| a | b |
|---|---|
| 1 | #2 |

1. one
2. two *three*
"""
METHODS = "Methods and settings"
SECTION_CHAPTERS = [
    *("Evaluation", "Regression", "Confusions explained", "Map of images", "Health"),
    *("Similarity of layers", "Exemplars", "Kernels", "Can the heatmaps be trusted?"),
    *("Robustness", "Concepts", "Dreams"),
]
CHAPTERS = [
    *("Gates", "Summary", "Notes", "Evaluation", "Regression", "Images", "Filter patterns"),
    "Why this decision?",
    *SECTION_CHAPTERS[2:], "Model", METHODS,
]  # fmt: skip

Pixels = NDArray[np.uint8]


class Printed(NamedTuple):
    """A report with its PDF."""

    folder: Path
    report: Report
    pdf: pikepdf.Pdf
    reader: pypdf.PdfReader
    warnings: tuple[str, ...]

    pages: list[str]
    """The text of each page."""


def printed_in(folder: Path, report: Report, **options: Any) -> Printed:
    result = write_pdf(report, folder, **{"extent": EVERYTHING, **options})
    reader = pypdf.PdfReader(result.path)
    pages = [page.extract_text() for page in reader.pages]
    return Printed(folder, report, pikepdf.open(result.path), reader, result.warnings, pages)


def with_notes(report: Report, **changes: Any) -> Report:
    settings = {**report.settings, "organisation": "Course 7, $x$"}
    return report.model_copy(update={"notes": NOTES, "settings": settings, **changes})


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """A report with every kind of page and with names that mean harm. Tests only read it."""
    folder = tmp_path_factory.mktemp("pdf")
    return printed_in(folder, with_notes(write_sample(folder)))


@pytest.fixture(scope="module")
def needs_fonts(printed: Printed) -> None:
    """Skips where this machine has no font for the characters of the sample's names."""
    lacking = [one for one in printed.warnings if one.startswith("No font of this machine")]
    if lacking:
        pytest.skip(lacking[0])


def plain(text: str) -> str:
    """Text without what only breaks lines."""
    return re.sub(r"[\s\u200b]+", "", text)


def outline(reader: pypdf.PdfReader) -> list[tuple[int, str, int]]:
    """Level, title and page (from 1) of each bookmark."""

    def walk(items: list[Any], level: int) -> Iterator[tuple[int, str, int]]:
        for item in items:
            if isinstance(item, list):
                yield from walk(item, level + 1)
            else:
                page = reader.get_destination_page_number(item)
                assert page is not None
                yield level, str(item.title), page + 1

    return list(walk(reader.outline, 1))


@pytest.mark.usefixtures("needs_fonts")
def test_nothing_is_left_out_and_nothing_is_left_behind(printed: Printed) -> None:
    assert printed.warnings == ()
    assert not [path for path in printed.folder.iterdir() if path.name.startswith(".")]


@pytest.mark.usefixtures("needs_fonts")
def test_the_bookmarks_are_the_sections(printed: Printed) -> None:
    marks = outline(printed.reader)
    assert [title for level, title, _ in marks if level == 1] == CHAPTERS
    begin = marks.index(next(mark for mark in marks if mark[1] == "Images"))
    images = []
    for level, title, _ in marks[begin + 1 :]:
        if level == 1:
            break
        images.append(plain(title))
    assert images == [plain(shorten(image.name, 80)) for image in printed.report.images]
    blocks = dict.fromkeys(gallery.block for gallery in printed.report.galleries)
    titles = [title for level, title, _ in marks if level == 2]
    assert {plain(block) for block in blocks} <= {plain(title) for title in titles}


def test_the_contents_have_the_right_page_numbers(printed: Printed) -> None:
    text = printed.pages[1].partition("Contents")[2]
    # Where there are many parts the contents have chapters only, on one page.
    wanted = [(plain(title), page) for level, title, page in outline(printed.reader) if level < 2]
    at = 0
    squeezed = plain(text)
    for title, page in wanted:
        found = re.compile(re.escape(title) + rf"[.·]*{page}(?!\d)").search(squeezed, at)
        assert found, f"{title} on page {page}"
        at = found.end()


def test_every_page_but_the_cover_is_numbered(printed: Printed) -> None:
    total = len(printed.pages)
    assert total > 10
    assert "Page" not in printed.pages[0]
    for number, text in enumerate(printed.pages[1:], 2):
        assert plain(f"Page {number} of {total}") in plain(text)


def test_the_running_title_names_chapter_and_image(printed: Printed) -> None:
    marks = outline(printed.reader)
    image = next(page for level, title, page in marks if level == 2 and title == "cat.jpg")
    page = next(page for level, title, page in marks if level == 1 and title == "Filter patterns")
    near = {title for level, title, at in marks if level == 1 and page <= at <= page + 1}
    assert any(title in printed.pages[page].splitlines()[0] for title in near)
    assert "Images – cat.jpg" in printed.pages[image].splitlines()[0]


@pytest.mark.usefixtures("needs_fonts")
def test_text_can_be_taken_out_and_is_literal(printed: Printed) -> None:
    text = plain("".join(printed.pages))
    report = printed.report
    for name in (*HOSTILE, report.title, report.author, *report.model.labels, "Course 7, $x$"):
        assert plain(name) in text
    for layer in report.model.layers:
        assert plain(layer.path) in text
    for words in ('#panic("gone") costs $5$', "@home", "<b>not bold</b>", "#raw", "#2"):
        assert plain(words) in text


def pixels_of(path: Path) -> Pixels:
    """A picture on white paper."""
    with Image.open(path) as image:
        layered = image.convert("RGBA")
    ground = Image.new("RGBA", layered.size, "white")
    return np.asarray(Image.alpha_composite(ground, layered).convert("RGB"))


def pictures_in(pdf: pikepdf.Pdf) -> tuple[list[Pixels], list[bytes]]:
    """The pictures of a PDF as pixels, and its JPEG files."""
    flat, jpegs = [], []
    for stream in pdf.objects:
        if isinstance(stream, pikepdf.Stream) and stream.get("/Subtype") == "/Image":
            if stream.get("/Filter") == "/DCTDecode":
                jpegs.append(stream.read_raw_bytes())
            else:
                image = pikepdf.PdfImage(stream).as_pil_image().convert("RGB")
                flat.append(np.asarray(image))
    # The largest first: a single channel drawn large may look like a tile of its grid.
    return sorted(flat, key=lambda pixels: -pixels.size), jpegs


def is_made_of(grid: Pixels, tile: tuple[int, int], margin: int, parts: list[Pixels]) -> bool:
    """Whether all tiles of a grid can be covered by parts that are, pixel for pixel, in it."""
    height, width = tile
    open_tiles = {
        (top, left)
        for top in range(0, grid.shape[0], height + margin)
        for left in range(0, grid.shape[1], width + margin)
        if (grid[top : top + height, left : left + width] != 255).any()
    }
    while open_tiles:
        top, left = min(open_tiles)
        for part in parts:
            down, across, _ = part.shape
            if np.array_equal(grid[top : top + down, left : left + across], part):
                open_tiles -= {
                    (y, x)
                    for y in range(top, top + down, height + margin)
                    for x in range(left, left + across, width + margin)
                }
                break
        else:
            return False
    return True


def test_every_picture_is_there_pixel_for_pixel(printed: Printed) -> None:
    parts, jpegs = pictures_in(printed.pdf)
    folder, counted = printed.folder, 0
    for image in printed.report.images:
        for grid in image.activations:
            height, width = grid.size
            pixels = pixels_of(folder / grid.picture)
            assert is_made_of(pixels, (height, width), grid.margin, parts), grid.picture
            counted += 1
        singles = [one.picture for grid in image.activations for one in grid.singles]
        cams = [path for one in image.gradcam for path in (one.picture, one.heatmap) if path]
        for path in (image.photo, image.network_photo, *singles, *cams):
            if path.endswith(".jpg"):
                assert (folder / path).read_bytes() in jpegs, path
            else:
                wanted = pixels_of(folder / path)
                assert any(np.array_equal(wanted, part) for part in parts), path
            counted += 1
    for gallery in printed.report.galleries:
        pixels = pixels_of(folder / gallery.picture)
        assert is_made_of(pixels, (gallery.size, gallery.size), gallery.margin, parts)
        counted += 1
    assert counted > 60


def test_palettes_are_kept(printed: Printed) -> None:
    spaces = [
        stream.ColorSpace[0]
        for stream in printed.pdf.objects
        if isinstance(stream, pikepdf.Stream)
        and stream.get("/Subtype") == "/Image"
        and isinstance(stream.get("/ColorSpace"), pikepdf.Array)
    ]
    grids = sum(len(image.activations) for image in printed.report.images)
    assert spaces.count("/Indexed") >= grids // 2


def test_charts_are_drawings(printed: Printed) -> None:
    """The colour of the sample's colour bar is filled as a shape: it is in no picture."""
    content = b"".join(
        stream.read_bytes()
        for stream in printed.pdf.objects
        if isinstance(stream, pikepdf.Stream) and stream.get("/Subtype") in (None, "/Form")
        and stream.get("/Type") is None
    )  # fmt: skip
    red, green, blue = (value / 255 for value in (0x21, 0x91, 0x8C))
    fills = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|scn)\b", content)
    assert any(
        abs(float(r) - red) + abs(float(g) - green) + abs(float(b) - blue) < 0.01
        for r, g, b in fills
    )


def test_fonts_are_embedded(printed: Printed) -> None:
    descriptors = [
        thing
        for thing in printed.pdf.objects
        if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/FontDescriptor"
    ]
    assert descriptors
    for descriptor in descriptors:
        kinds = ("/FontFile", "/FontFile2", "/FontFile3")
        # Colour emoji are drawn in the PDF itself (Type 3) and have no file.
        drawn = str(descriptor.get("/FontName", "")).lower().find("emoji") >= 0
        assert drawn or any(kind in descriptor for kind in kinds)


def test_it_is_tagged_and_every_figure_has_words(printed: Printed) -> None:
    root = printed.pdf.Root
    assert root.MarkInfo.Marked is True
    assert str(root.Lang) == "en"
    assert root.ViewerPreferences.DisplayDocTitle is True
    assert b"pdfuaid:part" in root.Metadata.read_bytes()
    figures = [
        thing
        for thing in printed.pdf.objects
        if isinstance(thing, pikepdf.Dictionary) and thing.get("/S") == "/Figure"
    ]
    assert len(figures) > 60
    assert all(str(figure.get("/Alt", "")) for figure in figures)
    alts = {str(figure.Alt) for figure in figures}
    assert any(alt.startswith("block1_conv1, 24 channels, ") for alt in alts)


def test_metadata_say_whose_and_when(printed: Printed) -> None:
    about = printed.reader.metadata
    assert about is not None
    assert about.title == printed.report.title
    assert about.author == printed.report.author
    assert about.creation_date is not None
    assert about.creation_date.isoformat()[:10] == printed.report.created[:10]


def test_the_same_report_gives_the_same_bytes(printed: Printed, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(printed.folder, copy)
    (copy / "report.pdf").unlink()
    write_pdf(printed.report, copy, extent=EVERYTHING)
    assert (copy / "report.pdf").read_bytes() == (printed.folder / "report.pdf").read_bytes()


def test_it_is_hardly_larger_than_its_pictures(printed: Printed) -> None:
    """Fonts and tags take some 300 kB, which is much only beside a sample's small pictures."""
    pictures = sum(path.stat().st_size for path in printed.folder.rglob("pictures/**/*.*"))
    assert (printed.folder / "report.pdf").stat().st_size < 1.1 * pictures + 600_000


def test_notes_stand_in_their_places(small: tuple[Path, Report]) -> None:
    folder, report = small
    notes = "Front\n\n# Model\n\nM0\n\n# block1_conv1\n\nL1\n\n# cat.jpg\n\nC2\n"
    notes += "\n# input\n\nX3\n\n# Grad-CAM\n\nG4\n\n# Methods\n\nA5"
    result = printed_in(folder, report.model_copy(update={"notes": notes}))
    chapters = {title: page for level, title, page in outline(result.reader) if level == 1}
    place = {
        word: next(at for at, text in enumerate(result.pages, 1) if word in text.split())
        for word in ("Front", "M0", "L1", "C2", "X3", "G4", "A5")
    }
    assert place["Front"] == chapters["Notes"]
    assert place["M0"] == place["X3"] == chapters["Model"]
    assert place["G4"] == chapters["Images"]
    assert place["A5"] == chapters["Methods and settings"]
    assert chapters["Images"] <= place["C2"] <= place["L1"] <= chapters["Filter patterns"]


def test_the_pictures_of_notes_are_in_it(small: tuple[Path, Report]) -> None:
    folder, report = small
    (folder / "pictures" / "notes").mkdir()
    pixels = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)
    Image.fromarray(pixels).save(folder / "pictures" / "notes" / "my-plot.png")
    made = {
        "notes": "![A plot of #mine](pictures/notes/my-plot.png) ![gone](pictures/notes/x.png)",
        "note_pictures": [NotePicture(file="pictures/notes/my-plot.png", width=60, height=40)],
    }
    result = printed_in(folder, report.model_copy(update=made))
    assert any(np.array_equal(pixels, one) for one in pictures_in(result.pdf)[0])
    alts = {str(one.Alt) for one in result.pdf.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/S") == "/Figure"}  # fmt: skip
    assert "A plot of #mine" in alts
    assert "gone" in result.pages[2]
    assert result.warnings == ()


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Report]:
    """A report of one image."""
    return tmp_path, write_sample(tmp_path, names=("cat.jpg",))


def test_letter_paper(small: tuple[Path, Report]) -> None:
    folder, report = small
    box = printed_in(folder, report, paper="letter").reader.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (612, 792)


def test_damaged_pictures_leave_a_reason_in_their_place(small: tuple[Path, Report]) -> None:
    folder, report = small
    image = report.images[0]
    grid = folder / image.activations[0].picture
    grid.write_bytes(grid.read_bytes()[:200])
    (folder / image.photo).unlink()
    (folder / str(report.sparsity_chart)).write_text("<svg", encoding="utf-8")
    result = printed_in(folder, report)
    text = plain("".join(result.pages))
    assert plain(f"The grid of {image.activations[0].layer} cannot be shown: the file is") in text
    assert plain("Photo cat.jpg cannot be shown: the file is missing.") in text
    assert plain("cannot be shown: the drawing is damaged.") in text
    assert len(result.warnings) == 3
    assert all("is left out of the PDF" in warning for warning in result.warnings)


def test_a_picture_outside_the_folder_is_not_read(small: tuple[Path, Report]) -> None:
    folder, report = small
    (folder.parent / "secret.png").write_bytes((folder / report.images[0].photo).read_bytes())
    images = [replace(report.images[0], photo="../secret.png")]
    result = printed_in(folder, report.model_copy(update={"images": images}))
    assert result.warnings == (
        "The picture ../secret.png is left out of the PDF: the report names no file for it.",
    )


def test_a_grid_that_is_smaller_than_stated(small: tuple[Path, Report]) -> None:
    folder, report = small
    grid = report.images[0].activations[0]
    Image.new("P", (5, 5)).save(folder / grid.picture)
    assert "it is smaller than the report states" in printed_in(folder, report).warnings[0]


def test_a_folder_that_is_not_there(tmp_path: Path, small: tuple[Path, Report]) -> None:
    with pytest.raises(OutputError, match=r"report\.pdf cannot be written: No such file"):
        write_pdf(small[1], tmp_path / "gone")


def test_a_report_without_images_and_notes(small: tuple[Path, Report]) -> None:
    folder, report = small
    changes = {"images": [], "galleries": [], "filters": [], "sections": [], "notes": ""}
    result = printed_in(folder, report.model_copy(update={**changes, "sparsity_chart": None}))
    titles = [title for level, title, _ in outline(result.reader) if level == 1]
    assert titles == ["Gates", "Summary", "Model", "Methods and settings"]
