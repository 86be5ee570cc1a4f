"""From the outcomes of a build to its Report, and to the digest of all that it is made from."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from reportgen.assembly.assembly import Assembly
from reportgen.assembly.checked_maps import refused_maps, told
from reportgen.assembly.decisions import assemble_decisions
from reportgen.assembly.exemplars import found_exemplars
from reportgen.assembly.fitting import EVERYTHING, Reduction, by_variance
from reportgen.assembly.heatmaps import with_cams
from reportgen.assembly.report_charts import with_charts, write_charts
from reportgen.assembly.smaller_grids import Smaller, light_sides, said
from reportgen.assembly.trust import assemble_trust
from reportgen.build_steps.composing.behaviour import compose_behaviour
from reportgen.build_steps.composing.features import compose_features
from reportgen.build_steps.computing import Computed
from reportgen.build_steps.context import BuildContext
from reportgen.build_steps.origin import origin_of
from reportgen.build_steps.report_title import report_title
from reportgen.config import Settings
from reportgen.errors import ReportgenError
from reportgen.execution.store import Stored
from reportgen.file_names import slugs
from reportgen.hardware.engines import versions
from reportgen.records.image import Image
from reportgen.records.images_on_disk import keep_images
from reportgen.records.model import Model
from reportgen.records.on_disk import KeptFile
from reportgen.records.over_images import Evaluation, Health
from reportgen.records.report import Environment, Report, Skipped
from reportgen.version import __version__

OverImages = TypeVar("OverImages", Evaluation, Health)


def compose(
    context: BuildContext,
    computed: Computed,
    folder: Path,
    command: str,
    reduction: Reduction = EVERYTHING,
) -> Report:
    """Collect all results into a Report, its pictures in `folder`; `reduction` keeps it small."""
    inputs, planned, outcomes = computed.inputs, computed.planned, computed.outcomes
    facts, settings = inputs.facts, context.settings
    activations = (outcomes[unit.key] for unit in planned.activations.units)
    grids = [found for found in activations if isinstance(found, Stored)]
    sides = {} if settings.full_resolution else light_sides(grids)
    assembly = Assembly(folder, facts, _smaller(reduction, sides, grids))
    kinds = {cam for unit in planned.gradcam.units[:1] for cam in unit.options.cams}
    assembly.refused = refused_maps(sorted(kinds), planned.sanity.units, outcomes)
    assembly.skipped += told(assembly.refused)
    images = keep_images(
        _images(assembly, computed, reduction, settings.top), KeptFile(folder.parent)
    )
    filters, galleries = assembly.filters(
        planned.filters.units, outcomes, settings.columns, settings.filter_margin
    )
    searched = inputs.data_set or inputs.photos
    folder_name = context.data_set_name
    exemplars = [
        exemplar
        for unit in planned.exemplars.units
        if (exemplar := found_exemplars(
            assembly, unit, outcomes[unit.key], searched, folder_name))
    ]  # fmt: skip
    wanted = "health" in settings.chosen_sections
    tally = computed.scanned.health if computed.scanned else assembly.health
    counted = tally.health(assembly.model.layers) if wanted else None
    health = with_charts(counted, folder, assembly.layer_slug)
    kernels = assembly.kernels(planned.kernels.units, outcomes)
    names_by_digest = {digest: image.name for image, digest in reversed(inputs.photos)}
    trust = assemble_trust(
        folder,
        names_by_digest,
        planned.trust.units,
        planned.sanity.units if planned.trust.units else [],
        outcomes,
        assembly.skipped,
    )
    shown = {digest for _, digest in reduction.shown(inputs.photos)}
    decisions = assemble_decisions(
        assembly,
        names_by_digest,
        [unit for unit in planned.decisions.units if unit.photo in shown],
        outcomes,
        {unit.photo: outcomes[unit.key] for unit in planned.activations.units},
        planned.filters.units,
    )
    behaviour = compose_behaviour(context, computed, assembly)
    features = compose_features(settings, computed, folder)
    dreams = assembly.dreams(names_by_digest, planned.dreams.units, outcomes)
    skipped = context.log.skipped + assembly.skipped + features.skipped + behaviour.skipped
    skipped += said(sides) + reduction.said(len(inputs.photos), settings.max_size or "")
    if "health" in settings.sections and health is None:
        reason = "it needs the section activations and more than one image"
        skipped.append(Skipped(what="section", name="health", reason=reason))
    evaluated, regressed = computed.evaluated, computed.regressed
    if "regression" in settings.sections and regressed is None:
        reason = "there are no true values to compare with; --values-csv names a table of them"
        skipped.append(Skipped(what="section", name="regression", reason=reason))
    data_set = context.data_set_name if computed.scanned else ""
    _check_strict(settings, skipped, facts, images)
    notes = context.notes.illustrated(folder)
    made = {
        "activations": any(image.activations for image in images),
        "filters": bool(galleries),
        "gradcam": any(image.gradcam for image in images),
        "evaluation": evaluated is not None,
        "regression": regressed is not None,
        "health": health is not None,
        "similarity": behaviour.similarity is not None,
        "robustness": behaviour.robustness is not None,
        "concepts": behaviour.concepts is not None,
        "exemplars": bool(exemplars),
        "kernels": bool(kernels),
        "trust": trust is not None,
        "dreams": bool(dreams),
        "decisions": decisions is not None,
        "map": features.image_map is not None,
        "confusions": features.confusions is not None,
    }
    return Report(
        generator=f"reportgen {__version__}",
        created=context.created.isoformat().replace("+00:00", "Z"),
        title=settings.title or report_title(facts),
        author=settings.author,
        notes=notes.text,
        note_pictures=list(notes.pictures),
        environment=Environment(
            python=platform.python_version(), device=inputs.device, **versions(context.job.engine)
        ),
        command=command,
        settings=settings.for_report,
        sections=[name for name in settings.chosen_sections if made[name]],
        model=facts,
        images=images,
        filters=filters,
        galleries=galleries,
        start_images=assembly.start_images(planned.filters.units, outcomes),
        kernels=kernels,
        trust=trust,
        dreams=dreams,
        decisions=decisions,
        image_map=features.image_map,
        confusions=features.confusions,
        sparsity_chart=write_charts(images, folder),
        evaluation=_of(data_set, evaluated.record(facts, folder)) if evaluated else None,
        regression=regressed.record(folder) if regressed else None,
        health=_of(data_set, health) if health else None,
        similarity=behaviour.similarity,
        robustness=behaviour.robustness,
        concepts=behaviour.concepts,
        exemplars=exemplars[0] if exemplars else None,
        skipped=skipped,
        warnings=[*context.log.warnings, *notes.warnings],
        timings={} if context.reproducible else context.log.timings,
        timing_notes=[] if context.reproducible else context.bench.notes,
    )


def _of(data_set: str, record: OverImages) -> OverImages:
    """Statistics of the data set of this name; of the images shown where it is empty."""
    return record.model_copy(update={"dataset": data_set})


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
