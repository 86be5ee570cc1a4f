"""From finished units to a Report, with their pictures copied to where its pages expect them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import ceil, isfinite, sqrt
from pathlib import Path
from typing import Any, NamedTuple

from reportgen.analysis.ascent.dreams import DreamData, DreamOptions
from reportgen.analysis.ascent.filters import FilterOptions, PatternData, kind_of
from reportgen.analysis.feature_maps.grids import ActivationData, Grid, SingleChannel
from reportgen.analysis.feature_maps.health import HealthTally
from reportgen.analysis.feature_maps.layer_similarity import LayerMeans
from reportgen.analysis.finite import tells_classes
from reportgen.analysis.photos import PhotoData, PhotoOptions
from reportgen.analysis.weights.kernels import KernelData, KernelOptions
from reportgen.assembly.answers import said_by_outputs
from reportgen.assembly.heatmaps import cam_records
from reportgen.assembly.smaller_grids import AS_IT_IS, Smaller
from reportgen.execution.runner import Failure, Outcome
from reportgen.execution.store import Stored
from reportgen.execution.units import Unit
from reportgen.file_names import slugs
from reportgen.inputs.photos.images import ImageFile
from reportgen.records.filters import Dream, Filter, Gallery, Kernel, StartImage
from reportgen.records.image import Activations, Channel, Image, Prediction
from reportgen.records.model import Model
from reportgen.records.report import Skipped


class CopiedPicture(NamedTuple):
    """A picture's path in the report, its width and its height in pixels."""

    picture: str
    width: int
    height: int


