"""The command line: exit codes, what reaches the pipeline, what is printed, what is imported."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reportgen.cli.main import Terminated, cli
from reportgen.cli.options import ALL_KEYS, DEMO_KEYS, GROUPS, flag, opposite
from reportgen.config import Settings, option_names
from reportgen.errors import ModelFileError, SettingsError
from reportgen.execution import units
from reportgen.execution.store import Store
from tests.support.model_record import MODEL

README = Path(__file__).resolve().parents[2] / "README.md"


@dataclass
class Calls:
    """Stands where the pipeline is: notes what it is called with, or raises `error`."""

    settings: Settings | None = None
    model: str = ""
    images: tuple[str, ...] = ()
    command: str = ""
    error: BaseException | None = None

    def build(self, model: str, images: Any, settings: Settings, *, progress: Any, command: str):
        self.model, self.images, self.settings, self.command = model, images, settings, command
        with progress.stage("Activations", 3) as stage:
            stage.advance()
            progress.warn("Pixels are assumed to be fed as x/255.")
            progress.warn("Pixels are assumed to be fed as x/255.")
        if self.error:
            raise self.error
        return types.SimpleNamespace(
            folder=settings.out,
            page=settings.out / "index.html",
            images=2,
            galleries=1,
            skipped=0,
            unchanged=False,
            report=bare_report(),
            accuracy=11 / 12,
        )

    def build_shard(self, model: str, images: Any, settings: Settings, *, progress: Any):
        self.model, self.images, self.settings = model, images, settings
        return types.SimpleNamespace(text="Shard 2 of 3: nothing is missing.")

    def inspect(self, model: str, settings: Settings, *, progress: Any):
        from reportgen.records.model import Model

        self.model, self.settings = model, settings
        progress.note("Reading.")
        return Model.model_validate(model_values())


def model_values() -> dict[str, Any]:
    from reportgen.records.model import Model

    known = {key: value for key, value in MODEL.items() if key in Model.model_fields}
    return known | {"layers": [_layer(layer) for layer in MODEL["layers"]]}


def bare_report():
    """A report that holds nothing but its model."""
    from reportgen.records.report import Report

    return Report.model_validate(
        {
            "generator": "reportgen", "created": "2024-01-01T00:00:00Z", "title": "tiny",
            "author": "", "notes": "", "command": "", "settings": {}, "sections": [],
            "environment": {"python": "3.13", "keras": "3.12", "device": "CPU"},
            "model": model_values(), "images": [], "filters": [], "galleries": [],
            "sparsity_chart": None, "skipped": [], "warnings": [], "timings": {},
        }
    )  # fmt: skip


def _layer(values: dict[str, Any]) -> dict[str, Any]:
    from reportgen.records.model import Layer

    return {key: value for key, value in values.items() if key in Layer.model_fields}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    recorded = Calls()
    fake = types.ModuleType("reportgen.pipeline")
    fake.build, fake.inspect = recorded.build, recorded.inspect
    fake.build_shard = recorded.build_shard
    monkeypatch.setitem(sys.modules, "reportgen.pipeline", fake)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs.txt"))
    monkeypatch.chdir(tmp_path)
    return recorded


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="reportgen")


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reportgen", *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
        stdin=subprocess.DEVNULL, encoding="utf-8",
    )  # fmt: skip


SAMPLES: dict[str, tuple[str, Any]] = {
    "profile": ("quick", "quick"),
    "title": ("Cats", "Cats"),
    "author": ("Ada", "Ada"),
    "max_size": ("25MB", "25MB"),
    "organisation": ("Course 7", "Course 7"),
    "notes": ("notes.md", Path("notes.md")),
    "format": ("pdf,site", ("site", "pdf")),
    "single_size": ("all", None),
    "colormap": ("turbo", "turbo"),
    "templates": ("own", Path("own")),
    "pdf_engine": ("browser", "browser"),
    "paper": ("letter", "letter"),
    "pdf_images": ("all", None),
    "pdf_size": ("2MB", "2MB"),
    "browser": ("/opt/chrome", Path("/opt/chrome")),
    "sections": ("filters,gradcam", ("filters", "gradcam")),
    "skip_section": ("filters", ("filters",)),
    "weights": ("imagenet", "imagenet"),
    "input_size": ("180x320", (180, 320)),
    "labels": ("names.txt", Path("names.txt")),
    "values_csv": ("values.csv", Path("values.csv")),
    "labels_csv": ("table.csv", Path("table.csv")),
    "split": ("val", "val"),
    "preprocess": ("my.module:prepare", "my.module:prepare"),
    "resize": ("crop", "crop"),
    "interpolation": ("area", "area"),
    "alpha": ("white", "white"),
    "exif": ("ignore", "ignore"),
    "depth": ("raw", "raw"),
    "layers": ("block1_*", ("block1_*",)),
    "channels": ("conv2d:3,30", ("conv2d:3,30",)),
    "columns": ("8", 8),
    "max_channels": ("5", 5),
    "tile_size": ("48", 48),
    "cache_size": ("2GB", "2GB"),
    "exemplars": ("4", 4),
    "unit": ("conv2d:3,30,1", ("conv2d:3,30,1",)),
    "dataset": ("more", Path("more")),
    "dataset_pages": ("7", 7),
    "shard": ("2/3", "2/3"),
    "contrast": ("100:32.5", "100:32.5"),
    "normalise": ("layer", "layer"),
    "filters": ("all", ("all",)),
    "filter_margin": ("5", 5),
    "filter_diversity": ("3", 3),
    "filter_negative": (None, True),
    "filter_method": ("fourier", "fourier"),
    "block_gallery": ("9:32:3", "9:32:3"),
    "filter_steps": ("3", 3),
    "filter_size": ("150", 150),
    "map": ("tsne", "tsne"),
    "top": ("2", 2),
    "class": ("dog", "dog"),
    "dream": ("conv2d:3", ("conv2d:3",)),
    "dream_steps": ("12", 12),
    "cam": ("eigencam,gradcam++", ("gradcam++", "eigencam")),
    "cam_layers": ("blocks", ("blocks",)),
    "cam_difference": ("cat,dog", ("cat,dog",)),
    "gradcam_layer": ("base/conv", "base/conv"),
    "engine": ("jax", "jax"),
    "device": ("cpu", "cpu"),
    "batch_size": ("4", 4),
    "runner": ("ray", "ray"),
    "workers": ("3", 3),
    "seed": ("9", 9),
    "cache_dir": ("kept", Path("kept")),
    "out": ("out", Path("out")),
    "custom_objects": ("own.py", ("own.py",)),
    "replace_layer": ("scale=x/127.5-1", ("scale=x/127.5-1",)),
    "input": ("age=age.npy", ("age=age.npy",)),
    "output": ("species", "species"),
    "head": ("values", ("values",)),
    "fail_if": ("images < 1", ("images < 1",)),
    "require": ("images >= 1", ("images >= 1",)),
    "gates": ("warn", "warn"),
    "baseline": ("old", Path("old")),
    "ci": ("gitlab", "gitlab"),
    "junit": ("junit.xml", Path("junit.xml")),
    "summary": ("summary.md", Path("summary.md")),
    "codequality": ("quality.json", Path("quality.json")),
    "metrics": ("metrics.txt", Path("metrics.txt")),
    "badge": ("badge.json", Path("badge.json")),
    "history": ("runs.jsonl", Path("runs.jsonl")),
}
SWITCHES = (
    "trust",
    "robustness",
    "concepts",
    "frames",
    "full_size",
    "no_top",
    "weights_by_name",
    "force",
    "open",
    "strict",
    "quiet",
    "debug",
    "no_cache",
    "full_resolution",
    "annotations",
    "outputs",
)

SWITCHED_OFF = ("explanations",)
"""Switches that are on unless they are switched off."""

NEEDED = {"workers": {"runner": "ray"}}
"""What else has to be given with a setting."""


def option_of(key: str) -> str:
    """The option that changes a setting from its default."""
    return opposite(key) if key in SWITCHED_OFF else flag(key)


def changed(settings: Settings | None) -> dict[str, Any]:
    """The fields that differ from their defaults."""
    assert settings is not None
    fields = Settings.model_fields
    return {n: v for n in fields if (v := getattr(settings, n)) != fields[n].default}


@pytest.mark.parametrize("key", sorted({*SAMPLES, *SWITCHES, *SWITCHED_OFF}))
def test_each_option_sets_its_own_setting(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda url: True)
    value, expected = SAMPLES.get(key, (None, key not in SWITCHED_OFF))
    needed = NEEDED.get(key, {})
    more = [word for name, given in needed.items() for word in (flag(name), given)]
    result = run("build", "m.h5", "a.jpg", option_of(key), *([value] if value else []), *more)
    assert result.exit_code == 0, result.output
    if key == "profile":
        assert calls.settings is not None
        assert calls.settings.profile == "quick"
        assert calls.settings.filters_of_each == 4
    else:
        assert changed(calls.settings) == {
            "out": Path("report"),
            option_names()[key]: expected,
            **needed,
        }


def test_every_setting_has_a_sample_here_and_a_group_in_the_help() -> None:
    assert set(option_names()) == {*SAMPLES, *SWITCHES, *SWITCHED_OFF} == set(ALL_KEYS)
    assert len(ALL_KEYS) == len(set(ALL_KEYS))


@pytest.mark.parametrize("key", SWITCHES)
def test_the_command_line_undoes_a_switch_of_the_configuration_file(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda url: True)
    Path("on.toml").write_text(f"{key} = true\n")
    build = ("build", "m.h5", "a.jpg", "--config", "on.toml")
    assert run(*build).exit_code == 0
    assert changed(calls.settings)[key] is True
    assert run(*build, opposite(key)).exit_code == 0
    assert key not in changed(calls.settings)


@pytest.mark.parametrize("command", ["build", "demo"])
def test_the_short_help_has_eight_options_and_names_the_long_one(command: str) -> None:
    short = run(command, "--help").output
    shown = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", short, re.MULTILINE)
    assert len(shown) == 10
    assert shown[0] == "--out"
    assert shown[-2:] == ["--help-all", "--help"]
    assert shown[1] == "--profile"
    everything = run(command, "--help-all").output
    keys = DEMO_KEYS if command == "demo" else ALL_KEYS
    assert all(option_of(key) in everything for key in keys)


def test_the_help_of_build_has_three_examples() -> None:
    text = run("build", "--help").output
    assert text.count("\n    reportgen build ") == 3


def test_the_help_shows_the_side_of_a_switch_that_changes_something() -> None:
    text = run("build", "--help-all").output
    assert "--no-explanations" in text
    assert "  --explanations" not in text


def test_command_line_wins_over_file_and_file_over_profile(calls: Calls) -> None:
    Path("mine.toml").write_text('profile = "quick"\ntop = 7\nfilter-size = 99\nout = "site"\n')
    assert run("build", "m.h5", "a.jpg", "--config", "mine.toml", "--top", "2").exit_code == 0
    assert calls.settings is not None
    assert (calls.settings.top, calls.settings.filter_size, calls.settings.filters) == (
        2,
        99,
        ("4",),
    )
    assert calls.settings.out == Path("site")


def test_a_repeated_option_collects_its_values(calls: Calls) -> None:
    run("build", "m.h5", "a", "--layers", "a*", "--layers", "b", "--sections", "filters")
    assert calls.settings is not None
    assert calls.settings.layers == ("a*", "b")
    assert calls.settings.sections == ("filters",)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--top", "0"], "--top: 0 is too small, it must be at least 1"),
        (["--columns", "x"], "--columns: “x” is not a whole number"),
        (["--filters", "few"], "--filters: “few” is neither a number above 0 nor “all”"),
        (["--max-size", "0"], "--max-size: a report needs some room"),
        (["--sections", "filter"], "did you mean “filters”?"),
        (["--config", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["--resize", "shrink"], "'shrink' is not one of"),
        (["--colums", "3"], "--columns"),
    ],
)
def test_wrong_options_exit_with_2_and_say_why(
    calls: Calls, arguments: list[str], sentence: str
) -> None:
    result = run("build", "m.h5", "a.jpg", *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Error: " in result.stderr
    assert calls.settings is None


@pytest.mark.parametrize("arguments", [["build"], ["build", "m.h5"], ["inspect"], ["biuld"]])
def test_missing_words_exit_with_2(calls: Calls, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ModelFileError("m.h5 is no model."), 1, "Error: m.h5 is no model."),
        (SettingsError("--class: no class “x”."), 2, "Error: --class: no class “x”."),
        (
            ZeroDivisionError("by zero"),
            1,
            "Error: Unexpected error: ZeroDivisionError: by zero (run with --debug",
        ),
        (ModelFileError("layer \x1b[31m[bold]\n\u202e"), 1, r"\x1b[31m[bold]\n\u202e"),
        (KeyboardInterrupt(), 130, "Interrupted. Finished work is cached"),
        (Terminated(), 143, "Interrupted. Finished work is cached"),
    ],
)
def test_what_ends_a_build_is_one_sentence_and_a_code(
    calls: Calls, error: BaseException, code: int, line: str
) -> None:
    calls.error = error
    result = run("build", "m.h5", "a.jpg")
    assert result.exit_code == code
    last = result.stderr.splitlines()[-1]
    assert line in last
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_debug_shows_the_traceback_also_when_the_file_says_so(calls: Calls) -> None:
    calls.error = ModelFileError("m.h5 is no model.")
    Path("debug.toml").write_text("debug = true\n")
    for option in (["--debug"], ["--config", "debug.toml"]):
        result = run("build", "m.h5", "a.jpg", *option)
        assert "Traceback" in result.stderr
        assert result.stderr.splitlines()[-1] == "Error: m.h5 is no model."
        assert result.exit_code == 1


def test_without_a_store_an_interrupted_build_does_not_promise_kept_work(calls: Calls) -> None:
    calls.error = KeyboardInterrupt()
    assert run("build", "m.h5", "a", "--no-cache").stderr.splitlines()[-1] == (
        "Interrupted. Nothing was written."
    )


def test_a_closed_pipe_is_one_sentence(calls: Calls) -> None:
    calls.error = BrokenPipeError()
    result = run("build", "m.h5", "a.jpg")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: The output has no reader any more")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(36, "File name too long", "/a/xxx"), "The file xxx cannot be read or written"),
        (MemoryError(), "The memory of this machine does not suffice"),
        (RecursionError("maximum"), "nested too deep"),
    ],
)
def test_what_the_machine_refuses_is_one_sentence(
    calls: Calls, error: Exception, line: str
) -> None:
    calls.error = error
    result = run("build", "m.h5", "a.jpg")
    assert result.exit_code == 1
    assert line in result.stderr.splitlines()[-1]
    assert "Unexpected" not in result.stderr


def redirected(redirection: str, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """The program in a shell, with its streams redirected."""
    command = shlex.join([sys.executable, "-m", "reportgen", *arguments])
    paths = {**os.environ, "PYTHONPATH": str(README.parent)}
    return subprocess.run(  # noqa: S602
        f"{command} {redirection}", shell=True, capture_output=True, text=True, cwd=cwd,
        check=False, timeout=60, env=paths,
    )  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_streams_that_are_full_or_closed(tmp_path: Path) -> None:
    full = redirected(">/dev/full", "profile", cwd=tmp_path)
    assert full.returncode == 1
    assert full.stderr == (
        "Error: The output or a file cannot be read or written: No space left on device.\n"
    )
    closed = redirected("2>&-", "profile", cwd=tmp_path)
    assert closed.returncode == 0
    assert "quick" in closed.stdout
    silent = redirected("2>&- >&-", "verify", "nothing", cwd=tmp_path)
    assert silent.returncode == 1
    unread = redirected("2>/dev/full", "verify", "nothing", cwd=tmp_path)
    assert unread.returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="only there can the current folder go")
def test_a_current_folder_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = shlex.join([sys.executable, "-m", "reportgen", "profile"])
    paths = {**os.environ, "PYTHONPATH": str(README.parent)}
    done = subprocess.run(  # noqa: S602
        f"rmdir {shlex.quote(str(gone))}; {command}", shell=True, capture_output=True, text=True,
        cwd=gone, check=False, timeout=60, env=paths,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "Error: The current folder is gone; go to another one with cd.\n"


def test_log_lines_name_each_stage_once_and_stdout_holds_only_the_path(calls: Calls) -> None:
    result = run("build", "m.h5", "a.jpg", "-o", "out")
    assert result.stdout == f"{Path('out') / 'index.html'}\n"
    assert len(re.findall(r"Activations \(3\)", result.stderr)) == 1
    assert result.stderr.count("Warning: Pixels are assumed") == 1
    assert re.search(
        r"Report ready in \d\.\d s: 2 images, 1 filter gallery, accuracy 91\.7 % \(0 kB\)\.",
        result.stderr,
    )


def test_quiet_prints_nothing(calls: Calls) -> None:
    result = run("build", "m.h5", "a.jpg", "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_open_hands_the_page_to_the_browser(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    result = run("build", "m.h5", "a.jpg", "--open", "-o", "a b")
    assert opened == [(Path.cwd() / "a b" / "index.html").as_uri()]
    assert "no browser could be opened" in result.stderr


def test_the_command_shows_files_by_name_only(calls: Calls, tmp_path: Path) -> None:
    folder = tmp_path / "it's <b>"
    photos = [str(folder / "photos") + os.sep, str(folder / "*.jpg"), "."]
    labels = ["--labels", str(folder / "names.txt"), "--title", "a/b", "--layers", "base/*"]
    run("build", str(folder / "cats.h5"), *photos, "-o", str(folder), "--force", *labels)
    expected = ["reportgen", "build", "cats.h5", "photos", "*.jpg", ".", "-o", "it's <b>"]
    expected += ["--force", "--title", "a/b", "--labels", "names.txt", "--layers", "base/*"]
    assert shlex.split(calls.command) == expected


def test_a_reproducible_command_does_not_say_where_it_wrote(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    run("build", "m.h5", "a.jpg", "-o", "elsewhere", "--force", "--no-cache", "--top", "2")
    assert calls.command == "reportgen build m.h5 a.jpg --top 2"


@pytest.mark.skipif(sys.platform == "win32", reason="file names are text there")
def test_a_file_name_that_is_no_text_is_spelled_out(calls: Calls) -> None:
    run("build", "m.h5", os.fsdecode(b"\xff.jpg"))
    assert calls.command.encode("utf-8") == rb"reportgen build m.h5 '\udcff.jpg'"


def test_demo_brings_its_own_model_labels_and_images(calls: Calls) -> None:
    result = run("demo", "--top", "1")
    assert result.exit_code == 0, result.output
    assert calls.settings is not None
    assert calls.settings.out == Path("reportgen-demo")
    assert calls.settings.preprocess == "unit"
    assert calls.settings.labels is not None
    assert calls.settings.labels.is_file()
    assert Path(calls.model).is_file()
    assert Path(calls.images[0]).is_dir()
    assert calls.command == "reportgen demo --top 1"
    assert calls.settings.trust
    assert calls.settings.dream == ("last",)
    run("demo", "--profile", "quick")
    assert not calls.settings.trust
    assert not calls.settings.dream


def test_inspect_prints_a_table(calls: Calls) -> None:
    result = run("inspect", "m.h5")
    assert result.exit_code == 0, result.output
    for text in ("tiny", "base/conv[bold]", "? × 8 × 8 × 4", "1,234,567", "frozen", "dög"):
        assert text in result.stdout
    assert "\x1b" not in result.stdout


def test_inspect_json_is_all_that_stands_on_stdout(calls: Calls) -> None:
    result = run("inspect", "m.h5", "--json", "--input-size", "64")
    assert json.loads(result.stdout)["labels"] == ["cat", "dög"]
    assert result.stderr == ""
    assert calls.settings is not None
    assert calls.settings.input_size == (64, 64)


def test_cache_counts_and_clears(tmp_path: Path) -> None:
    unit = units.Unit("photos", 1, "photo", None, ("aa",), units.Options())
    Store(tmp_path / "kept").put(unit, units.Result({}, {"x.bin": bytes(2_500_000)}))
    kept = tmp_path / "kept" / unit.key[:2] / unit.key
    folder = ["--cache-dir", str(tmp_path / "kept")]
    assert "1 result, 2.5 MB" in run("cache", "info", *folder).stdout
    assert "1 result as written, 0 damaged" in run("cache", "verify", *folder).stdout
    (kept / "x.bin").write_bytes(bytes(2_499_999) + b"1")
    checked = run("cache", "verify", *folder)
    assert (checked.exit_code, "1 damaged" in checked.stdout) == (1, True)
    Store(tmp_path / "kept").put(unit, units.Result({}, {"x.bin": bytes(2_500_000)}))
    assert "removed 1 result, 2.5 MB" in run("cache", "clear", *folder).stdout
    assert "0 results, 0.0 MB" in run("cache", "info", *folder).stdout
    assert not kept.exists()
    assert "0 results" in run("cache", "clear", "--cache-dir", str(tmp_path / "none")).stdout


def test_help_shows_every_setting_with_its_text_and_default() -> None:
    text = " ".join(run("build", "--help-all").stdout.split())
    for key, name in option_names().items():
        field = Settings.model_fields[name]
        assert option_of(key) in text
        assert field.description is not None
        # lines also break behind the hyphens of names
        assert "".join(field.description.split()) in "".join(text.split())
        assert opposite(key) not in text.split("--config FILE")[0] or key not in SWITCHES
    for title in GROUPS:
        assert f"{title}:" in text
    assert "[default: 16]" in text
    assert "[default: report]" in text


def test_demo_help_names_its_own_folder_and_leaves_out_the_models_options() -> None:
    text = run("demo", "--help-all").stdout
    assert "reportgen-demo" in text
    assert "--weights" not in text
    assert all(option_of(key) in text for key in DEMO_KEYS)


HEAVY = ("tensorflow", "keras", "numpy", "cv2", "matplotlib", "PIL", "h5py")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["--version"], 0), (["build", "--help"], 0), (["build", "m.h5"], 2)],
)
def test_help_version_and_usage_errors_import_nothing_heavy(
    arguments: list[str], code: int
) -> None:
    program = (
        "import sys\nfrom reportgen.cli.main import main\nsys.argv = ['reportgen', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        f"heavy = [name for name in {HEAVY} if name in sys.modules]\n"
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr


def test_the_group_answers_without_the_settings() -> None:
    program = (
        "import sys\nfrom reportgen.cli.main import cli\n"
        "cli(['--help'], standalone_mode=False)\nsys.exit('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0


def test_version_as_a_process() -> None:
    from reportgen import __version__

    done = process("--version")
    assert (done.returncode, done.stdout) == (0, f"reportgen {__version__}\n")


def test_a_terminal_that_knows_only_ascii_gets_help_and_errors() -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    assert process("build", "--help", **ascii_only).returncode == 0
    done = process("build", "m.h5", "a.jpg", "--sections", "filtérs", **ascii_only)
    assert done.returncode == 2
    assert "Error: " in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="arguments are text there")
@pytest.mark.parametrize("key", ["title", "sections", "class", "preprocess", "top"])
def test_a_value_that_is_no_text_is_a_usage_error(calls: Calls, key: str) -> None:
    result = run("build", "m.h5", "a.jpg", flag(key), os.fsdecode(b"\xff"))
    assert result.exit_code == 2
    assert "not valid text" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_signals_end_a_running_build_tidily(number: int, code: int, tmp_path: Path) -> None:
    program = (
        "import sys, time, types\n"
        "fake = types.ModuleType('reportgen.pipeline')\n"
        "def build(*_, progress, **__):\n"
        "    with progress.stage('Activations', 9):\n"
        "        time.sleep(60)\n"
        "fake.build = build\n"
        "sys.modules['reportgen.pipeline'] = fake\n"
        "from reportgen.cli.main import main\n"
        "sys.argv = ['reportgen', 'build', 'm.h5', 'a.jpg']\n"
        "main()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert child.stderr is not None
    assert "Activations (9)" in child.stderr.readline()
    time.sleep(0.05)
    child.send_signal(number)
    rest = child.stderr.read()
    assert child.wait(timeout=30) == code
    assert rest.startswith("Interrupted. Finished work is cached")
    assert "Traceback" not in rest
