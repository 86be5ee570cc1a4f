"""A finished report as an object: its numbers as arrays, its pictures as Pillow images."""

import html
import shutil
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image as PillowImage

from reportgen.api.heatmaps import Floats, Heatmap, Heatmaps
from reportgen.api.names import Named, UnknownNameError, unknown_name
from reportgen.api.pictures import figure, read_picture, row
from reportgen.comparison.reading import parse
from reportgen.errors import OutputError, ReportgenError
from reportgen.records import image as image_records
from reportgen.records.model import Layer as LayerRecord
from reportgen.records.report import Report as ReportRecord
from reportgen.report.data_file import DATA_FILE
from reportgen.report.publishing.publish import check_output, staged

_SHOWN = 6
"""Photos that a report shows of itself in a notebook."""


@dataclass(frozen=True)
class Layer:
    """One layer of the network, and what the report shows of it."""

    report: "Report"
    record: LayerRecord

    def activations(self, image: str) -> Floats:
        """The layer's feature maps for an image, computed by the model: (H, W, channels).

        Raises ReportgenError for a report that was opened without its model.
        """
        return self.report.compute(self.record.path, self.report.image(image).name)

    def grid(self, image: str) -> PillowImage.Image:
        """The picture of all its channels for an image."""
        grids = self.report.image(image).activations
        found = [grid for grid in grids if grid.layer == self.record.path]
        if not found:
            raise UnknownNameError(f"The report shows no feature maps of {self.record.path}.")
        return read_picture(self.report.path, found[0].picture)

    @property
    def patterns(self) -> dict[int, PillowImage.Image]:
        """The pattern of each filter that has one, by channel: the first way that was taken."""
        made: dict[int, PillowImage.Image] = {}
        for gallery in self.report.data.galleries:
            if gallery.layer != self.record.path or made:
                continue
            sheet = read_picture(self.report.path, gallery.picture)
            step = gallery.size + gallery.margin
            for found in self.report.data.filters:
                if found.picture == gallery.picture and found.channel not in made:
                    row, column = divmod(found.tile, gallery.columns)
                    corner = (column * step, row * step)
                    far = (corner[0] + gallery.size, corner[1] + gallery.size)
                    made[found.channel] = sheet.crop((*corner, *far))
        return made

    def _repr_html_(self) -> str:
        tiles = list(self.patterns.items())[:16]
        about = f"{self.record.path}: {self.record.type}, {self.record.parameters:,} parameters"
        figures = row(figure(tile, f"channel {channel}") for channel, tile in tiles)
        return f"<p>{html.escape(about)}</p>{figures}"