class Assembly:
    """Collects the records of a report in `folder` and copies its pictures there."""

    def __init__(self, folder: Path, model: Model, smaller: Smaller = AS_IT_IS) -> None:
        self.folder = folder
        self.model = model
        self.smaller = smaller
        self.skipped: list[Skipped] = []
        self.warnings: list[str] = []
        self.health = HealthTally()
        self.means = LayerMeans(model.layers)
        self.refused: Mapping[str, str] = {}
        """Kinds of heatmap that are left out, with the reason of each."""
        self._layers = slugs([layer.path for layer in model.layers])

    def layer_slug(self, path: str) -> str:
        """The layer's name in the names of its pictures."""
        return self._layers[path]

    def copy(self, stored: Stored, name: str, target: str) -> str:
        """Copy a unit's file to `target` with the file's own extension; returns its path."""
        path = f"{target}{Path(name).suffix}"
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(stored.read_file(name))
        return path

    def copy_picture(self, stored: Stored, name: str, target: str) -> CopiedPicture:
        """Copy a unit's picture, see `copy`, and read its size."""
        from reportgen.pictures.encode import read_rgb

        height, width = read_rgb(stored.read_file(name)).shape[:2]
        return CopiedPicture(self.copy(stored, name, target), width, height)

    def image(
        self,
        file: ImageFile,
        slug: str,
        photo: tuple[Unit[PhotoOptions], Stored],
        activations: Outcome | None,
        gradcam: Sequence[Outcome],
        top: int,
    ) -> Image:
        """The record of one image; what failed is noted and left out.

        `gradcam` has the classes explained by default, then each explained besides.
        """
        (unit, stored), name = photo, file.name
        about = stored.read(PhotoData)
        base = f"pictures/images/{slug}"
        finished = self.usable(activations, "activations of", name)
        seen = finished.read(ActivationData) if finished else None
        cams = [heatmap for part in gradcam if (heatmap := self.usable(part, "Grad-CAM of", name))]
        network = "network.png"
        lost = seen is not None and self._is_lost(seen)
        if seen is not None:
            self._count(unit.photo, seen.activations)
        values, others = said_by_outputs(self.model, seen, top) if seen else ([], [])
        return Image(
            name=name,
            sha256=unit.photo,
            group=file.group,
            true_class=file.true_class,
            width=about.width,
            height=about.height,
            note=about.note,
            photo=self.copy(stored, about.photo, f"{base}/photo"),
            photo_width=about.photo_width,
            photo_height=about.photo_height,
            network_photo=self.copy(stored, network, f"{base}/network")
            if stored.size(network)
            else None,
            predictions=self._predictions(seen, top) if seen and not lost else [],
            not_finite=lost,
            activations=self._grids(finished, seen.activations, base) if finished and seen else [],
            values=values,
            others=others,
            gradcam=[cam for part in cams for cam in cam_records(self, part, seen, base)],
        )

    def count(self, digest: str, activations: Outcome | None) -> None:
        """Take an image that the report does not show into the statistics over all images."""
        if isinstance(activations, Stored):
            self._count(digest, activations.read(ActivationData).activations)

    def _count(self, digest: str, grids: Sequence[Grid]) -> None:
        self.health.add(grids)
        self.means.add(digest, grids)

    def usable(self, outcome: Outcome | None, what: str, name: str) -> Stored | None:
        """The outcome if it is no failure; a failure is noted."""
        if isinstance(outcome, Failure):
            self.skipped.append(Skipped(what=what, name=name, reason=outcome.reason))
            return None
        return outcome

    def _is_lost(self, seen: ActivationData) -> bool:
        """Whether the output that is explained gives no numbers."""
        own = [
            seen.outputs.get(output.name) or () for output in self.model.outputs if output.explained
        ]
        return not tells_classes(seen.scores, seen.probabilities) or not all(
            map(isfinite, (number for numbers in own for number in numbers))
        )

    def _predictions(self, seen: ActivationData, top: int) -> list[Prediction]:
        scores, probabilities = seen.scores, seen.probabilities
        order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:top]
        return [
            Prediction(
                index=i,
                label=self.model.labels[i],
                probability=probabilities[i] if probabilities else None,
                score=scores[i] if isfinite(scores[i]) else None,
            )
            for i in order
        ]

    def _grids(self, stored: Stored, grids: Sequence[Grid], base: str) -> list[Activations]:
        return [self._grid(stored, grid, base) for grid in grids]

    def _grid(self, stored: Stored, grid: Grid, base: str) -> Activations:
        slug = self._layers[grid.layer]
        picture = self.copy(stored, grid.picture, f"{base}/layers/{slug}")
        singles = tuple(
            self._single(stored, channel, f"{base}/channels/{slug}-{channel.channel}")
            for channel in grid.singles
        )
        grid, left_out = self.smaller.redraw(self.folder / picture, grid)
        return Activations(
            layer=grid.layer,
            channels=grid.channels,
            shown=grid.shown,
            size=list(grid.size),
            map_size=list(grid.map_size),
            inactive_channels=grid.inactive_channels,
            inactive=grid.inactive,
            sparsity=grid.sparsity,
            low=grid.low,
            high=grid.high,
            picture=picture,
            width=grid.width,
            height=grid.height,
            columns=grid.columns,
            margin=grid.margin,
            means=grid.means,
            deviations=grid.deviations,
            lows=grid.lows,
            highs=grid.highs,
            singles=singles,
            left_out=left_out,
        )

    def _single(self, stored: Stored, channel: SingleChannel, target: str) -> Channel:
        bar = channel.colorbar
        return Channel(
            channel=channel.channel,
            low=channel.low,
            high=channel.high,
            inactive=channel.inactive,
            picture=self.copy(stored, channel.picture, target),
            colorbar=self.copy(stored, bar, f"{target}-scale") if bar else None,
        )

    def filters(
        self,
        units: Sequence[Unit[FilterOptions]],
        outcomes: Mapping[str, Outcome],
        columns: int | None,
        margin: int,
    ) -> tuple[list[Filter], list[Gallery]]:
        """The filters of all layers, and a gallery picture for each layer and kind of pattern."""
        grouped: dict[tuple[str, str], list[tuple[int, Outcome]]] = {}
        for unit in units:
            group = unit.options.layer, kind_of(unit.options)
            grouped.setdefault(group, []).append((unit.options.channel, outcomes[unit.key]))
        filters: list[Filter] = []
        galleries: list[Gallery] = []
        for (layer, method), found in grouped.items():
            kept = self.smaller.kept(layer, [channel for channel, _ in found])
            usable = [(channel, outcome) for channel, outcome in found
                      if isinstance(outcome, Stored) and channel in kept]  # fmt: skip
            failed = [outcome for _, outcome in found if isinstance(outcome, Failure)]
            if failed:
                reason = f"{len(failed)} of {len(found)} patterns failed: {failed[0].reason}"
                self.skipped.append(Skipped(what="filters of", name=layer, reason=reason))
            if usable:
                square = method == "classic-block"
                across = ceil(sqrt(len(usable))) if square else columns
                gallery, records = self._gallery(layer, method, usable, across, margin)
                galleries.append(gallery)
                filters += records
        return filters, galleries

    def start_images(
        self, units: Sequence[Unit[FilterOptions]], outcomes: Mapping[str, Outcome]
    ) -> list[StartImage]:
        """What ascents start from: one image for each method, of its first filter."""
        records = []
        for unit in units:
            stored, options = outcomes[unit.key], unit.options
            if options.start and isinstance(stored, Stored):
                target = f"pictures/filters/start--{options.method}"
                copied = self.copy_picture(stored, "start.png", target)
                records.append(
                    StartImage(
                        method=options.method,
                        layer=options.layer,
                        channel=options.channel,
                        picture=copied.picture,
                        width=copied.width,
                        height=copied.height,
                    )
                )
        return records

    def dreams(
        self,
        names: Mapping[str, str],
        units: Sequence[Unit[DreamOptions]],
        outcomes: Mapping[str, Outcome],
    ) -> list[Dream]:
        """The dreams, photo by photo; `names` are those of the images by their digests."""
        records = []
        for at, unit in enumerate(units):
            name, path = names[unit.photo], unit.options.layer
            if stored := self.usable(outcomes[unit.key], f"dream of {path} on", name):
                target, data = f"pictures/dreams/{at}", stored.read(DreamData)
                records.append(
                    Dream(
                        image=name,
                        layer=path,
                        channel=unit.options.channel,
                        status=data.status,
                        response_start=data.response_start,
                        response_end=data.response_end,
                        steps=unit.options.steps,
                        octaves=data.octaves,
                        original=self.copy(stored, "original.jpg", f"{target}-original"),
                        picture=self.copy(stored, "picture.jpg", f"{target}-picture"),
                        width=data.width,
                        height=data.height,
                    )
                )
        return records

    def kernels(
        self, units: Sequence[Unit[KernelOptions]], outcomes: Mapping[str, Outcome]
    ) -> list[Kernel]:
        """The weights of each convolution layer."""
        records = []
        for unit in units:
            path = unit.options.layer
            if stored := self.usable(outcomes[unit.key], "kernels of", path):
                picture = self.copy(stored, "kernel.png", f"pictures/kernels/{self._layers[path]}")
                data = stored.read(KernelData)
                records.append(Kernel(layer=path, picture=picture, **asdict(data)))
        return records

    def _gallery(
        self,
        path: str,
        method: str,
        found: Sequence[tuple[int, Stored]],
        columns: int | None,
        margin: int,
    ) -> tuple[Gallery, list[Filter]]:
        import numpy as np

        from reportgen.pictures.encode import read_rgb, rgba_png
        from reportgen.pictures.tiles import GridLayout, gallery, squares

        layer = next(candidate for candidate in self.model.layers if candidate.path == path)
        patterns = squares(
            np.stack([read_rgb(stored.read_file("pattern.png")) for _, stored in found])
        )
        size = patterns.shape[1]
        about_each = [stored.read(PatternData) for _, stored in found]
        present = np.array([pattern.status != "silent" for pattern in about_each])
        end = "" if method == "classic" else f"--{method}"
        picture = f"pictures/filters/{self._layers[path]}{end}.png"
        (self.folder / picture).parent.mkdir(parents=True, exist_ok=True)
        facets = len(found) // len({channel for channel, _ in found})
        if columns is not None and facets > 1:  # those of a filter stay in one row
            columns = max(1, columns // facets) * facets
        drawn = gallery(patterns, columns, margin, present)
        (self.folder / picture).write_bytes(rgba_png(drawn))
        layout = GridLayout.fit(len(found), size, size, columns, margin)
        shared: dict[str, Any] = {
            "layer": path,
            "block": layer.block,
            "method": method,
            "picture": picture,
        }
        about = Gallery(
            **shared,
            filters=layer.channels or 0,
            shown=len(found),
            width=layout.width,
            height=layout.height,
            columns=layout.columns,
            margin=margin,
            size=size,
        )
        records = [
            Filter(**shared, channel=channel, tile=tile, **asdict(data))
            for tile, ((channel, _), data) in enumerate(zip(found, about_each, strict=True))
        ]
        return about, records
