"""The pages of a comparison: whole, the same bytes each time, whatever the names are."""

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.bundle.verify import verify
from reportgen.comparison.documents.writer import Writing, write_comparison
from reportgen.comparison.reading import Sources
from reportgen.comparison.table import TABLE
from reportgen.records.comparison import Comparison
from tests.comparison.reports import opened, sample, write_pair
from tests.report.links import check_site
from tests.report.sample import PAYLOADS


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return write_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def comparison(pair, tmp_path_factory):
    target = tmp_path_factory.mktemp("made") / "comparison"
    gates = {"fail_if": ("flips > 1%",), "require": ("accuracy >= 0.001",)}
    write_comparison(opened(pair), target, Writing(**gates))
    return target


def text(folder: Path, page: str) -> str:
    return (folder / page).read_text(encoding="utf-8")


def record(folder: Path) -> Comparison:
    return Comparison.model_validate_json(text(folder, "compare.json"))


def test_every_section_has_its_page_and_every_link_leads_somewhere(comparison):
    assert check_site(comparison) == []
    menu = text(comparison, "index.html").partition("<nav")[2].partition("</nav>")[0]
    for section in TABLE:
        if section.key != "course":
            assert f'href="{section.page}"' in menu
            assert section.introduction.split("’")[0][:40] in text(comparison, section.page)
    assert "course.html" not in menu
    assert verify(comparison).is_whole


def test_flips_show_photo_heatmaps_and_their_difference(comparison, pair):
    found = record(comparison)
    shown = [flip for flip in found.flips if flip.difference]
    assert shown
    page = text(comparison, "flips.html")
    for path in (shown[0].photo, shown[0].a.heatmap, shown[0].b.heatmap, shown[0].difference):
        assert (comparison / path).is_file()
        assert f'src="{path}"' in page
    without = [flip for flip in found.flips if not flip.difference]
    assert all(flip.no_difference for flip in without if flip.photo)
    assert (comparison / shown[0].photo).read_bytes() in {
        path.read_bytes() for path in pair[1].rglob("photo.*")
    }


def test_red_is_where_the_second_heatmap_is_stronger(comparison):
    flip = next(one for one in record(comparison).flips if one.difference)
    with Image.open(comparison / flip.difference) as made:
        pixels = np.asarray(made.convert("RGB")).astype(int)
    left, right = pixels[:, :60].mean(axis=(0, 1)), pixels[:, -60:].mean(axis=(0, 1))
    assert left[2] > left[0] + 30  # blue: the first model
    assert right[0] > right[2] + 30  # red: the second
    middle = pixels[:, 100:140]
    assert abs(middle[..., 0] - middle[..., 2]).max() < 20  # gray: both alike


def test_there_is_no_difference_of_heatmaps_of_other_methods(pair, tmp_path):
    after = tmp_path / "after"
    shutil.copytree(pair[1], after)
    data = json.loads(text(after, "report.json"))
    for image in data["images"]:
        image["gradcam"][0]["method"] = "eigencam"
    (after / "report.json").write_text(json.dumps(data), encoding="utf-8")
    write_comparison(opened([pair[0], after]), tmp_path / "made", Writing())
    reasons = {flip.no_difference for flip in record(tmp_path / "made").flips}
    assert reasons == {"the heatmaps are of different methods: gradcam and eigencam"}
    assert "different methods" in text(tmp_path / "made", "flips.html")


def test_gates_stand_first_on_the_verdict(comparison):
    page = text(comparison, "index.html")
    assert page.index("verdict--gates") < page.index("verdict--numbers")
    assert "1 of 2 gates failed" in page
    assert record(comparison).gates.failed[0].metric == "flips"


@pytest.mark.slow
def test_the_same_reports_give_the_same_bytes_from_folders_and_zips(pair, tmp_path):
    zipped = []
    for folder in pair:
        target = tmp_path / f"{folder.name}.zip"
        with zipfile.ZipFile(target, "w") as bundle:
            for path in sorted(folder.rglob("*")):
                bundle.write(path, f"inside/{path.relative_to(folder).as_posix()}")
        zipped.append(target)
    formats = Writing(formats=("site", "single", "pdf"))
    for number, places in enumerate((pair, pair, zipped)):
        with Sources() as sources:
            read = [sources.open(place, place.stem) for place in places]
            write_comparison(read, tmp_path / str(number), formats)
    first, *others = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
        for folder in (tmp_path / "0", tmp_path / "1", tmp_path / "2")
    )
    assert all(first == other for other in others)
    assert Path("report.pdf") in first


def test_a_report_and_itself_have_no_difference_on_any_page(pair, tmp_path):
    write_comparison(opened([pair[0], pair[0]]), tmp_path / "made", Writing())
    assert "No prediction changed." in text(tmp_path / "made", "index.html")
    assert "Both models predict the same class" in text(tmp_path / "made", "flips.html")
    assert "Both confusion matrices are the same" in text(tmp_path / "made", "classes.html")
    assert "has one in the other" in text(tmp_path / "made", "filters.html")
    assert not list((tmp_path / "made" / "pictures").glob("flips/*"))


def test_changed_patterns_have_their_pictures(comparison):
    changed = record(comparison).filters.changed
    assert {one.kind for one in changed} >= {"stopped"}
    assert all((comparison / path).is_file() for one in changed for path in one.pictures if path)
    assert changed[0].pictures[0] in text(comparison, "filters.html")


