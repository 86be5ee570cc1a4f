"""Feature maps of a finished report as exact numbers, computed by the model that it was made of."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reportgen.analysis.workbench import Workbench
from reportgen.api.session import unchanged_session
from reportgen.build_steps.model_job import ModelJob
from reportgen.config import Settings
from reportgen.errors import InputChangedError, ReportgenError
from reportgen.inputs.model_files import identify
from reportgen.inputs.model_files.live_model import SessionCode
from reportgen.inputs.photos.images import find_images
from reportgen.progress import Silent
from reportgen.records.report import Report
from reportgen.user_files import hash_file


class ExactMaps:
    """The feature maps of a report's images; the model is opened when the first are asked for."""

    def __init__(
        self,
        model: str,
        images: Sequence[str],
        settings: Settings,
        session: SessionCode,
        report: Report,
    ) -> None:
        self._images, self._settings, self._report = images, settings, report
        file = identify(model, weights=settings.weights)
        if file.sha256 != report.model.sha256:
            raise InputChangedError(file.name)
        self._job = ModelJob(file, settings, Silent(), session)

    def __call__(self, layer: str, image: str) -> npt.NDArray[np.float32]:
        """The maps (H, W, channels) of the layer with this path for the image with this name.

        Raises ReportgenError where the layer has no maps.
        """
        digest = next(
            candidate.sha256 for candidate in self._report.images if candidate.name == image
        )
        with unchanged_session():
            network = self._bench.network
            if not network.has(layer) or network.map_channels(layer) is None:
                raise ReportgenError(
                    f"{layer} has no feature maps: its output is no stack of maps."
                )
            values = self._bench.prepare(self._bench.fed(digest)[None])
            behind, _ = network.run(values, [layer])
            maps = np.asarray(network.maps(behind[0], layer)[0], np.float32)
        return maps

    @cached_property
    def _bench(self) -> Workbench:
        model = self._report.model
        return Workbench(
            open=self._job.open,
            photos=self._files(),
            image_input=model.image_input,
            preprocess=model.preprocessing.mode,
            feeding=self._settings.feeding.settled(model.preprocessing.highest),
            batch_size=1,
        )

    def _files(self) -> dict[str, Path]:
        """The images by the digests of their bytes. Raises InputChangedError."""
        found, _ = find_images(self._images, ())
        files = {hash_file(image.path, image.path.stat().st_size)[0]: image.path for image in found}
        changed = [image.name for image in self._report.images if image.sha256 not in files]
        if changed:
            raise InputChangedError(changed[0])
        return files
