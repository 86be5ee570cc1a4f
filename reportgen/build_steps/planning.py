"""From settings and facts to units of work: what is to be computed, decided without TensorFlow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from reportgen.analysis.ascent.dreams import DreamOptions, Dreams
from reportgen.analysis.ascent.filters import FilterOptions, Filters
from reportgen.analysis.cams.depth import CamsThroughDepth, DepthOptions
from reportgen.analysis.cams.difference import CamDifferences, DifferenceOptions
from reportgen.analysis.cams.gradcam import GradCamOptions, GradCams
from reportgen.analysis.choosing import check_filters
from reportgen.analysis.concepts.concepts import ConceptOptions, Concepts
from reportgen.analysis.decisions import (
    DecisionData,
    DecisionOptions,
    Decisions,
    decisive_channels,
)
from reportgen.analysis.feature_maps.activations import ActivationOptions, Activations
from reportgen.analysis.feature_maps.grids import ActivationData
from reportgen.analysis.feature_maps.responses import strongest_channels
from reportgen.analysis.heatmap_trust.sanity_checks import Sanity
from reportgen.analysis.heatmap_trust.trust import Trust, TrustOptions
from reportgen.analysis.options import Feed, Opening
from reportgen.analysis.request import Request
from reportgen.analysis.robustness.robustness import Robustness, RobustnessOptions
from reportgen.analysis.top_images.exemplars import ExemplarOptions, Exemplars
from reportgen.analysis.top_images.scan import Scan
from reportgen.analysis.top_images.scan_pass import ScanOptions
from reportgen.analysis.weights.kernels import KernelOptions, Kernels
from reportgen.config import Settings
from reportgen.evenly_spaced import spread
from reportgen.execution.runner import OptionsT, Outcome, Plan
from reportgen.execution.store import Stored
from reportgen.execution.units import Unit
from reportgen.records.model import Model
from reportgen.records.report import Skipped

DataT = TypeVar("DataT")

MOST_COMPARED = 24
"""Images whose activations tell which channels respond most."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The plans for all sections, and what was left out of them and why."""

    activations: Plan[ActivationOptions]
    filters: Plan[FilterOptions]
    gradcam: Plan[GradCamOptions]
    depth: Plan[DepthOptions]
    differences: Plan[DifferenceOptions]
    exemplars: Plan[ExemplarOptions]
    kernels: Plan[KernelOptions]
    trust: Plan[TrustOptions]
    sanity: Plan[TrustOptions]
    dreams: Plan[DreamOptions]
    decisions: Plan[DecisionOptions]
    robustness: Plan[RobustnessOptions]
    concepts: Plan[ConceptOptions]
    skipped: Sequence[Skipped]
    explained: Plan[GradCamOptions] = field(default_factory=lambda: Plan(GradCams(), []))
    """Grad-CAMs that mistakes lack; known only when the class scores are."""

    @property
    def units(self) -> list[Unit[Any]]:
        """All units, by section."""
        return [unit for plan in (*self.plans, self.explained) for unit in plan.units]

    @property
    def plans(self) -> tuple[Plan[Any], ...]:
        """The plans that are known from the start, in the order in which they are run."""
        return *self.telling, *self.after_telling

    @property
    def telling(self) -> tuple[Plan[Any], ...]:
        """The plans whose results tell which channels get patterns and top images."""
        return self.activations, self.decisions

    @property
    def after_telling(self) -> tuple[Plan[Any], ...]:
        """All other plans."""
        return (
            self.gradcam,
            self.depth,
            self.differences,
            self.filters,
            self.exemplars,
            self.kernels,
            self.trust,
            self.sanity,
            self.dreams,
            self.robustness,
            self.concepts,
        )


