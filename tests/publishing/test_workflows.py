"""Workflows, the action and GitLab's jobs: valid, pinned, and free of injected text."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / "action.yml"
WORKFLOWS = (
    ROOT / ".github" / "workflows" / "release.yml",
    ROOT / "examples" / "ci" / "github.yml",
    ROOT / "examples" / "publish" / "github-pages.yml",
    ROOT / "examples" / "scale" / "github.yml",
)
GITLAB = (
    ROOT / "examples" / "ci" / "gitlab.yml",
    ROOT / "examples" / "publish" / "gitlab-pages.yml",
    ROOT / "examples" / "scale" / "gitlab.yml",
)
COMPONENT = ROOT / "examples" / "ci" / "gitlab-component.yml"


def steps_of(file: Path) -> list[dict]:
    """The steps of a workflow's jobs, or of the action."""
    known = yaml.safe_load(file.read_text(encoding="utf-8"))
    jobs = [known["runs"]] if "runs" in known else known["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-actions", (ACTION,)),
        ("vendor.gitlab-ci", GITLAB),
    ],
)
def test_files_follow_the_schema_of_the_service(schema: str, files: tuple[Path, ...]) -> None:
    pytest.importorskip("check_jsonschema")
    transform = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *transform, *files],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.mark.parametrize("file", [ACTION, *WORKFLOWS], ids=lambda file: file.name)
def test_every_action_is_pinned_by_commit_with_its_version_beside(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"\./tools/reportgen|[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+",
                            action), action  # fmt: skip


def test_one_action_has_one_commit_everywhere() -> None:
    found: dict[str, set[str]] = {}
    for file in (ACTION, *WORKFLOWS):
        for name, commit in re.findall(r"uses: ([\w/-]+)@(\S+ # \S+)", file.read_text("utf-8")):
            found.setdefault(name, set()).add(commit)
    assert {name: commits for name, commits in found.items() if len(commits) > 1} == {}


@pytest.mark.parametrize("file", [ACTION, *WORKFLOWS], ids=lambda file: file.name)
def test_no_expression_is_put_into_a_script(file: Path) -> None:
    assert [step["run"] for step in steps_of(file) if "${{" in step.get("run", "")] == []


def test_the_actions_inputs_and_outputs_are_those_it_uses() -> None:
    text = ACTION.read_text(encoding="utf-8")
    known = yaml.safe_load(text)
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(known["inputs"])
    assert {"model", "images", "args", "baseline", "gates", "pages"} <= set(known["inputs"])
    assert {"report-path", "accuracy", "passed"} <= set(known["outputs"])
    steps = {step["id"] for step in steps_of(ACTION) if "id" in step}
    assert set(re.findall(r"steps\.([\w-]+)\.", text)) <= steps


def test_the_components_inputs_are_those_it_uses() -> None:
    text = COMPONENT.read_text(encoding="utf-8")
    spec, jobs = yaml.safe_load_all(text)
    assert set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", text)) == set(spec["spec"]["inputs"])
    assert jobs["reportgen"]["artifacts"]["when"] == "always"


def test_gitlabs_reports_are_the_files_that_ci_writes() -> None:
    from reportgen.ci.service import FILES

    for file in (GITLAB[0], COMPONENT):
        *_, jobs = yaml.safe_load_all(file.read_text(encoding="utf-8"))
        reports = next(job["artifacts"]["reports"] for job in jobs.values() if "script" in job)
        assert reports == FILES["gitlab"]


@pytest.mark.skipif(sys.platform == "win32", reason="the action's script needs bash")
def test_the_actions_script_hands_on_each_word_as_it_is(tmp_path: Path) -> None:
    fake = tmp_path / "bin" / "reportgen"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > words\n', encoding="utf-8")
    fake.chmod(0o755)
    (tmp_path / "old").mkdir()
    environment = {
        "PATH": f"{fake.parent}:{Path(sys.executable).parent}:/usr/bin:/bin",
        "RUNNER_TEMP": str(tmp_path),
        "STORE": "store",
        "MODEL": "models/$(touch hacked).keras",
        "IMAGES": "photos/\n\nmore photos/*.jpg\n",
        "ARGS": "--title 'Cats & dogs' --strict",
        "BASELINE": "old",
        "GATES": "accuracy >= 90%\n\nrecall[a b] >= 0.5\n",
    }
    (script,) = [step["run"] for step in steps_of(ACTION) if step.get("id") == "build"]

    def words(**changed: str) -> list[str]:
        subprocess.run(
            ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            check=True, cwd=tmp_path, env={**environment, **changed}, capture_output=True,
        )  # fmt: skip
        return (tmp_path / "words").read_text(encoding="utf-8").splitlines()

    assert words() == [
        "build", "--ci", "github", "--format", "site,single", "-o", "report",
        "--cache-dir", "store", "--require", "accuracy >= 90%", "--require", "recall[a b] >= 0.5",
        "--baseline", "old", "--title", "Cats & dogs", "--strict",
        "--", "models/$(touch hacked).keras", "photos/", "more photos/*.jpg",
    ]  # fmt: skip
    assert not (tmp_path / "hacked").exists()
    bare = words(BASELINE="gone", GATES="", ARGS="")
    assert bare[9:] == ["--", "models/$(touch hacked).keras", "photos/", "more photos/*.jpg"]
    with pytest.raises(subprocess.CalledProcessError):
        words(ARGS="--title 'Cats")
