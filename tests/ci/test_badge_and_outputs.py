"""The badge, the step's outputs, which service reads what, and where files may be written."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.ci.badge import BEGINNING, badge
from reportgen.ci.outputs import FORMATS, Outputs
from reportgen.ci.service import service_of
from reportgen.ci.step_outputs import step_outputs
from reportgen.ci.verdict import Verdict
from reportgen.config import make_settings
from reportgen.errors import OutputError, SettingsError


def badge_of(verdict: Verdict) -> dict:
    text = badge(verdict)
    assert text.startswith(BEGINNING)
    found = json.loads(text)
    assert found.keys() == {"schemaVersion", "label", "message", "color"}
    return found


@pytest.mark.slow
def test_the_badge_shows_the_accuracy_in_the_colour_of_the_gates(
    verdict: Verdict, warning: Verdict, plain: Verdict
) -> None:
    assert badge_of(verdict)["label"] == "accuracy"
    colours = [badge_of(one)["color"] for one in (verdict, warning, plain)]
    assert colours == ["red", "yellow", "blue"]
    assert verdict.report.gates is not None
    passed = [gate for gate in verdict.gates if gate.status == "passed"]
    gates = verdict.report.gates.model_copy(update={"gates": passed})
    good = replace(verdict, report=verdict.report.model_copy(update={"gates": gates}))
    assert badge_of(good)["color"] == "brightgreen"
    unknown = replace(good, report=good.report.model_copy(update={"evaluation": None}))
    assert badge_of(unknown)["message"] == f"{len(passed)} gates passed"


def test_outputs_are_one_line_each(verdict: Verdict, warning: Verdict) -> None:
    lines = step_outputs(verdict).splitlines()
    found = dict(line.split("=", 1) for line in lines)
    assert len(found) == len(lines)
    assert found["report-path"] == "report/index.html"
    assert found["passed"] == "false"
    assert float(found["accuracy"]) == verdict.numbers["accuracy"]
    assert "passed=true\n" in step_outputs(warning)


@pytest.mark.parametrize(
    ("environment", "service"),
    [
        ({"GITHUB_ACTIONS": "true"}, "github"),
        ({"GITLAB_CI": "true"}, "gitlab"),
        ({"JENKINS_URL": "https://ci"}, "jenkins"),
        ({"CI": "true"}, None),
    ],
)
def test_a_service_is_known_by_its_variables(environment: dict, service: str | None) -> None:
    assert service_of(environment) == service


def outputs_of(environment: dict | None = None, **options) -> Outputs:
    return Outputs.of(make_settings(options), environment or {})


def test_each_service_gets_what_it_reads(here: Path) -> None:
    github = {"GITHUB_STEP_SUMMARY": "s.md", "GITHUB_OUTPUT": "o.txt", "GITHUB_ACTIONS": "true"}
    for name in ("github", "auto"):
        found = outputs_of(github, ci=name)
        assert (found.step_summary, found.step_outputs) == (Path("s.md"), Path("o.txt"))
        assert found.annotations
        assert not found.files
    assert outputs_of(github) == Outputs({})
    assert set(outputs_of(ci="gitlab").files) == {"junit", "codequality", "metrics"}
    assert set(outputs_of(ci="jenkins").files) == {"junit"}
    assert outputs_of(ci="auto") == Outputs({})
    own = outputs_of(ci="jenkins", junit="own.xml", badge="b.json")
    assert own.files == {"junit": Path("own.xml"), "badge": Path("b.json")}


def test_outputs_outside_of_github_are_a_usage_error() -> None:
    with pytest.raises(SettingsError, match="GITHUB_OUTPUT"):
        outputs_of(outputs=True)


def test_all_files_are_written_and_written_again(here: Path, verdict: Verdict) -> None:
    names = {key: f"new/{key}" for key in FORMATS}
    environment = {"GITHUB_OUTPUT": "o.txt", "GITHUB_STEP_SUMMARY": "s.md"}
    outputs = outputs_of(environment, ci="github", **names)
    Path("s.md").write_text("Another step's.", encoding="utf-8")
    for _ in range(2):
        outputs.check(here / "report")
        assert outputs.write(verdict)
    for key, name in names.items():
        assert Path(name).read_bytes() == FORMATS[key].text(verdict).encode()
    assert Path("s.md").read_text(encoding="utf-8").startswith("Another step's.\n<!-- reportgen")
    assert Path("o.txt").read_text(encoding="utf-8").count("passed=false") == 2


@pytest.mark.parametrize("key", FORMATS)
def test_a_file_of_somebody_elses_is_kept(here: Path, key: str) -> None:
    Path("mine").write_text("{}\n", encoding="utf-8")
    with pytest.raises(OutputError, match=f"--{key}: mine holds something else"):
        outputs_of(**{key: "mine"}).check(here / "report")
    assert Path("mine").read_text(encoding="utf-8") == "{}\n"
    Path("empty").touch()
    outputs_of(**{key: "empty"}).check(here / "report")


def test_a_folder_the_reports_own_folder_and_one_file_twice_are_refused(here: Path) -> None:
    Path("folder").mkdir()
    with pytest.raises(OutputError, match="folder is a folder"):
        outputs_of(junit="folder").check(here / "report")
    with pytest.raises(OutputError, match="in the report's folder"):
        outputs_of(junit="report/junit.xml").check(Path("report"))
    with pytest.raises(SettingsError, match="--junit and --badge name the same file"):
        outputs_of(junit="one", badge="./one").check(here / "report")


def test_what_cannot_be_written_is_one_sentence(here: Path, verdict: Verdict) -> None:
    Path("file").touch()
    with pytest.raises(OutputError, match=r"--junit: x\.xml cannot be written"):
        outputs_of(junit="file/x.xml").write(verdict)


def test_paths_are_shown_from_the_current_folder_or_by_name(here: Path, verdict: Verdict) -> None:
    (here / "models").mkdir()
    (here / "models" / "a.keras").touch()
    report = verdict.report
    below = Verdict.of(report, str(here / "models" / "a.keras"), here / "report" / "index.html")
    assert (below.model, below.page) == ("models/a.keras", "report/index.html")
    outside = Verdict.of(report, str(Path(__file__)), Path("../other/index.html"))
    assert (outside.model, outside.page) == (report.model.file, "../other/index.html")
    assert Verdict.of(report, "vgg16", Path("r/index.html")).model == report.model.file
    assert Verdict.of(report, None, Path("r/index.html")).model == report.model.file
