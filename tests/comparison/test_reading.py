"""Reports are read from folders and zips, and nothing else of theirs is."""

import json
import zipfile

import pytest
from pydantic import ValidationError

import reportgen
from reportgen.comparison.reading import Sources, is_report
from reportgen.errors import BundleError
from reportgen.records.comparison import Comparison
from tests.comparison.reports import sample


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("made") / "report"
    sample(place, names=("cat.jpg",))
    return place


def zipped(folder, target, prefix=""):
    with zipfile.ZipFile(target, "w") as bundle:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                bundle.write(path, f"{prefix}{path.relative_to(folder).as_posix()}")
    return target


def test_a_folder_and_a_zip_give_the_same(folder, tmp_path):
    target = zipped(folder, tmp_path / "report.zip", "my report/")
    with Sources() as sources:
        one, other = sources.open(folder, "one"), sources.open(target, "other")
        assert one.report == other.report
        photo = one.report.images[0].photo
        assert one.files.read(photo, 10**7) == other.files.read(photo, 10**7)
        assert one.picture(photo).pixels == other.picture(photo).pixels
        assert one.files.read(photo, 10) is other.files.read(photo, 10) is None
    assert is_report(folder)
    assert is_report(target)


def test_a_model_file_is_no_report(tmp_path):
    model = tmp_path / "model.keras"
    with zipfile.ZipFile(model, "w") as written:
        written.writestr("config.json", "{}")
    assert not is_report(model)
    assert not is_report(tmp_path)
    assert not is_report(tmp_path / "missing")
    with Sources() as sources, pytest.raises(BundleError, match=r"has no report\.json"):
        sources.open(model, "model")


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "a/../../secret.txt", "link.png"])
def test_no_path_leads_out_of_a_report(tmp_path, path):
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "report"
    sample(folder, names=("cat.jpg",), sections=())
    (folder / "link.png").symlink_to(tmp_path / "secret.txt")
    with Sources() as sources:
        assert sources.open(folder, "x").files.read(path, 100) is None


def test_an_older_report_is_read_and_a_broken_one_says_why(folder, tmp_path):
    data = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    for key in ("weights", "not_finite", "last_spatial_reason"):
        data["model"].pop(key, None)
    data["schema_version"] = "1.0"
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "report.json").write_text(json.dumps(data), encoding="utf-8")
    with Sources() as sources:
        assert sources.open(tmp_path / "old", "old").report.model.weights == []
        data["surprise"] = 1
        (tmp_path / "old" / "report.json").write_text(json.dumps(data), encoding="utf-8")
        with pytest.raises(BundleError, match=r"schema version .*surprise"):
            sources.open(tmp_path / "old", "old")
        with pytest.raises(BundleError, match="There is no report nothing"):
            sources.open(tmp_path / "nothing", "x")


@pytest.mark.parametrize("version", ["9.9", "2.0", "10.1", "", "1", "1.1\n"])
def test_a_report_of_another_major_version_is_refused(folder, tmp_path, version):
    data = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    data |= {"schema_version": version, "surprise": 1}
    (tmp_path / "report.json").write_text(json.dumps(data), encoding="utf-8")
    refused = r"has the schema version “[^”]*”, which .* \(it reads 1\.x\); update reportgen, or"
    with Sources() as sources, pytest.raises(BundleError, match=refused):
        sources.open(tmp_path, "x")
    with pytest.raises(BundleError, match=refused):
        _ = reportgen.Report.open(tmp_path).data


def test_a_report_of_a_later_minor_version_is_read_where_its_fields_are_known(folder, tmp_path):
    data = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    (tmp_path / "report.json").write_text(json.dumps(data | {"schema_version": "1.27"}), "utf-8")
    with Sources() as sources:
        assert sources.open(tmp_path, "x").report.schema_version == "1.27"


def test_a_comparison_of_another_major_version_is_refused():
    with pytest.raises(ValidationError, match="schema_version"):
        Comparison.model_validate({"schema_version": "9.9"})


def test_a_zip_that_would_write_outside_is_refused(tmp_path):
    target = tmp_path / "evil.zip"
    with zipfile.ZipFile(target, "w") as written:
        written.writestr("report.json", "{}")
        written.writestr("../evil", "x")
    with Sources() as sources, pytest.raises(BundleError, match="would leave the folder"):
        sources.open(target, "evil")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: data["images"][0]["predictions"][0].update(index=99), "a class that is not"),
        (lambda data: data["images"][0].update(true_class=-1), "a class that is not there"),
        (lambda data: data["images"][0]["activations"][0].update(columns=0), "has no size"),
        (lambda data: data["images"][0]["activations"][0].update(means=[]), "are missing"),
        (lambda data: data["galleries"][0].update(shown=0), "the gallery of"),
    ],
)
def test_records_that_contradict_each_other_are_refused(folder, tmp_path, change, sentence):
    data = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    change(data)
    (tmp_path / "report.json").write_text(json.dumps(data), encoding="utf-8")
    with Sources() as sources, pytest.raises(BundleError, match=sentence):
        sources.open(tmp_path, "x")
