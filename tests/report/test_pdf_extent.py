"""How long the PDF is, and what it shows in full."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pypdf
import pytest
from PIL import Image as Picture

from reportgen.analysis.feature_maps.layer_similarity import LEAST_IMAGES
from reportgen.config import make_settings
from reportgen.records.image import Image
from reportgen.records.report import Report
from reportgen.report.outline import Outline
from reportgen.report.pdf.extent import (
    Extent,
    changed_settings,
    galleries_in_full,
    grids_in_full,
    images_in_full,
    layers_listed,
    smaller_extents,
    thumbnails,
)
from reportgen.report.pdf.writer import write_pdf
from tests.report.sample import write_sample
from tests.support.many_images import with_images


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("sample")
    return folder, write_sample(folder)


def names(images: Sequence[Image]) -> list[str]:
    return [one.name for one in images]


@pytest.mark.slow
@pytest.mark.parametrize(("count", "most"), [(12, 16), (120, 25)])
def test_the_pdf_is_short(sample: tuple[Path, Report], count: int, most: int) -> None:
    folder, report = sample
    usual = make_settings({}).chosen_sections
    # Layers are not compared on few images.
    left_out = {"regression", *(("similarity",) if count < LEAST_IMAGES else ())}
    kept = [one for one in report.sections if one in usual and one not in left_out]
    report = report.model_copy(update={"sections": kept, "regression": None})
    made = write_pdf(with_images(report, count, range(20)), folder)
    assert len(pypdf.PdfReader(made.path).pages) <= most


def test_notes_choose_images_then_mistakes_then_the_others(sample: tuple[Path, Report]) -> None:
    report = with_images(sample[1], 10, wrong=[4, 7])
    assert names(images_in_full(Outline(report), 3)) == [
        "image 0.jpg",
        "image 4.jpg",
        "image 7.jpg",
    ]
    assert names(images_in_full(Outline(report), 1)) == ["image 4.jpg"]
    assert images_in_full(Outline(report), 0) == []
    assert images_in_full(Outline(report), None) == report.images
    noted = report.model_copy(update={"notes": "## image 9.jpg\n\nx\n\n## image 2.jpg\n\ny\n"})
    chosen = names(images_in_full(Outline(noted), 3))
    assert chosen == ["image 2.jpg", "image 4.jpg", "image 9.jpg"]
    assert names(images_in_full(Outline(noted), 1)) == ["image 2.jpg", "image 9.jpg"]


def test_the_overview_has_a_dozen_images_misclassified_ones_among_them(
    sample: tuple[Path, Report],
) -> None:
    shown = names(thumbnails(Outline(with_images(sample[1], 120, wrong=[50, 51])), 12))
    assert len(shown) == 12
    assert {"image 50.jpg", "image 51.jpg", "image 0.jpg", "image 119.jpg"} <= set(shown)


def test_layers_that_the_user_singled_out_are_always_shown(sample: tuple[Path, Report]) -> None:
    outline = Outline(sample[1])
    image = outline.report.images[0]
    singled = {one.layer for one in image.activations if one.singles}
    assert singled
    assert {one.layer for one in grids_in_full(outline, image, 0)} == singled
    assert grids_in_full(outline, image, None) == image.activations
    few = galleries_in_full(outline, 1)
    assert len({one.layer for block in few.values() for one in block}) == 1


@pytest.mark.slow
def test_what_is_left_out_is_said(sample: tuple[Path, Report]) -> None:
    folder, report = sample
    made = write_pdf(with_images(report, 12), folder, extent=Extent(images=2))
    text = "".join(page.extract_text() for page in pypdf.PdfReader(made.path).pages)
    assert "10 more images are only in the site." in " ".join(text.split())


@pytest.mark.slow
def test_a_limit_takes_away_until_it_is_kept(sample: tuple[Path, Report]) -> None:
    folder, report = sample
    whole = write_pdf(with_images(report, 12), folder).path.stat().st_size
    made = write_pdf(with_images(report, 12), folder, most_bytes=whole - 1)
    assert made.path.stat().st_size < whole
    assert any(one.startswith("To stay under --pdf-size, report.pdf") for one in made.warnings)
    tiny = write_pdf(with_images(report, 12), folder, most_bytes=1000)
    assert any("it cannot be made smaller" in one for one in tiny.warnings)
    shown = [extent.images for extent in smaller_extents(Extent(None))]
    assert shown == [None, None, 2, 1, 1, 0]


@pytest.mark.slow
def test_photos_are_made_smaller_before_anything_is_left_out(
    sample: tuple[Path, Report], tmp_path: Path
) -> None:
    folder = tmp_path / "report"
    shutil.copytree(sample[0], folder)
    report = with_images(sample[1], 3)
    noise = np.random.default_rng(0).integers(0, 256, (900, 1200, 3), dtype=np.uint8)
    Picture.fromarray(noise).save(folder / report.images[0].photo, quality=95)
    whole = write_pdf(report, folder).path.stat().st_size
    made = write_pdf(report, folder, most_bytes=whole // 3)
    assert made.path.stat().st_size <= whole // 3
    assert made.warnings == (
        "To stay under --pdf-size, report.pdf has photos of at most 400 pixels.",
    )
    sizes = {
        max(int(picture["/Width"]), int(picture["/Height"]))
        for page in pypdf.PdfReader(made.path).pages
        for picture in page["/Resources"].get("/XObject", {}).values()
        if picture.get("/Filter") == "/DCTDecode"
    }
    assert sizes
    assert max(sizes) <= 400


def test_a_large_model_lists_the_layers_with_parameters(sample: tuple[Path, Report]) -> None:
    layer = sample[1].model.layers[0]
    many = [layer.model_copy(update={"path": str(at), "parameters": at % 2}) for at in range(200)]
    assert len(layers_listed(many)) == 60
    assert all(one.parameters for one in layers_listed(many))
    assert layers_listed(many[:60]) == many[:60]


def test_only_settings_that_differ_are_listed(sample: tuple[Path, Report]) -> None:
    usual = make_settings({}).for_report
    report = sample[1].model_copy(update={"settings": {**usual, "top": 7}})
    assert changed_settings(report) == {"top": 7}