def request_of(
    model: Model,
    opening: Opening,
    settings: Settings,
    photos: Sequence[str],
    data_set: Sequence[str] = (),
) -> Request:
    """What a report of the photos with these digests asks of the analyses.

    Exemplars come from the images of the `data_set`, from the photos where there is none.
    """
    feeding = settings.feeding.settled(model.preprocessing.highest)
    feed = Feed(opening, model.image_input, model.preprocessing.mode, feeding)
    shown = list(dict.fromkeys(photos)) if model.image_input else []
    return Request(model, feed, settings, shown, data_set or shown, bool(data_set))


def plan_scan(request: Request) -> Plan[ScanOptions]:
    """The scan of a data set: that of the top images, where there are any; may be empty."""
    if not request.data_set or request.no_image:
        return Plan(Scan(), [])
    exemplars, _ = Exemplars().plan(request)
    if exemplars.needs is not None:
        return exemplars.needs
    options = ScanOptions(
        feed=request.feed,
        measured=request.measured,
        answers=request.answers,
        values=request.values,
    )
    wanted = options.measured or options.answers or options.values
    photos = list(dict.fromkeys(request.searched)) if wanted else []
    return Scan().plan(request.model.sha256, photos, options)


def with_telling_channels(
    planned: Planned, request: Request, outcomes: Mapping[str, Outcome | None]
) -> Planned:
    """The plans with the channels that respond most and those that decide, now that both are known.

    `outcomes` are those of `Planned.telling`, by key.
    """
    mixed = request.settings.filter_method == "mixed" and planned.filters.units
    photos = spread(planned.activations.units, MOST_COMPARED) if mixed else []
    responses = strongest_channels(_finished(photos, outcomes, ActivationData))
    decisive: dict[str, list[int]] = {}
    if planned.decisions.units:
        asked = planned.decisions.units[0].options.layer
        by_path = {layer.path: layer for layer in request.model.layers}
        seen = _finished(planned.decisions.units, outcomes, DecisionData)
        decisive[by_path[asked].origin or asked] = decisive_channels(seen)
    return replace(
        planned,
        filters=Filters().plan(request, responses, decisive)[0],
        exemplars=Exemplars().plan(request, decisive)[0],
    )


def _finished(
    units: Sequence[Unit[Any]], outcomes: Mapping[str, Outcome | None], kind: type[DataT]
) -> Iterator[DataT]:
    """The data of the units that succeeded."""
    for unit in units:
        if isinstance(stored := outcomes[unit.key], Stored):
            yield stored.read(kind)


def without_telling_channels(planned: Planned, request: Request) -> tuple[Planned, int]:
    """The plans without what depends on channels not known yet, and how many units these are."""
    filters, exemplars = planned.filters.units, planned.exemplars.units
    if request.settings.filter_method == "mixed":
        filters = [unit for unit in filters if unit.options.method == "classic"]
    if planned.decisions.units:
        exemplars = []
    waiting = len(planned.filters.units) - len(filters)
    waiting += len(planned.exemplars.units) - len(exemplars)
    return replace(
        planned,
        filters=replace(planned.filters, units=filters),
        exemplars=replace(planned.exemplars, units=exemplars),
    ), waiting


def plan(request: Request) -> Planned:
    """Plan all sections.

    Raises SettingsError or ModelError when a layer or class that was asked for is not there.
    """
    check_filters(request.model.layers, request.layers, request.settings)
    skipped: list[Skipped] = []

    def noted(planned: tuple[Plan[OptionsT], list[Skipped]]) -> Plan[OptionsT]:
        skipped.extend(planned[1])
        return planned[0]

    return Planned(
        gradcam=noted(GradCams().plan(request)),
        activations=noted(Activations().plan(request)),
        filters=noted(Filters().plan(request)),
        depth=CamsThroughDepth().plan(request),
        differences=CamDifferences().plan(request),
        exemplars=noted(Exemplars().plan(request)),
        kernels=noted(Kernels().plan(request)),
        trust=noted(Trust().plan(request)),
        sanity=Sanity().plan(request),
        dreams=noted(Dreams().plan(request)),
        decisions=noted(Decisions().plan(request)),
        robustness=noted(Robustness().plan(request)),
        concepts=noted(Concepts().plan(request)),
        skipped=skipped,
    )
