"""Reports from inside a program: a model in memory or in a file, images in memory or in files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reportgen import pipeline
from reportgen.api.exact import ExactMaps
from reportgen.api.finished import Report
from reportgen.api.image_arguments import gather
from reportgen.api.session import unchanged_session
from reportgen.config import Settings, make_settings
from reportgen.hardware.engines import session_engine
from reportgen.inputs.model_files.live_model import NO_SESSION, SessionCode, code_of, save_model
from reportgen.progress import Progress, Silent
from reportgen.records.model import Model


def build(
    model: Any,
    images: Any,
    *,
    out: str | Path | None = None,
    class_names: Sequence[str] | None = None,
    progress: bool = True,
    config: str | Path | None = None,
    **options: Any,
) -> Report:
    """See `reportgen.build`."""
    with unchanged_session():
        inputs, results = TemporaryDirectory(prefix="reportgen-"), None
        path, session = _model_file(model, Path(inputs.name))
        found = gather(images, _folder(inputs, "images"), class_names)
        if out is None:
            results = TemporaryDirectory(prefix="reportgen-")
        given = {
            **_of_images(found.preprocess, found.classes),
            **_of_names(class_names, Path(inputs.name)),
            **options,
            "out": Path(results.name, "report") if results else out,
        }
        settings = settings_of(given, config)
        with face(progress) as shown:
            outcome = pipeline.build(
                path,
                found.paths,
                settings,
                progress=shown,
                command=_call(options),
                session=session,
            )
    report = Report(outcome.folder, owned=[folder for folder in (inputs, results) if folder])
    report.compute_by(ExactMaps(path, found.paths, settings, session, report.data))
    return report


def inspect(model: Any, *, config: str | Path | None = None, **options: Any) -> Model:
    """See `reportgen.inspect`."""
    with unchanged_session(), TemporaryDirectory(prefix="reportgen-") as folder:
        path, session = _model_file(model, Path(folder))
        return pipeline.inspect(
            path, settings_of(options, config), progress=Silent(), session=session
        )


def _model_file(model: Any, folder: Path) -> tuple[str, SessionCode]:
    """What the build opens, and the code that it lacks: a file's path, or a network's name."""
    if isinstance(model, str | Path):
        return str(model), NO_SESSION
    return str(save_model(model, folder)), code_of(model)


def _folder(parent: TemporaryDirectory[str], name: str) -> Path:
    folder = Path(parent.name, name)
    folder.mkdir()
    return folder


def _of_images(preprocess: str | None, classes: Path | None) -> dict[str, Any]:
    """The settings that the images in memory call for."""
    found: dict[str, Any] = {}
    if preprocess is not None:
        found["preprocess"] = preprocess
    if classes is not None:
        found["labels_csv"] = classes
    return found


def _of_names(class_names: Sequence[str] | None, folder: Path) -> dict[str, Any]:
    """The labels of the classes as the file that the build reads."""
    if class_names is None:
        return {}
    file = folder / "labels.txt"
    file.write_text("".join(f"{name}\n" for name in class_names), encoding="utf-8")
    return {"labels": file}


def settings_of(given: dict[str, Any], config: str | Path | None) -> Settings:
    """The settings; the engine is that of the session's Keras."""
    named = {"class" if name == "target_class" else name: value for name, value in given.items()}
    settings = make_settings(named, Path(config) if config else None)
    if settings.engine == "auto" and (engine := session_engine()):
        return settings.model_copy(update={"engine": engine})
    return settings


@contextmanager
def face(wanted: bool) -> Iterator[Progress]:
    """Bars in a terminal, and in a notebook with ipywidgets; lines elsewhere, or nothing."""
    from reportgen.cli.terminal import Bars, progress

    if wanted and _in_notebook() and find_spec("ipywidgets"):
        with Bars() as bars:
            yield bars
        return
    with progress(quiet=not wanted) as face:
        yield face


def _in_notebook() -> bool:
    from rich.console import Console

    return Console().is_jupyter


def _call(options: dict[str, Any]) -> str:
    """The call as the report shows it."""
    words = ["model", "images", *(f"{name}={value!r}" for name, value in sorted(options.items()))]
    return f"reportgen.build({', '.join(words)})"
