"""Reports in experiment trackers: the real libraries, each in its local mode."""

import sys
from pathlib import Path

import numpy as np
import pytest

import reportgen
from tests.support.live_models import PHOTOS, QUICK, make_model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report() -> reportgen.Report:
    images = {f"{at % 3}/{at}.png": photo for at, photo in enumerate(PHOTOS)}
    return reportgen.build(make_model(), images, **QUICK)


def test_mlflow_keeps_numbers_and_the_folder(
    report: reportgen.Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    mlflow.set_experiment("reports")
    with mlflow.start_run() as run:
        report.log_to_mlflow(step=3)
    kept = mlflow.get_run(run.info.run_id)
    assert kept.data.metrics == pytest.approx(
        {f"reportgen/{name}": value for name, value in report.numbers().items()}
    )
    artifacts = Path(mlflow.artifacts.download_artifacts(run_id=run.info.run_id))
    files = {file.relative_to(report.path) for file in report.path.rglob("*") if file.is_file()}
    assert all((artifacts / "report" / file).is_file() for file in files)


def test_wandb_keeps_numbers_and_the_folder_offline(
    report: reportgen.Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = pytest.importorskip("wandb")
    for name in ("WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("WANDB_SILENT", "true")
    with wandb.init(project="test", mode="offline", dir=tmp_path) as run:
        report.log_to_wandb(run=run)
        summary = dict(run.summary)
    for name, value in report.numbers().items():
        assert summary[f"reportgen/{name}"] == pytest.approx(value)
    assert len(summary["reportgen/gradcam"]["filenames"]) == 8
    assert any(tmp_path.glob("wandb/offline-run-*/run-*.wandb"))


def test_tensorboard_reads_numbers_and_overlays(report: reportgen.Report, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    report.log_to_tensorboard(tmp_path, step=7)
    events = EventAccumulator(str(tmp_path)).Reload()
    found = {
        tag: float(make_ndarray(events.Tensors(tag)[0].tensor_proto))
        for tag in events.Tags()["tensors"]
        if tag.removeprefix("reportgen/") in report.numbers()
    }
    wanted = {f"reportgen/{name}": value for name, value in report.numbers().items()}
    assert found == pytest.approx(wanted)
    pictures = [tag for tag in events.Tags()["tensors"] if tag not in found]
    assert len(pictures) == 8
    assert events.Tensors(pictures[0])[0].step == 7
    height = int(make_ndarray(events.Tensors(pictures[0])[0].tensor_proto)[1])
    assert height == np.asarray(report.gradcam[report.images[0]][0].overlay).shape[0]


def test_a_tracker_that_is_not_installed_is_named(
    report: reportgen.Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(reportgen.ReportgenError, match="pip install tensorboard"):
        report.log_to_tensorboard(tmp_path)