class Report:
    """A finished report in a folder.

    `data` holds everything that the pages state, as in `report.json`.
    """

    def __init__(
        self,
        path: Path,
        *,
        owned: Sequence[TemporaryDirectory[str]] = (),
    ) -> None:
        self.path = path
        self._compute: Callable[[str, str], Floats] | None = None
        self._owned = list(owned)

    @classmethod
    def open(cls, folder: str | Path) -> "Report":
        """Open the report in a folder. Raises ReportgenError where there is none."""
        path = Path(folder)
        if not (path / DATA_FILE).is_file():
            raise OutputError(f"The folder {path.name} holds no report: it lacks {DATA_FILE}.")
        return cls(path)

    @cached_property
    def data(self) -> ReportRecord:
        """What the report states.

        Raises ReportgenError where this version cannot read it.
        """
        return parse((self.path / DATA_FILE).read_bytes(), self.path.name)

    @property
    def title(self) -> str:
        """The report's title."""
        return self.data.title

    @property
    def images(self) -> list[str]:
        """The names of the images, in the order of the report."""
        return list(self._images)

    @property
    def accuracy(self) -> float | None:
        """Share of the images of known class that are predicted right; None without such."""
        found = self.data.evaluation
        return None if found is None else found.accuracy

    @property
    def predictions(self) -> Mapping[str, list[image_records.Prediction]]:
        """The predictions for each image, the top class first."""
        return Named(self.images, "image", lambda name: self.image(name).predictions)

    @property
    def gradcam(self) -> Mapping[str, Heatmaps]:
        """The heatmaps of each image."""
        return Named(self.images, "image", self._heatmaps)

    @property
    def layers(self) -> Mapping[str, Layer]:
        """The layers of the network, by path."""
        known = {layer.path: layer for layer in self.data.model.layers}
        return Named(list(known), "layer", lambda path: Layer(self, known[path]))

    @property
    def evaluation(self) -> Any:
        """How the model does on images of known class; None without such."""
        return self.data.evaluation

    def image(self, name: str) -> image_records.Image:
        """What the report states of one image. Raises UnknownNameError."""
        if name not in self._images:
            raise unknown_name(name, list(self._images), "image")
        return self.data.images[self._images[name]]

    def photo(self, name: str) -> PillowImage.Image:
        """The photo as the pages show it."""
        return read_picture(self.path, self.image(name).photo)

    def compute(self, layer: str, image: str) -> Floats:
        """The exact feature maps of a layer for an image: (H, W, channels)."""
        if self._compute is None:
            raise ReportgenError(
                "The feature maps as numbers need the model: build the report in this session "
                "with reportgen.build. The pictures are there, as layers[…].grid(…)."
            )
        return self._compute(layer, image)

    def compute_by(self, compute: Callable[[str, str], Floats]) -> None:
        """Let a function compute the feature maps of a layer's path and an image's name."""
        self._compute = compute

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Copy the report to a folder, in place of an older report there; returns the folder.

        `force` puts it beside other things that the folder holds. Raises OutputError.
        """
        target = Path(folder)
        if target.resolve() != self.path.resolve():
            check_output(target, force=force)
            with staged(target) as aside:
                shutil.copytree(self.path, aside, dirs_exist_ok=True)
        return target

    def show(self) -> None:
        """Open the report in the browser."""
        webbrowser.open(self.page.resolve().as_uri())

    @property
    def page(self) -> Path:
        """The page to open first, or the report's data where it has no page."""
        names = ("index.html", "report.html", "report.pdf", "report.ipynb", DATA_FILE)
        return next(self.path / name for name in names if (self.path / name).exists())

    def log_to_mlflow(self, **options: Any) -> None:
        """Log the report to the active MLflow run; see `reportgen.api.tracking`."""
        from reportgen.api.tracking import log_to_mlflow

        log_to_mlflow(self, **options)

    def log_to_wandb(self, **options: Any) -> None:
        """Log the report to a Weights & Biases run; see `reportgen.api.tracking`."""
        from reportgen.api.tracking import log_to_wandb

        log_to_wandb(self, **options)

    def log_to_tensorboard(self, folder: str | Path, **options: Any) -> None:
        """Log the report for TensorBoard; see `reportgen.api.tracking`."""
        from reportgen.api.tracking import log_to_tensorboard

        log_to_tensorboard(self, Path(folder), **options)

    def numbers(self) -> dict[str, float]:
        """The headline numbers: parameters, images, accuracy, silent channels, where known."""
        found: dict[str, float] = {
            "parameters": self.data.model.parameters,
            "images": len(self._images),
        }
        if self.accuracy is not None:
            found["accuracy"] = self.accuracy
        if self.data.health is not None:
            found["silent_channels"] = self.data.health.silent
        return found

    def __repr__(self) -> str:
        return f"<reportgen.Report “{self.title}”: {len(self._images)} images in {self.path}>"

    def _repr_html_(self) -> str:
        model = self.data.model
        facts = [f"{model.parameters:,} parameters", f"{len(self._images)} images"]
        if self.accuracy is not None:
            facts.append(f"accuracy {self.accuracy:.1%}")
        figures = []
        for name in self.images[:_SHOWN]:
            figures.append(figure(self.photo(name), name))
            maps = [heatmap for heatmap in self._heatmaps(name) if heatmap.record.picture]
            figures += [figure(heatmap.overlay, _said_of(heatmap)) for heatmap in maps[:1]]
        link = html.escape(self.page.resolve().as_uri())
        return (
            f"<h3>{html.escape(self.title)}</h3><p>{html.escape(' · '.join(facts))} · "
            f'<a href="{link}" target="_blank">open the report</a></p>{row(figures)}'
        )

    @cached_property
    def _images(self) -> dict[str, int]:
        return {image.name: at for at, image in enumerate(self.data.images)}

    def _heatmaps(self, name: str) -> Heatmaps:
        return Heatmaps([Heatmap(self.path, cam) for cam in self.image(name).gradcam])


def _said_of(heatmap: Heatmap) -> str:
    share = heatmap.record.probability
    return heatmap.label if share is None else f"{heatmap.label}, {share:.1%}"
