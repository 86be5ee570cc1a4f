"""`reportgen compare`: what it takes, prints and answers with."""

import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from reportgen.cli.main import cli
from tests.comparison.reports import write_pair

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return [str(one) for one in write_pair(tmp_path_factory.mktemp("pair"))]


def run(*words):
    return CliRunner().invoke(cli, ["compare", *map(str, words)])


def test_it_writes_the_comparison_and_says_how_it_turned_out(pair, tmp_path):
    result = run(*pair, "-o", tmp_path / "made")
    assert result.exit_code == 0
    assert (tmp_path / "made" / "index.html").is_file()
    assert "predictions changed, accuracy" in result.stderr
    assert result.stdout.strip().endswith("index.html")
    found = json.loads((tmp_path / "made" / "compare.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in found["sides"]] == ["before", "after"]


def test_a_failed_gate_is_exit_code_3_and_the_comparison_is_there(pair, tmp_path):
    result = run(*pair, "-o", tmp_path / "made", "--fail-if", "flips > 0.1%")
    assert result.exit_code == 3
    assert "Gate failed: Flips" in result.stderr
    assert (tmp_path / "made" / "index.html").is_file()
    warned = run(*pair, "-o", tmp_path / "made", "--fail-if", "flips > 0.1%", "--gates", "warn")
    assert warned.exit_code == 0
    assert run(*pair, "-o", tmp_path / "made", "--fail-if", "flips > 100%").exit_code == 0


def test_tensorflow_is_never_imported(pair, tmp_path):
    code = (
        "import sys\nfrom reportgen.cli.main import cli\n"
        "cli(sys.argv[1:], standalone_mode=False)\n"
        "sys.exit(bool({'tensorflow', 'keras', 'jax', 'matplotlib'} & set(sys.modules)))"
    )
    words = ["compare", *pair, "-o", str(tmp_path / "made"), "--quiet"]
    subprocess.run([sys.executable, "-c", code, *words], check=True)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["A"], 2, "needs two reports or more"),
        (["A", "nothing"], 2, "There is no nothing"),
        (["A", "B", "--images", "x.png"], 2, "the reports are finished"),
        (["A", "B", "--format", "notebook"], 2, "written as site, single, pdf"),
        (["A", "B", "--fail-if", "accuracie < 1"], 2, "accuracy"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(pair, tmp_path, words, code, sentence):
    given = [{"A": pair[0], "B": pair[1]}.get(word, word) for word in words]
    result = run(*given, "-o", tmp_path / "made")
    assert result.exit_code == code
    assert sentence in result.stderr
    assert not (tmp_path / "made").exists()


def test_a_folder_with_other_things_is_not_touched(pair, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    result = run(*pair, "-o", tmp_path)
    assert result.exit_code == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["thesis.txt"]


def test_a_report_that_is_compared_is_not_replaced(pair, tmp_path):
    import shutil

    mine = tmp_path / "mine"
    shutil.copytree(pair[0], mine)
    before = sorted(one.name for one in mine.iterdir())
    result = run(mine, pair[1], "-o", mine)
    assert result.exit_code == 1
    assert "one of the reports that are compared" in result.stderr
    assert sorted(one.name for one in mine.iterdir()) == before


def test_options_change_the_comparison(pair, tmp_path):
    options = ["--title", "Old and new", "--author", "Ada", "--no-explanations"]
    assert run(*pair, "-o", tmp_path / "made", *options).exit_code == 0
    page = (tmp_path / "made" / "index.html").read_text(encoding="utf-8")
    assert "Old and new" in page
    assert "Ada" in page
    assert "McNemar’s exact test asks" not in page


def test_reports_of_one_name_are_told_apart_by_their_folders(pair, tmp_path):
    import shutil

    for place, day in zip(pair, ("monday", "tuesday"), strict=True):
        shutil.copytree(place, tmp_path / day / "report")
    places = [tmp_path / day / "report" for day in ("monday", "tuesday")]
    assert run(*places, "-o", tmp_path / "made").exit_code == 0
    found = json.loads((tmp_path / "made" / "compare.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in found["sides"]] == ["monday/report", "tuesday/report"]
    assert found["title"] == "monday/report and tuesday/report"


def test_a_report_and_its_copy_beside_it_are_told_apart_by_numbers(pair, tmp_path):
    assert run(pair[0], pair[0], "-o", tmp_path / "made").exit_code == 0
    found = json.loads((tmp_path / "made" / "compare.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in found["sides"]] == ["before", "before (2)"]


def test_ci_reads_the_comparison(pair, tmp_path):
    options = ["--junit", tmp_path / "junit.xml", "--summary", tmp_path / "summary.md"]
    result = run(*pair, "-o", tmp_path / "made", "--fail-if", "regressions > 0.1%", *options)
    assert result.exit_code == 3
    junit = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert "<failure" in junit
    attached = re.findall(r"\[\[ATTACHMENT\|(.*?)\]\]", junit)
    assert attached
    assert all((tmp_path / "made" / one).is_file() for one in attached)
    assert "Regressions" in (tmp_path / "summary.md").read_text(encoding="utf-8")
