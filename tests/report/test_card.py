"""The model card: YAML that Hugging Face reads, and Markdown in which names are text."""

import re
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from reportgen.gates.check import check_gates
from reportgen.records.report import Report
from reportgen.report.card.writer import write_card
from reportgen.report.site.writer import write_site
from tests.report.sample import HOSTILE, write_sample


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("card")
    report = write_sample(folder)
    write_site(report, folder)
    write_card(report, folder)
    return folder, report


def parts(folder: Path) -> tuple[dict, str]:
    """The YAML and the Markdown behind it."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    start, front, body = text.split("---\n", 2)
    assert start == ""
    return yaml.safe_load(front), body


@pytest.mark.slow
def test_the_results_are_those_of_the_evaluation(sample: tuple[Path, Report]) -> None:
    folder, report = sample
    known, _ = parts(folder)
    assert known["library_name"] == "keras"
    assert known["pipeline_tag"] == "image-classification"
    (index,) = known["model-index"]
    assert index["name"] == report.title
    (result,) = index["results"]
    assert result["task"]["type"] == "image-classification"
    assert result["dataset"].keys() == {"type", "name"}
    values = {one["type"]: one["value"] for one in result["metrics"]}
    assert report.evaluation is not None
    assert values["accuracy"] == report.evaluation.accuracy
    assert values["f1"] == report.evaluation.macro_f1
    assert all(isinstance(value, float) for value in values.values())


def test_names_are_text(sample: tuple[Path, Report]) -> None:
    folder, _ = sample
    html = MarkdownIt("gfm-like", {"linkify": False}).render(parts(folder)[1])
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", html))
    assert tags <= {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "a",
                    "img"}  # fmt: skip


def test_links_and_pictures_lead_to_files_of_the_report(sample: tuple[Path, Report]) -> None:
    folder, _ = sample
    _, body = parts(folder)
    targets = re.findall(r"\]\(([^)]+)\)", body)
    assert "index.html" in targets
    assert sum(target.startswith("pictures/") for target in targets) > 0
    assert [target for target in targets if not (folder / target).is_file()] == []


def test_a_regression_has_its_errors(tmp_path: Path) -> None:
    report = write_sample(tmp_path, sections=("regression",), names=("a.jpg", HOSTILE[0], "b.jpg"))
    head = report.model.head
    assert head is not None
    values = head.model_copy(update={"kind": "values"})
    model = report.model.model_copy(update={"head": values})
    write_card(report.model_copy(update={"model": model}), tmp_path)
    known, body = parts(tmp_path)
    assert "pipeline_tag" not in known
    assert report.regression is not None
    metrics = known["model-index"][0]["results"][0]["metrics"]
    assert [one["value"] for one in metrics] == [fit.mae for fit in report.regression.fits]
    assert "| not defined |" in body


def test_a_report_without_results_has_none(tmp_path: Path) -> None:
    report = write_sample(tmp_path, sections=("activations",))
    write_card(report.model_copy(update={"gates": None}), tmp_path)
    known, body = parts(tmp_path)
    assert "model-index" not in known
    assert "## Results" not in body
    assert "## Gates" not in body


def test_gates_are_listed(tmp_path: Path) -> None:
    report = write_sample(tmp_path, sections=("activations",))
    gates = check_gates(report, (), ("images >= 2",))
    write_card(report.model_copy(update={"gates": gates}), tmp_path)
    assert "| Images | passed |" in parts(tmp_path)[1]
