"""Bundles: what is in them, what is left out, and whether it is what it was."""

import base64
import io
import json
import os
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reportgen.bundle.export import export
from reportgen.bundle.parts import part_of
from reportgen.bundle.verify import verify
from reportgen.cli.main import cli
from reportgen.errors import BundleError
from reportgen.report.publishing.manifest import write_manifest

pytestmark = pytest.mark.slow


def noise(height: int, width: int, mode: str = "RGB") -> bytes:
    """A PNG that hardly packs."""
    pixels = np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report with all parts: site 170 kB (gallery 150), PDF 60, notebook 80, model 200 kB."""
    folder = tmp_path / "report"
    png = base64.b64encode(noise(100, 200)).decode()
    output = {"output_type": "display_data", "metadata": {}, "data": {"image/png": png}}
    notebook = {"cells": [{"cell_type": "code", "id": "a", "outputs": [output]}], "nbformat": 4}
    random = np.random.default_rng(0)
    facts = {"created": "2024-02-29T12:30:10Z", "title": "Shapes <1>", "author": "Ada\nL."}
    files = {
        "index.html": b"<p>hello</p>" * 100,
        "pictures/猫.png": noise(40, 50),
        "pictures/filters/conv.png": noise(200, 250, "RGBA"),
        "report.json": json.dumps(facts).encode(),
        "report.pdf": random.bytes(60_000),
        "report.ipynb": json.dumps(notebook).encode(),
        "photos/a.png": noise(10, 10),
        "model/net.keras": random.bytes(200_000),
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    write_manifest(folder)
    return folder


def names(bundle: Path) -> list[str]:
    with zipfile.ZipFile(bundle) as file:
        return file.namelist()


def readme(bundle: Path) -> str:
    with zipfile.ZipFile(bundle) as file:
        return file.read(f"{bundle.stem}/README.txt").decode()


def test_a_bundle_holds_everything_and_says_what_to_open(report: Path, tmp_path: Path) -> None:
    bundle = export(report, tmp_path / "hw3.zip")
    assert list(bundle.parts) == ["site", "pdf", "notebook", "model"]
    assert bundle.sentences == ()
    assert bundle.size == (tmp_path / "hw3.zip").stat().st_size
    whole = names(tmp_path / "hw3.zip")
    assert whole[:-1] == sorted(whole[:-1])
    assert {name.removeprefix("hw3/") for name in whole} == {
        *(path.relative_to(report).as_posix() for path in report.rglob("*") if path.is_file()),
        "README.txt",
    }
    text = readme(tmp_path / "hw3.zip")
    assert text.startswith("Shapes <1>\nAda L.\nMade on 2024-02-29 with reportgen.\n")
    for opened in ("index.html", "report.pdf", "report.ipynb", "model/"):
        assert f"  {opened}" in text


def test_a_bundle_is_the_same_every_time(report: Path, tmp_path: Path) -> None:
    export(report, tmp_path / "a" / "hw3.zip")
    for number, path in enumerate(sorted(report.rglob("*"))):
        os.utime(path, (number, number))
        path.chmod(0o755)
    export(report, tmp_path / "b" / "hw3.zip")
    assert (tmp_path / "a/hw3.zip").read_bytes() == (tmp_path / "b/hw3.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a/hw3.zip") as file:
        for info in file.infolist():
            assert info.date_time == (2024, 2, 29, 12, 30, 10)
            assert info.external_attr >> 16 == stat.S_IFREG | 0o644


@pytest.mark.parametrize(
    ("include", "inside", "said"),
    [
        (["pdf"], {"report.pdf"}, ""),
        (["notebook"], {"report.ipynb", "photos/a.png"}, "can be read, but not run"),
        (["notebook", "model"], {"report.ipynb", "photos/a.png", "model/net.keras"}, ""),
    ],
)
def test_only_the_parts_asked_for(
    report: Path, tmp_path: Path, include: list[str], inside: set[str], said: str
) -> None:
    bundle = export(report, tmp_path / "x.zip", include=include)
    assert {name.removeprefix("x/") for name in names(tmp_path / "x.zip")} == {
        *inside, "README.txt", "manifest.json",
    }  # fmt: skip
    assert set(bundle.parts) == set(include)
    assert said in readme(tmp_path / "x.zip")
    assert ("not run" in readme(tmp_path / "x.zip")) == bool(said)


@pytest.mark.parametrize(
    ("limit", "parts", "said"),
    [
        (520_000, ["site", "pdf", "notebook", "model"], ()),
        (470_000, ["site", "pdf", "notebook", "model"], ("The pictures in the notebook",)),
        (400_000, ["site", "pdf", "notebook", "model"], ("The pictures", "The filter galleries")),
        (325_000, ["pdf", "notebook", "model"], ("The site is left out.",)),
        (260_000, ["site", "pdf", "notebook"], ("The model is left out.", "The pictures")),
        (125_000, ["pdf", "notebook"], ("The site and the model are left out.",)),
        (62_000, ["pdf"], ("The site, the model and the notebook are left out.",)),
    ],
)
def test_what_does_not_fit_is_shrunk_first_then_left_out(
    report: Path, tmp_path: Path, limit: int, parts: list[str], said: tuple[str, ...]
) -> None:
    bundle = export(report, tmp_path / "x.zip", max_size=limit)
    assert list(bundle.parts) == parts, (bundle, bundle.size)
    assert bundle.size <= limit
    for start in said:
        assert any(sentence.startswith(start) for sentence in bundle.sentences)
        assert start in readme(tmp_path / "x.zip")
    assert bool(said) == bool(bundle.sentences)
    assert verify(tmp_path / "x.zip").is_whole


def test_shrunk_pictures_can_still_be_seen(report: Path, tmp_path: Path) -> None:
    export(report, tmp_path / "x.zip", max_size=400_000)
    with zipfile.ZipFile(tmp_path / "x.zip") as file:
        gallery = Image.open(io.BytesIO(file.read("x/pictures/filters/conv.png")))
        assert (gallery.size, gallery.mode) == ((250, 200), "P")
        cell = json.loads(file.read("x/report.ipynb"))["cells"][0]
        (data,) = [output["data"] for output in cell["outputs"]]
        assert list(data) == ["image/jpeg"]
        assert Image.open(io.BytesIO(base64.b64decode(data["image/jpeg"]))).size == (200, 100)


def test_nothing_that_fits_is_one_sentence(report: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"does not fit into 10\.0 kB: it takes 18\.\d kB at le"):
        export(report, tmp_path / "x.zip", max_size=10_000)
    assert list(tmp_path.iterdir()) == [report]


def test_what_the_owner_changed_is_packed_and_named(report: Path, tmp_path: Path) -> None:
    (report / "report.ipynb").write_text("{}")
    bundle = export(report, tmp_path / "x.zip")
    assert bundle.sentences[0].startswith("report.ipynb was changed after the report was built")
    assert verify(tmp_path / "x.zip").is_whole


def test_foreign_files_are_not_packed(report: Path, tmp_path: Path) -> None:
    (report / "diary.txt").write_text("secret")
    export(report, tmp_path / "x.zip")
    assert "x/diary.txt" not in names(tmp_path / "x.zip")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda report: (report / "manifest.json").unlink(), "report is not a report"),
        (lambda report: (report / "report.pdf").unlink(), "The report lacks its file report.pdf"),
    ],
)
def test_what_is_no_whole_report_is_refused(
    report: Path, tmp_path: Path, spoil: object, sentence: str
) -> None:
    spoil(report)
    with pytest.raises(BundleError, match=sentence):
        export(report, tmp_path / "x.zip")


def test_a_part_that_was_never_built_is_named(report: Path, tmp_path: Path) -> None:
    (report / "report.pdf").unlink()
    write_manifest(report)
    with pytest.raises(BundleError, match="The report has no pdf; build it with --format pdf"):
        export(report, tmp_path / "x.zip", include=["pdf"])


def test_pictures_without_their_pages_stay_behind(report: Path, tmp_path: Path) -> None:
    (report / "index.html").unlink()
    write_manifest(report)
    assert list(export(report, tmp_path / "x.zip").parts) == ["pdf", "notebook", "model"]
    assert "index.html" not in readme(tmp_path / "x.zip")


def test_a_report_whose_json_is_damaged_can_still_be_packed(report: Path, tmp_path: Path) -> None:
    (report / "report.json").write_text('{"created": 3}')
    export(report, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as file:
        assert file.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


def test_parts_by_file() -> None:
    found = {name: part_of(name) for name in ("report.ipynb", "my_code.py", "inputs/age.npy",
             "photos", "model.html", "images/report.pdf", "report.pdf", "model/a")}  # fmt: skip
    assert list(found.values()) == [
        *("notebook", "notebook", "notebook", "site", "site", "site", "pdf", "model"),
    ]


def test_verify_names_what_is_missing_changed_and_added(report: Path) -> None:
    assert verify(report).is_whole
    (report / "index.html").write_text("other")
    (report / "report.pdf").unlink()
    (report / "new.txt").write_text("x")
    (report / "photos" / "a.png").unlink()
    (report / "photos" / "a.png").symlink_to("/etc/passwd")
    verdict = verify(report)
    assert verdict.missing == ("report.pdf",)
    assert verdict.changed == ("index.html", "photos/a.png")
    assert verdict.added == ("new.txt",)
    assert verdict.intact == 5


def rewritten(source: Path, target: Path, change: object) -> Path:
    """The zip again, each entry passed through `change`, which gives (name, content) pairs."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            for name, content in change(info.filename, old.read(info)):
                new.writestr(name, content)
    return target


