"""From finished units to a Report, with their pictures copied to where its pages expect them."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reportgen.execution.runner import Failure, Outcome
from reportgen.execution.store import Stored
from reportgen.execution.units import Unit
from reportgen.inputs.images import ImageFile
from reportgen.report.names import slugs
from reportgen.results import (
    Activations,
    Filter,
    Gallery,
    GradCam,
    Image,
    Model,
    Prediction,
    Skipped,
)


class Assembly:
    """Collects the records of a report in `folder` and copies its pictures there."""

    def __init__(self, folder: Path, model: Model) -> None:
        self.folder = folder
        self.model = model
        self.skipped: list[Skipped] = []
        self.warnings: list[str] = []
        self._layers = slugs([layer.path for layer in model.layers])

    def _copy(self, stored: Stored, name: str, target: str) -> str:
        """Copy a unit's file to `target` with the file's own extension; returns its path."""
        path = f"{target}{Path(name).suffix}"
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(stored.file(name), self.folder / path)
        return path

    def image(
        self,
        file: ImageFile,
        slug: str,
        photo: tuple[Unit, Stored],
        activations: Outcome | None,
        gradcam: Outcome | None,
        top: int,
    ) -> Image:
        """The record of one image; what failed is noted and left out."""
        (unit, stored), name = photo, file.name
        base = f"pictures/{slug}"
        seen = self._usable(activations, "activations of", name)
        cams = self._usable(gradcam, "Grad-CAM of", name)
        network = "network.png"
        return Image(
            name=name,
            sha256=unit.inputs[0],
            group=file.group,
            width=stored.data["width"],
            height=stored.data["height"],
            note=stored.data["note"],
            photo=self._copy(stored, stored.data["photo"], f"{base}/photo"),
            photo_width=stored.data["photo_width"],
            photo_height=stored.data["photo_height"],
            network_photo=self._copy(stored, network, f"{base}/network")
            if stored.file(network).is_file()
            else None,
            predictions=self._predictions(seen, top) if seen else [],
            activations=self._grids(seen, base) if seen else [],
            gradcam=self._cams(cams, seen, base) if cams else [],
        )

    def _usable(self, outcome: Outcome | None, what: str, name: str) -> Stored | None:
        if isinstance(outcome, Failure):
            self.skipped.append(Skipped(what=what, name=name, reason=outcome.reason))
            return None
        return outcome

    def _predictions(self, seen: Stored, top: int) -> list[Prediction]:
        scores, probabilities = seen.data["scores"], seen.data["probabilities"]
        order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:top]
        return [
            Prediction(
                index=i,
                label=self.model.labels[i],
                probability=probabilities[i],
                score=scores[i],
            )
            for i in order
        ]

    def _grids(self, seen: Stored, base: str) -> list[Activations]:
        return [self._grid(seen, about, base) for about in seen.data["activations"]]

    def _grid(self, seen: Stored, about: Mapping[str, Any], base: str) -> Activations:
        slug = self._layers[about["layer"]]
        picture = self._copy(seen, about["picture"], f"{base}/layers/{slug}")
        singles = [
            {
                **one,
                "picture": self._copy(
                    seen, one["picture"], f"{base}/channels/{slug}-{one['channel']}"
                ),
                "colorbar": one["colorbar"]
                and self._copy(
                    seen, one["colorbar"], f"{base}/channels/{slug}-{one['channel']}-scale"
                ),
            }
            for one in about["singles"]
        ]
        return Activations.model_validate({**about, "picture": picture, "singles": singles})

    def _cams(self, cams: Stored, seen: Stored | None, base: str) -> list[GradCam]:
        records = []
        for about in cams.data["gradcam"]:
            index = about["index"]
            pictures = {
                key: about[key] and self._copy(cams, about[key], f"{base}/gradcam/{index}-{kind}")
                for key, kind in (("picture", "overlay"), ("heatmap", "heatmap"))
            }
            probability = seen.data["probabilities"][index] if seen else 0.0
            records.append(
                GradCam.model_validate(
                    {
                        **about,
                        **pictures,
                        "label": self.model.labels[index],
                        "probability": probability,
                    }
                )
            )
        return records

    def filters(
        self, units: Sequence[Unit], outcomes: Mapping[str, Outcome], columns: int
    ) -> tuple[list[Filter], list[Gallery]]:
        """The filters of all layers, and a gallery picture for each layer."""
        by_layer: dict[str, list[tuple[int, Outcome]]] = {}
        for unit in units:
            layer, channel = unit.options["layer"], unit.options["channel"]
            by_layer.setdefault(layer, []).append((channel, outcomes[unit.key]))
        filters: list[Filter] = []
        galleries: list[Gallery] = []
        for layer, found in by_layer.items():
            usable = [(channel, one) for channel, one in found if isinstance(one, Stored)]
            failed = [one for _, one in found if isinstance(one, Failure)]
            if failed:
                reason = f"{len(failed)} of {len(found)} patterns failed: {failed[0].reason}"
                self.skipped.append(Skipped(what="filters of", name=layer, reason=reason))
            if usable:
                gallery, records = self._gallery(layer, usable, columns)
                galleries.append(gallery)
                filters += records
        return filters, galleries

    def _gallery(
        self, path: str, found: Sequence[tuple[int, Stored]], columns: int
    ) -> tuple[Gallery, list[Filter]]:
        import numpy as np

        from reportgen.pictures.encode import read_rgb, rgba_png
        from reportgen.pictures.tiles import GridLayout, gallery

        layer = next(one for one in self.model.layers if one.path == path)
        patterns = np.stack([read_rgb(one.file("pattern.png")) for _, one in found])
        size = patterns.shape[1]
        present = np.array([one.data["status"] != "silent" for _, one in found])
        margin = 3
        picture = f"pictures/filters/{self._layers[path]}.png"
        (self.folder / picture).parent.mkdir(parents=True, exist_ok=True)
        drawn = gallery(patterns, columns, margin, present)
        (self.folder / picture).write_bytes(rgba_png(drawn))
        layout = GridLayout.fit(len(found), size, size, columns, margin)
        about = Gallery(
            layer=path,
            block=layer.block,
            filters=layer.channels or 0,
            shown=len(found),
            picture=picture,
            width=layout.width,
            height=layout.height,
            columns=layout.columns,
            margin=margin,
            size=size,
        )
        records = [
            Filter(
                layer=path,
                block=layer.block,
                channel=channel,
                score_start=one.data["score_start"],
                score_end=one.data["score_end"],
                method=one.data["method"],
                status=one.data["status"],
                picture=picture,
                tile=tile,
            )
            for tile, (channel, one) in enumerate(found)
        ]
        return about, records