def test_three_reports_add_the_course(pair, tmp_path):
    write_comparison(opened([*pair, pair[0]]), tmp_path / "made", Writing())
    found = record(tmp_path / "made")
    assert len(found.sides) == 3
    page = text(tmp_path / "made", "course.html")
    strip = found.course.strips[0]
    assert strip.picture in page
    with Image.open(tmp_path / "made" / strip.picture) as drawn:
        assert drawn.size == (strip.width, strip.height) == (3 * 96 + 2 * 6, 2 * 96 + 6)
        pixels = np.asarray(drawn.convert("RGB"))
    # The first and the last report are the same; the one between has another pattern or none.
    assert np.array_equal(pixels[:, :96], pixels[:, -96:])
    assert found.course.charts["accuracy"] in page
    assert check_site(tmp_path / "made") == []


def test_the_pdf_has_every_section_as_a_chapter(pair, tmp_path):
    from pypdf import PdfReader

    write_comparison(opened(pair), tmp_path / "made", Writing(formats=("pdf",)))
    reader = PdfReader(tmp_path / "made" / "report.pdf")
    chapters = [one.title for one in reader.outline if not isinstance(one, list)]
    assert chapters == [one.title for one in TABLE if one.key != "course"]
    assert not (tmp_path / "made" / "index.html").exists()


@pytest.mark.slow
def test_a_small_single_file_leaves_pictures_out_and_says_so(pair, tmp_path, monkeypatch):
    sizes = []
    for megabyte in (1_000_000, 150_000):
        monkeypatch.setattr("reportgen.comparison.documents.single._MEGABYTE", megabyte)
        target = tmp_path / str(megabyte)
        writing = Writing(formats=("single",), single_size=1)
        assert write_comparison(opened(pair), target, writing)[1] == ()
        page = text(target, "report.html")
        assert "Changed predictions" in page
        assert 'src="pictures' not in page
        assert ("in the full comparison only" in page) == (megabyte < 1_000_000)
        sizes.append(len(page.encode()))
    assert sizes[1] <= 150_000 < sizes[0]


def test_reports_that_have_nothing_in_common_are_compared_as_far_as_it_goes(pair, tmp_path):
    strangers = tmp_path / "strangers"
    report = sample(strangers, plan=[("other", "Dense", "", 4, 3)], labels=("x", "y", "z"))
    images = [replace(image, sha256=f"{at:064}") for at, image in enumerate(report.images)]
    model = report.model.model_copy(update={"labels": ["x", "y", "z"]})
    other = report.model_copy(update={"images": images, "model": model})
    (strangers / "report.json").write_text(other.model_dump_json(), encoding="utf-8")
    formats = Writing(formats=("site", "single", "pdf"))
    write_comparison(opened([pair[0], strangers]), tmp_path / "made", formats)
    found = record(tmp_path / "made")
    assert (found.common, found.flips, found.layers, found.similarity) == (0, [], [], None)
    page = text(tmp_path / "made", "index.html")
    assert "no image in common" in page
    assert "no image of the other report has the same bytes" in page
    assert not (tmp_path / "made" / "flips.html").exists()
    (tmp_path / "made" / "report.html").unlink()
    assert check_site(tmp_path / "made") == []


def test_models_that_predict_values_are_judged_by_their_errors(pair, tmp_path):
    after = tmp_path / "after"
    shutil.copytree(pair[0], after)
    for folder, change in ((tmp_path / "before", 1.0), (after, 0.5)):
        if not folder.exists():
            shutil.copytree(pair[0], folder)
        data = json.loads(text(folder, "report.json"))
        for image in data["images"]:
            image["predictions"], image["true_class"] = [], None
        for fit in data["regression"]["fits"]:
            fit["mae"] *= change
        (folder / "report.json").write_text(json.dumps(data), encoding="utf-8")
    write_comparison(opened([tmp_path / "before", after]), tmp_path / "made", Writing())
    page = text(tmp_path / "made", "index.html")
    assert "after is more accurate than before." in page
    assert "Mean absolute error of age" in page


@pytest.mark.slow
def test_hostile_names_harm_no_page(tmp_path):
    names = PAYLOADS[:24]
    plan = [(name, "Conv2D", name, 4, 3) for name in PAYLOADS[24:]]
    pair = write_pair(tmp_path, names=names, plan=plan, labels=PAYLOADS[:3])
    sources = opened(pair)
    made = tmp_path / "made"
    write_comparison(
        sources, made, Writing(formats=("site", "single"), title=PAYLOADS[4], author=PAYLOADS[0])
    )
    assert check_site(made / "pictures") == []
    problems = [one for one in check_site(made) if not one.startswith("report.html")]
    assert problems == []
    for path in made.rglob("*"):
        assert path.resolve().is_relative_to(made.resolve())


def test_pictures_that_lead_elsewhere_are_not_copied(tmp_path):
    before, after = write_pair(tmp_path)
    secret = tmp_path / "secret.png"
    Image.new("RGB", (8, 8)).save(secret)
    data = json.loads(text(after, "report.json"))
    for image in data["images"]:
        image["photo"] = "../secret.png"
    (after / "report.json").write_text(json.dumps(data), encoding="utf-8")
    write_comparison(opened([before, after]), tmp_path / "made", Writing())
    copies = [path.read_bytes() for path in (tmp_path / "made").rglob("*.png")]
    assert secret.read_bytes() not in copies
    # The photo of the first report stands in.
    assert any(flip.photo for flip in record(tmp_path / "made").flips)