@pytest.mark.parametrize("created", ["2109-06-06T00:00:00Z", "1969-12-31T23:59:55Z"])
def test_dates_that_a_zip_cannot_hold(report: Path, tmp_path: Path, created: str) -> None:
    facts = {"created": created, "title": "", "author": ""}
    (report / "report.json").write_text(json.dumps(facts))
    write_manifest(report)
    assert verify(export(report, tmp_path / "hw.zip").path).is_whole


def test_verify_finds_empty_folders(report: Path, tmp_path: Path) -> None:
    (report / "pictures" / "none" / "inner").mkdir(parents=True)
    assert verify(report).added == ("pictures/none/inner/",)
    bundle = export(report, tmp_path / "hw.zip").path
    with zipfile.ZipFile(bundle, "a") as file:
        file.writestr(zipfile.ZipInfo("hw/pictures/"), "")
        file.writestr(zipfile.ZipInfo("hw/none/"), "")
    assert verify(bundle).added == ("none/",)


@pytest.mark.parametrize("where", ["before", "after", "between", "comment", "comment on"])
def test_verify_finds_what_lies_around_the_files_of_a_zip(
    report: Path, tmp_path: Path, where: str
) -> None:
    bundle = export(report, tmp_path / "hw.zip").path
    assert verify(bundle).added == ()
    whole = bundle.read_bytes()
    if where == "comment":
        with zipfile.ZipFile(bundle, "a") as file:
            file.comment = b"buy my course"
    elif where == "comment on":
        with zipfile.ZipFile(bundle, "a") as file:
            file.infolist()[0].comment = b"hello"
            file.writestr("hw/more", b"")
    elif where == "between":
        with zipfile.ZipFile(bundle) as file:
            at = file.start_dir
        end = whole.rindex(b"PK\5\6")
        moved = struct.pack("<I", at + 100)
        bundle.write_bytes(
            whole[:at] + bytes(100) + whole[at : end + 16] + moved + whole[end + 20 :]
        )
    else:
        bundle.write_bytes(b"#!/bin/sh\n" + whole if where == "before" else whole + b"secret")
    (one,) = [name for name in verify(bundle).added if name != "more"]
    assert ("100 bytes" if where == "between" else where) in one


