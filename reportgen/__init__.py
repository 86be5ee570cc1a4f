"""A static report of what a trained Keras image model sees.

`build` makes a report of a model and images, `compare` compares reports, `inspect` tells what a
model is made of. Importing the package imports neither TensorFlow nor Keras.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.version import __version__

if TYPE_CHECKING:
    from reportgen.api.callback import ReportCallback
    from reportgen.api.comparing import ComparisonPages
    from reportgen.api.finished import Report
    from reportgen.errors import ReportgenError
    from reportgen.records.model import Model

__all__ = [
    "Report",
    "ReportCallback",
    "ReportgenError",
    "__version__",
    "build",
    "compare",
    "inspect",
]

_LAZY = {
    "ReportCallback": "reportgen.api.callback",
    "Report": "reportgen.api.finished",
    "ReportgenError": "reportgen.errors",
}


def build(
    model: Any,
    images: Any,
    *,
    out: str | Path | None = None,
    class_names: Sequence[str] | None = None,
    progress: bool = True,
    config: str | Path | None = None,
    **options: Any,
) -> "Report":
    """Make the report of a model and images.

    Args:
        model: A `keras.Model`, a model file, or the name of a network of `keras.applications`.
            A model in memory is saved to a temporary file; it may go on training afterwards.
        images: A file, a folder or a glob; an array (H, W), (H, W, C) or (N, H, W, C); a Pillow
            image; a mapping from names to images; or a list, `tf.data.Dataset` or
            `keras.utils.PyDataset` of images, of batches, or of pairs with labels. Integers are
            pixel values 0..255. Floats in 0..1, -1..1 or 0..255 are fed to the network as they
            are, rounded to 256 levels.
        out: Folder of the report; a temporary one that lives as long as the report by default.
        class_names: The names of the classes, in the order of the model's output.
        progress: Whether to show what is being done.
        config: A TOML file with further options.
        options: The options of `reportgen build`, with underscores: `profile="quick"`,
            `sections=["activations", "gradcam"]`, `top=3`; `--class` is `target_class`.

    Returns:
        The report, which shows itself in a notebook.

    Raises:
        ReportgenError: Something that the user can mend, in one sentence.

    The session stays as it was: its backend, seeds, determinism, warnings and log levels.
    """
    from reportgen.api.building import build as make

    return make(
        model,
        images,
        out=out,
        class_names=class_names,
        progress=progress,
        config=config,
        **options,
    )


def compare(
    *reports: Any,
    images: Any = None,
    out: str | Path | None = None,
    progress: bool = True,
    config: str | Path | None = None,
    **options: Any,
) -> "ComparisonPages":
    """Compare two reports, or the course over more.

    Args:
        reports: Reports, their folders or zips, or models; the first is the baseline.
        images: The images that models are shown, as of `build`; their reports are built first.
        out: Folder of the comparison; a temporary one by default.
        progress: Whether to show what is being done.
        config: A TOML file with further options.
        options: The options of `reportgen compare`, with underscores.

    Returns:
        The comparison, which shows itself in a notebook.

    Raises:
        ReportgenError: Something that the user can mend, in one sentence.

    """
    from reportgen.api.comparing import compare as make

    return make(*reports, images=images, out=out, progress=progress, config=config, **options)


def inspect(model: Any, *, config: str | Path | None = None, **options: Any) -> "Model":
    """What a model is made of: layers, inputs, outputs, preprocessing.

    `model` and `options` are as of `build`. Raises ReportgenError.
    """
    from reportgen.api.building import inspect as look

    return look(model, config=config, **options)


def __getattr__(name: str) -> Any:
    """The classes, imported when they are first used."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
