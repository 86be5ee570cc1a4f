"""From settings and facts to units of work: what is to be computed, decided without TensorFlow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reportgen.analysis.ascent.dreams import DreamOptions, Dreams
from reportgen.analysis.ascent.filters import FilterOptions, Filters
from reportgen.analysis.cams.depth import CamsThroughDepth, DepthOptions
from reportgen.analysis.cams.difference import CamDifferences, DifferenceOptions
from reportgen.analysis.cams.gradcam import GradCamOptions, GradCams
from reportgen.analysis.choosing import check_filters
from reportgen.analysis.concepts.concepts import ConceptOptions, Concepts
from reportgen.analysis.decisions import DecisionOptions, Decisions
from reportgen.analysis.feature_maps.activations import ActivationOptions, Activations
from reportgen.analysis.feature_maps.grids import ActivationData
from reportgen.analysis.feature_maps.responses import strongest_channels
from reportgen.analysis.heatmap_trust.sanity_checks import Sanity
from reportgen.analysis.heatmap_trust.trust import Trust, TrustOptions
from reportgen.analysis.options import Feed, Opening
from reportgen.analysis.request import Request
from reportgen.analysis.robustness.robustness import Robustness, RobustnessOptions
from reportgen.analysis.top_images.exemplars import ExemplarOptions, Exemplars
from reportgen.analysis.top_images.scan import Scan, ScanOptions
from reportgen.analysis.weights.kernels import KernelOptions, Kernels
from reportgen.config import Settings
from reportgen.evenly_spaced import spread
from reportgen.execution.runner import OptionsT, Outcome, Plan
from reportgen.execution.store import Stored
from reportgen.execution.units import Unit
from reportgen.records.model import Model
from reportgen.records.report import Skipped

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
        return self.activations, *self.after_activations

    @property
    def after_activations(self) -> tuple[Plan[Any], ...]:
        """All plans but that of the activations."""
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
            self.decisions,
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
    options = ScanOptions(feed=request.feed, measured=request.measured, answers=request.answers)
    wanted = options.measured or options.answers
    photos = list(dict.fromkeys(request.searched)) if wanted else []
    return Scan().plan(request.model.sha256, photos, options)


def with_responses(
    planned: Planned, request: Request, outcomes: Mapping[str, Outcome | None]
) -> Planned:
    """The plans for the channels that respond most, now that activations are known."""
    if request.settings.filter_method != "mixed" or not planned.filters.units:
        return planned
    photos = spread(planned.activations.units, MOST_COMPARED)
    seen = (outcomes[unit.key] for unit in photos)
    responses = strongest_channels(
        stored.read(ActivationData) for stored in seen if isinstance(stored, Stored)
    )
    return replace(planned, filters=Filters().plan(request, responses)[0])


def without_responses(planned: Planned, request: Request) -> tuple[Planned, int]:
    """The plans without the patterns of channels that are not known yet, and how many these are."""
    units = planned.filters.units
    if request.settings.filter_method != "mixed":
        return planned, 0
    known = [unit for unit in units if unit.options.method == "classic"]
    filters = replace(planned.filters, units=known)
    return replace(planned, filters=filters), len(units) - len(known)


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
