"""Verdicts on a sample report whose names are hostile."""

from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.ci.verdict import Verdict
from reportgen.gates.check import check_gates
from reportgen.records.gates import Baseline
from tests.report.sample import HOSTILE, LABELS, write_sample

CONTROL = "a\x1b[2J\nb\r\x00c\ufffe%0A|::error::"
"""Characters that end lines, steer terminals, or that XML does not allow."""


@pytest.fixture(scope="session")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """Gates that pass, fail and are not measured; every image has regressed."""
    report = write_sample(tmp_path_factory.mktemp("verdict"))
    names = [image.name for image in report.images]
    baseline = Baseline(
        title=CONTROL, model=HOSTILE[0], sha256="0" * 64, created="2024-01-01T00:00:00Z",
        images=len(names), accuracy_change=-0.5, regressions=1.0, flips=1.0,
        new_silent_channels=None, regressed=[*names, CONTROL, CONTROL],
        unmeasured={"new_silent_channels": f"no layer matches {CONTROL}"},
    )  # fmt: skip
    report = report.model_copy(
        update={
            "baseline": baseline,
            "title": CONTROL,
            "warnings": [*HOSTILE, CONTROL, "One more."],
        }
    )
    require = (
        "images >= 1", "images >= 1", "regressions == 0", "new_silent_channels == 0",
        f"silent_channels[{HOSTILE[0]}] <= 0", f"recall[{LABELS[0]}] >= 100%",
        *(f"zeros[{name}] >= 0" for name in HOSTILE),
    )  # fmt: skip
    return Verdict(
        report.model_copy(update={"gates": check_gates(report, (), require)}),
        "models/a,b:c%.keras",
        "report/index.html",
        {image.name: image.photo for image in report.images},
    )


@pytest.fixture(scope="session")
def warning(verdict: Verdict) -> Verdict:
    """The same, where failed gates are warnings."""
    assert verdict.report.gates is not None
    gates = verdict.report.gates.model_copy(update={"mode": "warn"})
    return replace(verdict, report=verdict.report.model_copy(update={"gates": gates}))


@pytest.fixture(scope="session")
def plain(verdict: Verdict) -> Verdict:
    """A report without gates and baseline."""
    update = {"gates": None, "baseline": None, "warnings": [], "skipped": []}
    return replace(verdict, report=verdict.report.model_copy(update=update))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path
