"""From the outcomes of a build to its Report, and to the digest of all that it is made from."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reportgen.assembly.assembly import Assembly
from reportgen.assembly.checked_maps import refused_maps, told
from reportgen.assembly.fitting import EVERYTHING, Reduction, by_variance
from reportgen.assembly.heatmaps import with_cams
from reportgen.assembly.smaller_grids import Smaller, light_sides, said
from reportgen.build_steps.composing.behaviour import BehaviourRecords, compose_behaviour
from reportgen.build_steps.composing.channels import ChannelRecords, compose_channels
from reportgen.build_steps.composing.explanations import ExplanationRecords, compose_explanations
from reportgen.build_steps.composing.features import FeatureRecords, compose_features
from reportgen.build_steps.composing.results import ResultRecords, compose_results
from reportgen.build_steps.computing import Computed
from reportgen.build_steps.context import BuildContext
from reportgen.build_steps.origin import origin_of
from reportgen.build_steps.report_title import report_title
from reportgen.config import Settings
from reportgen.errors import ReportgenError
from reportgen.execution.store import Stored
from reportgen.file_names import slugs
from reportgen.hardware.engines import versions
from reportgen.records.filters import Dream
from reportgen.records.image import Image
from reportgen.records.images_on_disk import keep_images
from reportgen.records.model import Model
from reportgen.records.on_disk import KeptFile
from reportgen.records.report import Environment, Report, Skipped
from reportgen.report.notes.pictures import IllustratedNotes
from reportgen.report.sections.table import TABLE, Section
from reportgen.version import __version__


@dataclass(frozen=True, kw_only=True)
class _Records:
    """The records of all sections, and what is left out of the report."""

    images: Sequence[Image]
    channels: ChannelRecords
    explanations: ExplanationRecords
    behaviour: BehaviourRecords
    features: FeatureRecords
    results: ResultRecords
    dreams: list[Dream]
    skipped: list[Skipped]


def compose(
    context: BuildContext,
    computed: Computed,
    folder: Path,
    command: str,
    reduction: Reduction = EVERYTHING,
) -> Report:
    """Collect all results into a Report, its pictures in `folder`; `reduction` keeps it small."""
    records = _records(context, computed, folder, reduction)
    _check_strict(context.settings, records.skipped, computed.inputs.facts, records.images)
    notes = context.notes.illustrated(folder)
    report = _report(context, computed, records, notes, command)
    chosen = [section for section in TABLE if section.key in context.settings.chosen_sections]
    made = [section.key for section in chosen if has_results(report, section)]
    return report.model_copy(update={"sections": made})


def has_results(report: Report, section: Section) -> bool:
    """Whether the record of a section holds anything: of the report, or of any of its images."""
    holders = [report] if section.page else report.images
    return any(getattr(holder, section.record) for holder in holders)


def _records(
    context: BuildContext, computed: Computed, folder: Path, reduction: Reduction
) -> _Records:
    """The records of all sections, their pictures in `folder`."""
    inputs, planned, outcomes = computed.inputs, computed.planned, computed.outcomes
    settings = context.settings
    activations = (outcomes[unit.key] for unit in planned.activations.units)
    grids = [outcome for outcome in activations if isinstance(outcome, Stored)]
    sides = {} if settings.full_resolution else light_sides(grids)
    assembly = Assembly(folder, inputs.facts, _smaller(reduction, sides, grids))
    kinds = {cam for unit in planned.gradcam.units[:1] for cam in unit.options.cams}
    assembly.refused = refused_maps(sorted(kinds), planned.sanity.units, outcomes)
    assembly.skipped += told(assembly.refused)
    images = keep_images(
        _images(assembly, computed, reduction, settings.top), KeptFile(folder.parent)
    )
    records = _Records(
        images=images,
        channels=compose_channels(context, computed, assembly),
        explanations=compose_explanations(computed, assembly, reduction),
        behaviour=compose_behaviour(context, computed, assembly),
        features=compose_features(settings, computed, folder),
        results=compose_results(context, computed, assembly, images),
        dreams=assembly.dreams(inputs.names, planned.dreams.units, outcomes),
        skipped=[],
    )
    return replace(
        records,
        skipped=[
            *context.log.skipped,
            *assembly.skipped,
            *records.features.skipped,
            *records.behaviour.skipped,
            *said(sides),
            *reduction.said(len(inputs.photos), settings.max_size or ""),
            *records.results.skipped,
        ],
    )


def _report(
    context: BuildContext,
    computed: Computed,
    records: _Records,
    notes: IllustratedNotes,
    command: str,
) -> Report:
    """The Report of these records; `compose` adds which sections it has."""
    inputs, settings, log = computed.inputs, context.settings, context.log
    return Report(
        generator=f"reportgen {__version__}",
        created=context.created.isoformat().replace("+00:00", "Z"),
        title=settings.title or report_title(inputs.facts),
        author=settings.author,
        notes=notes.text,
        note_pictures=list(notes.pictures),
        environment=Environment(
            python=platform.python_version(), device=inputs.device, **versions(context.job.engine)
        ),
        command=command,
        settings=settings.for_report,
        sections=[],
        model=inputs.facts,
        images=records.images,
        filters=records.channels.filters,
        galleries=records.channels.galleries,
        start_images=records.channels.start_images,
        kernels=records.channels.kernels,
        trust=records.explanations.trust,
        dreams=records.dreams,
        decisions=records.explanations.decisions,
        image_map=records.features.image_map,
        confusions=records.features.confusions,
        sparsity_chart=records.results.sparsity_chart,
        evaluation=records.results.evaluation,
        regression=records.results.regression,
        health=records.results.health,
        similarity=records.behaviour.similarity,
        robustness=records.behaviour.robustness,
        concepts=records.behaviour.concepts,
        exemplars=records.channels.exemplars,
        skipped=records.skipped,
        warnings=[*log.warnings, *notes.warnings],
        timings={} if context.reproducible else log.timings,
        timing_notes=[] if context.reproducible else context.bench.notes,
    )


def _images(
    assembly: Assembly, computed: Computed, reduction: Reduction, top: int
) -> Iterator[Image]:
    """The records of the images that are shown; the others are counted."""
    inputs, planned, outcomes = computed.inputs, computed.planned, computed.outcomes
    grids, depth, differences = (
        {unit.photo: unit.key for unit in part.units}
        for part in (planned.activations, planned.depth, planned.differences)
    )
    cams: dict[str, list[str]] = {}
    for unit in (*planned.gradcam.units, *planned.explained.units):
        cams.setdefault(unit.photo, []).append(unit.key)
    shown = {digest for _, digest in reduction.shown(inputs.photos)}
    names = slugs([image.name for image, _ in inputs.photos])
    for image, digest in inputs.photos:
        seen = outcomes.get(grids.get(digest, ""))
        if digest not in shown:
            assembly.count(digest, seen)
            continue
        slug, photo = names[image.name], inputs.decoded[digest]
        explained = [outcomes[key] for key in cams.get(digest, ())]
        record = assembly.image(image, slug, photo, seen, explained, top)
        through, different = (outcomes.get(part.get(digest, "")) for part in (depth, differences))
        yield with_cams(assembly, record, f"pictures/images/{slug}", through, different)


def origin(context: BuildContext, computed: Computed, command: str) -> str:
    """The digest of all that the report's files depend on but the time of the build."""
    inputs, scanned, settings = computed.inputs, computed.scanned, context.settings
    units = [*computed.planned.units, *(scanned.plan.units if scanned else ())]
    return origin_of(
        inputs.facts.model_dump(mode="json"),
        settings.for_report,
        str(settings.browser),
        [[image.name, image.group, inputs.decoded[digest][0].key]
         for image, digest in inputs.photos],
        [[image.name, image.group, image.true_class, digest] for image, digest in inputs.data_set],
        [unit.key for unit in units],
        {key: failure.reason for key, failure in computed.failed.items()},
        sorted((name, sorted(values.items())) for name, values in inputs.true_values.items()),
        [[skipped.what, skipped.name, skipped.reason] for skipped in context.log.skipped],
        [context.notes.text, context.notes.digests()],
        [context.log.warnings, inputs.device, platform.python_version(), command],
        context.created.isoformat() if context.reproducible else "",
        folders=[settings.templates] if settings.templates else [],
    )  # fmt: skip


def _smaller(reduction: Reduction, sides: Mapping[str, int], grids: Sequence[Stored]) -> Smaller:
    """How the channels are drawn."""
    order = by_variance(grids) if reduction.share > 1 else {}
    return Smaller(reduction.longest, reduction.share, order, sides)


def _check_strict(
    settings: Settings, skipped: Sequence[Skipped], model: Model, images: Sequence[Image]
) -> None:
    """With --strict, a missing image or part, and numbers that are none, are errors."""
    if settings.strict and model.not_finite:
        weights = model.not_finite[0]
        raise ReportgenError(
            f"--strict: in {weights.layer}, {weights.count:,} of the {weights.size:,} numbers of"
            f" {weights.weight} are NaN or infinite."
        )
    if settings.strict and (
        lost_image := next((image for image in images if image.not_finite), None)
    ):
        raise ReportgenError(
            f"--strict: the model's output for {lost_image.name} is NaN or infinite."
        )
    lost = [skip for skip in skipped if skip.is_loss]
    if settings.strict and lost:
        raise ReportgenError(
            f"--strict: {lost[0].what} {lost[0].name} is left out: {lost[0].reason}."
        )