def test_an_older_bundle_is_not_replaced_without_force(report: Path, tmp_path: Path) -> None:
    target = tmp_path / "thesis.zip"
    target.write_text("my thesis")
    with pytest.raises(BundleError, match=r"a thesis\.zip already.*--force"):
        export(report, target)
    done = CliRunner().invoke(cli, ["export", str(report), "-o", str(target)])
    assert done.exit_code == 1
    assert target.read_text() == "my thesis"
    done = CliRunner().invoke(cli, ["export", str(report), "-o", str(target), "--force"])
    assert done.exit_code == 0
    assert verify(target).is_whole


def test_no_link_is_followed_that_the_list_names(report: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("root")
    (report / "x").mkdir()
    (report / "x" / "passwd").write_text("root")
    write_manifest(report)
    (report / "x" / "passwd").unlink()
    (report / "x").rmdir()
    (report / "x").symlink_to(tmp_path / "etc")
    with pytest.raises(BundleError, match="x is a link"):
        export(report, tmp_path / "out.zip")
    verdict = verify(report)
    assert verdict.missing == ("x/passwd",)
    assert verdict.added == ("x",)


def test_verify_looks_into_a_zip(report: Path, tmp_path: Path) -> None:
    export(report, tmp_path / "x.zip")
    assert verify(tmp_path / "x.zip").is_whole

    def change(name: str, content: bytes) -> list[tuple[str, bytes]]:
        if name == "x/report.pdf":
            return []
        if name == "x/index.html":
            return [(name, content + b" "), ("x/more.txt", b""), ("beside.txt", b"")]
        return [(name, content)]

    verdict = verify(rewritten(tmp_path / "x.zip", tmp_path / "y.zip", change))
    assert (verdict.missing, verdict.changed) == (("report.pdf",), ("index.html",))
    assert verdict.added == ("beside.txt", "more.txt")


def entry(name: str, **values: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    for key, value in values.items():
        setattr(info, key, value)
    return info


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (entry("../../etc/cron.d/x"), "would leave the folder"),
        (entry("/etc/passwd"), "would leave the folder"),
        (entry("x/../../y"), "would leave the folder"),
        (entry("x\\..\\y"), "would leave the folder"),
        (entry("C:/windows/x"), "would leave the folder"),
        (entry("x/link", external_attr=(stat.S_IFLNK | 0o777) << 16), "is a link or a device"),
    ],
    ids=lambda value: getattr(value, "filename", ""),
)
def test_zips_that_mean_harm_are_refused(
    report: Path, tmp_path: Path, hostile: zipfile.ZipInfo, reason: str
) -> None:
    export(report, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip", "a") as file:
        file.writestr(hostile, b"harm")
    with pytest.raises(BundleError, match=f"x.zip is refused: .*{reason}"):
        verify(tmp_path / "x.zip")


def test_a_bomb_is_refused_before_it_is_unpacked(report: Path, tmp_path: Path) -> None:
    export(report, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip", "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x/bomb", bytes(50_000_000))
    with pytest.raises(BundleError, match="would unpack to 50,000,000 bytes"):
        verify(tmp_path / "x.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(report: Path, tmp_path: Path) -> None:
    export(report, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip", "a") as file:
        file.writestr("x/index.html", "other")
    with pytest.raises(BundleError, match="two files of one name"):
        verify(tmp_path / "x.zip")


def test_sizes_that_lie_are_found_out(report: Path, tmp_path: Path) -> None:
    """The central directory promises a few bytes, the data holds more."""
    export(report, tmp_path / "x.zip", include=["pdf"])
    raw = bytearray((tmp_path / "x.zip").read_bytes())
    at = raw.rindex(b"x/report.pdf") - 46
    raw[at + 24 : at + 28] = struct.pack("<I", 100)
    (tmp_path / "x.zip").write_bytes(raw)
    assert "report.pdf" in verify(tmp_path / "x.zip").changed


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", b"no zip at all"])
def test_what_is_no_zip_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BundleError, match=r"x\.zip is not a zip that can be read"):
        verify(tmp_path / "x.zip")


@pytest.mark.parametrize("manifest", [None, b"{}", b"[", b'{"version":1,"files":{"../a":{}}}'])
def test_a_zip_without_a_list_is_no_bundle(tmp_path: Path, manifest: bytes | None) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("x/a", "a")
        if manifest is not None:
            file.writestr("x/manifest.json", manifest)
    with pytest.raises(BundleError, match=r"x.zip is not a bundle: it has no usable manifest.json"):
        verify(tmp_path / "x.zip")


@given(cut=st.integers(0, 700), at=st.integers(0, 700), value=st.integers(0, 255))
@settings(max_examples=150)
def test_damage_is_a_verdict_or_a_sentence(cut: int, at: int, value: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "r")
        path.mkdir()
        (path / "index.html").write_text("hello " * 9)
        write_manifest(path)
        target = Path(folder, "x.zip")
        export(path, target)
        raw = bytearray(target.read_bytes())
        raw[at % len(raw)] = value
        target.write_bytes(raw[: len(raw) - cut % len(raw)] if cut % 3 else raw)
        try:
            verify(target)
        except BundleError as error:
            assert "\n" not in str(error)


def test_the_commands(report: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    target = tmp_path / "hw3.zip"
    done = run(cli, ["export", str(report), "-o", str(target), "--max-size", "470kB"])
    assert done.exit_code == 0, done.output
    assert "The pictures in the notebook are JPEG now." in done.stderr
    assert f"{target.stat().st_size / 1e6:.2f} MB" in done.stderr
    assert done.stdout.strip().endswith("hw3.zip")
    checked = run(cli, ["verify", str(target)])
    assert (checked.exit_code, checked.stdout) == (0, "9 files are as listed.\n")
    (report / "index.html").write_text("other")
    checked = run(cli, ["verify", str(report)])
    assert checked.exit_code == 1
    assert checked.stdout.splitlines() == ["changed: index.html", "7 files are as listed."]
    refused = run(cli, ["export", str(report), "--include", "site,video"])
    assert refused.exit_code == 2
    assert "there is no part “video” (site, pdf, notebook, model)" in refused.stderr


def test_profiles_are_printed(tmp_path: Path) -> None:
    printed = CliRunner().invoke(cli, ["profile", "homework"])
    (tmp_path / "mine.toml").write_text(printed.stdout, encoding="utf-8")
    from reportgen.config import make_settings

    assert make_settings({}, tmp_path / "mine.toml").format == ("site", "pdf", "notebook")
    listed = CliRunner().invoke(cli, ["profile"]).stdout.splitlines()
    assert [line.split()[0] for line in listed] == [
        "quick",
        "standard",
        "full",
        "homework",
        "ci",
        "sources",
    ]
    assert CliRunner().invoke(cli, ["profile", "none"]).exit_code == 2
