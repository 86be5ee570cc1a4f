"""From the outcomes of a build to its Report, and to the digest of all that it is made from."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from reportgen.analysis.image_map.projection import LEAST_IMAGES
from reportgen.assembly.assembly import Assembly
from reportgen.assembly.decisions import assemble_decisions
from reportgen.assembly.exemplars import found_exemplars
from reportgen.assembly.fitting import EVERYTHING, Reduction, by_variance
from reportgen.assembly.heatmaps import with_cams
from reportgen.assembly.image_map import MapChoice, assemble_map
from reportgen.assembly.mapped_images import mapped_images
from reportgen.assembly.report_charts import with_charts, write_charts
from reportgen.assembly.smaller_grids import Smaller, light_sides, said
from reportgen.assembly.trust import assemble_trust
from reportgen.build_steps.evaluating import Evaluated
from reportgen.build_steps.origin import origin_of
from reportgen.build_steps.planning import Planned
from reportgen.build_steps.report_title import report_title
from reportgen.build_steps.state import Trip
from reportgen.config import Settings
from reportgen.errors import ReportgenError
from reportgen.execution.runner import Failure
from reportgen.execution.runner import Outcome as UnitOutcome
from reportgen.execution.store import Stored
from reportgen.file_names import slugs
from reportgen.hardware.engines import versions
from reportgen.records.image import Image
from reportgen.records.image_map import ImageMap
from reportgen.records.images_on_disk import keep_images
from reportgen.records.model import Model
from reportgen.records.on_disk import KeptFile
from reportgen.records.over_images import Evaluation, Health
from reportgen.records.report import Environment, Report, Skipped
from reportgen.version import __version__

OverImages = TypeVar("OverImages", Evaluation, Health)


def compose(
    trip: Trip,
    folder: Path,
    facts: Model,
    planned: Planned,
    outcomes: dict[str, UnitOutcome],
    evaluated: Evaluated | None,
    command: str,
    reduction: Reduction = EVERYTHING,
) -> Report:
    """Collect all results into a Report, its pictures in `folder`; `reduction` keeps it small."""
    activations = (outcomes[unit.key] for unit in planned.activations.units)
    grids = [found for found in activations if isinstance(found, Stored)]
    sides = {} if trip.settings.full_resolution else light_sides(grids)
    assembly = Assembly(folder, facts, _smaller(reduction, sides, grids))
    images = keep_images(
        _images(trip, assembly, planned, outcomes, reduction), KeptFile(folder.parent)
    )
    filters, galleries = assembly.filters(
        planned.filters.units, outcomes, trip.settings.columns, trip.settings.filter_margin
    )
    searched = trip.dataset or trip.photos
    folder_name = trip.dataset_name
    exemplars = [
        one
        for unit in planned.exemplars.units
        if (one := found_exemplars(
            assembly, unit, outcomes[unit.key], searched, folder_name))
    ]  # fmt: skip
    wanted = "health" in trip.settings.chosen_sections
    tally = trip.scanned.health if trip.scanned else assembly.health
    counted = tally.health(assembly.model.layers) if wanted else None
    health = with_charts(counted, folder, assembly.layer_slug)
    kernels = assembly.kernels(planned.kernels.units, outcomes)
    names_by_digest = {digest: image.name for image, digest in reversed(trip.photos)}
    trust = assemble_trust(
        folder,
        names_by_digest,
        planned.trust.units,
        planned.sanity.units,
        outcomes,
        assembly.skipped,
    )
    shown = {digest for _, digest in reduction.shown(trip.photos)}
    decisions = assemble_decisions(
        assembly,
        names_by_digest,
        [unit for unit in planned.decisions.units if unit.photo in shown],
        outcomes,
        {unit.photo: outcomes[unit.key] for unit in planned.activations.units},
        planned.filters.units,
    )
    image_map = _image_map(trip, folder, facts, planned, outcomes, assembly.skipped)
    dreams = assembly.dreams(names_by_digest, planned.dreams.units, outcomes)
    settings = trip.settings
    skipped = trip.skipped + assembly.skipped
    skipped += said(sides) + reduction.said(len(trip.photos), settings.max_size or "")
    if "health" in trip.settings.sections and health is None:
        reason = "it needs the section activations and more than one image"
        skipped.append(Skipped(what="section", name="health", reason=reason))
    regressed = trip.regressed
    if "regression" in trip.settings.sections and regressed is None:
        reason = "there are no true values to compare with; --values-csv names a table of them"
        skipped.append(Skipped(what="section", name="regression", reason=reason))
    _check_strict(trip.settings, skipped, facts, images)
    notes = trip.notes.illustrated(folder)
    made = {
        "activations": any(one.activations for one in images),
        "filters": bool(galleries),
        "gradcam": any(one.gradcam for one in images),
        "evaluation": evaluated is not None,
        "regression": regressed is not None,
        "health": health is not None,
        "exemplars": bool(exemplars),
        "kernels": bool(kernels),
        "trust": trust is not None,
        "dreams": bool(dreams),
        "decisions": decisions is not None,
        "map": image_map is not None,
    }
    return Report(
        generator=f"reportgen {__version__}",
        created=trip.created.isoformat().replace("+00:00", "Z"),
        title=settings.title or report_title(facts),
        author=settings.author,
        notes=notes.text,
        note_pictures=list(notes.pictures),
        environment=Environment(
            python=platform.python_version(), device=trip.device, **versions(trip.job.engine)
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
        image_map=image_map,
        sparsity_chart=write_charts(images, folder),
        evaluation=_of(trip, evaluated.record(facts, folder)) if evaluated else None,
        regression=regressed.record(folder) if regressed else None,
        health=_of(trip, health) if health else None,
        exemplars=exemplars[0] if exemplars else None,
        skipped=skipped,
        warnings=[*trip.warnings, *notes.warnings],
        timings={} if trip.reproducible else trip.timings,
        timing_notes=[] if trip.reproducible else trip.bench.notes,
    )


def _image_map(
    trip: Trip,
    folder: Path,
    facts: Model,
    planned: Planned,
    outcomes: Mapping[str, UnitOutcome],
    skipped: list[Skipped],
) -> ImageMap | None:
    """The map of the images; why there is none is noted."""
    settings = trip.settings
    if "map" not in settings.chosen_sections:
        return None
    choice = MapChoice(method=settings.map_method, seed=settings.seed)
    images = mapped_images(trip.photos, planned.activations.units, outcomes)
    decoded = {digest: stored for digest, (_, stored) in trip.decoded.items()}
    found, reason = assemble_map(folder, facts, images, decoded, choice)
    enough = sum(bool(image.features) for image in images) >= LEAST_IMAGES
    if found is None and (enough or "map" in settings.sections):
        skipped.append(Skipped(what="section", name="map", reason=reason))
    return found


def _of(trip: Trip, record: OverImages) -> OverImages:
    """The statistics of the data set, where one was scanned."""
    return record.model_copy(update={"dataset": trip.dataset_name if trip.scanned else ""})


def _images(
    trip: Trip,
    assembly: Assembly,
    planned: Planned,
    outcomes: Mapping[str, UnitOutcome],
    reduction: Reduction,
) -> Iterator[Image]:
    """The records of the images that are shown; the others are counted."""
    grids, depth, differences = (
        {unit.photo: unit.key for unit in part.units}
        for part in (planned.activations, planned.depth, planned.differences)
    )
    cams: dict[str, list[str]] = {}
    for unit in (*planned.gradcam.units, *planned.explained.units):
        cams.setdefault(unit.photo, []).append(unit.key)
    shown = {digest for _, digest in reduction.shown(trip.photos)}
    names = slugs([image.name for image, _ in trip.photos])
    for image, digest in trip.photos:
        seen = outcomes.get(grids.get(digest, ""))
        if digest not in shown:
            assembly.count(seen)
            continue
        slug, photo = names[image.name], trip.decoded[digest]
        explained = [outcomes[key] for key in cams.get(digest, ())]
        record = assembly.image(image, slug, photo, seen, explained, trip.settings.top)
        through, different = (outcomes.get(part.get(digest, "")) for part in (depth, differences))
        yield with_cams(assembly, record, f"pictures/images/{slug}", through, different)


def origin(
    trip: Trip,
    facts: Model,
    planned: Planned,
    outcomes: Mapping[str, UnitOutcome],
    command: str,
) -> str:
    """The digest of all that the report's files depend on but the time of the build."""
    reasons = {k: one.reason for k, one in outcomes.items() if isinstance(one, Failure)}
    return origin_of(
        facts.model_dump(mode="json"),
        trip.settings.for_report,
        str(trip.settings.browser),
        [[image.name, image.group, trip.decoded[digest][0].key]
         for image, digest in trip.photos],
        [[image.name, image.group, image.true_class, digest] for image, digest in trip.dataset],
        [unit.key for unit in (*planned.units, *(trip.scanned.plan.units if trip.scanned else ()))],
        reasons,
        sorted((name, sorted(values.items())) for name, values in trip.true_values.items()),
        [[one.what, one.name, one.reason] for one in trip.skipped],
        [trip.notes.text, trip.notes.digests()],
        [trip.warnings, trip.device, platform.python_version(), command],
        trip.created.isoformat() if trip.reproducible else "",
        folders=[trip.settings.templates] if trip.settings.templates else [],
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
        one = model.not_finite[0]
        raise ReportgenError(
            f"--strict: in {one.layer}, {one.count:,} of the {one.size:,} numbers of {one.weight} "
            "are NaN or infinite."
        )
    if settings.strict and (lost_image := next((one for one in images if one.not_finite), None)):
        raise ReportgenError(
            f"--strict: the model's output for {lost_image.name} is NaN or infinite."
        )
    lost = [one for one in skipped if one.is_loss]
    if settings.strict and lost:
        raise ReportgenError(
            f"--strict: {lost[0].what} {lost[0].name} is left out: {lost[0].reason}."
        )
