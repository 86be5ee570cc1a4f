"""The engine that computes a build: this process, or a Ray cluster."""

import contextlib
import pickle
from collections.abc import Iterator, Sequence
from typing import Any

from reportgen.analysis.parcel import Parcel
from reportgen.analysis.workbench import Workbench
from reportgen.config import Settings
from reportgen.errors import ReportgenError
from reportgen.execution.runner import Engine, Local
from reportgen.execution.units import Unit
from reportgen.hardware.engines import all_versions


@contextlib.contextmanager
def engine_of(settings: Settings) -> Iterator[Engine]:
    """The engine that the settings ask for; what it has started ends with the block."""
    if settings.runner == "local":
        yield Local()
        return
    from reportgen.execution.ray_engine import RayEngine

    engine = RayEngine(
        settings.workers,
        pack,
        all_versions,
        with_gpus=settings.device != "cpu",
        shared=settings.cache_dir is not None,
    )
    try:
        yield engine
    finally:
        engine.close()


def pack(bench: Workbench, units: Sequence[Unit[Any]], needs: bool) -> Parcel:
    """What a worker needs for some units. Raises ReportgenError where it cannot be sent."""
    digests = dict.fromkeys(digest for unit in units for digest in unit.photos)
    try:
        return Parcel.of(bench, digests, needs=needs)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ReportgenError(
            "--runner ray: the model has code of this session that cannot be sent to other "
            "processes; save the model to a file, and its classes to a module (--custom-objects)."
        ) from error
