"""Photos decoded as the pages show them; those that cannot be read are noted."""

from collections.abc import Mapping, Sequence

from reportgen.analysis.photos import PhotoData, PhotoOptions, Photos, network_size
from reportgen.build_steps.context import BuildContext
from reportgen.build_steps.found_files import Photos as FoundPhotos
from reportgen.errors import ImageError
from reportgen.execution.runner import Failure, Outcome, Plan
from reportgen.execution.shards import Shard
from reportgen.execution.store import Stored
from reportgen.execution.units import Unit
from reportgen.inputs.photos.images import ImageFile
from reportgen.records.model import Model
from reportgen.records.report import Skipped

DecodedPhotos = Mapping[str, tuple[Unit[PhotoOptions], Stored]]
"""Decoded photos by their digests: the unit, and where its pictures and numbers lie."""


def decode_photos(context: BuildContext, facts: Model, photos: FoundPhotos) -> DecodedPhotos:
    """Decode photos; notes those that cannot be read, and warns of nearly black ones."""
    units, outcomes = _decoded(context, facts, photos)
    decoded: dict[str, tuple[Unit[PhotoOptions], Stored]] = {}
    for image, digest in photos:
        outcome = outcomes[units[digest].key]
        if isinstance(outcome, Failure):
            reason = getattr(outcome.error, "reason", outcome.reason)
            context.log.skipped.append(Skipped(what="image", name=image.name, reason=reason))
        else:
            decoded[digest] = units[digest], outcome
    context.log.warn(_dark(facts, decoded, len(readable(photos, decoded))))
    return decoded


def readable(
    photos: Sequence[tuple[ImageFile, str]], decoded: DecodedPhotos
) -> list[tuple[ImageFile, str]]:
    """Those of the photos that could be decoded."""
    return [(image, digest) for image, digest in photos if digest in decoded]


def readable_quietly(
    context: BuildContext, facts: Model, photos: FoundPhotos
) -> list[tuple[ImageFile, str]]:
    """Those of the photos that can be decoded; the others are not noted."""
    units, outcomes = _decoded(context, facts, photos)
    return [
        (image, digest)
        for image, digest in photos
        if isinstance(outcomes[units[digest].key], Stored)
    ]


def check_any(context: BuildContext, photos: Sequence[object]) -> None:
    """Raise ImageError where no photo is left, with the reason of the first that is not."""
    if photos:
        return
    lost = [skipped for skipped in context.log.skipped if skipped.what == "image"]
    why = f" {lost[0].name}: {lost[0].reason}." if lost else ""
    raise ImageError(f"None of the images could be read.{why}")


def _decoded(
    context: BuildContext, facts: Model, photos: FoundPhotos
) -> tuple[dict[str, Unit[PhotoOptions]], dict[str, Outcome]]:
    """The unit of each digest, and the outcomes by the units' keys."""
    target = facts.image_input
    options = PhotoOptions(network_size(target) if target else None, context.bench.feeding)
    units = {digest: Photos().unit(digest, options) for _, digest in photos}
    wanted = list(units.values())
    if context.settings.shard:  # all shards need them all
        wanted = Shard.read(context.settings.shard).in_turn(wanted)
    return units, context.run(Plan(Photos(), wanted))


def _dark(facts: Model, decoded: DecodedPhotos, count: int) -> str:
    """A sentence where the network gets images nearly black; else empty."""
    levels = [stored.read(PhotoData).dark for _, stored in decoded.values()]
    dark = [level for level in levels if level]
    if not dark or not facts.image_input:
        return ""
    return (
        f"The network gets {len(dark):,} of {count:,} images nearly black: their 16-bit values end "
        f"at {max(dark):,} of 65,535, and the high byte is fed, as image_dataset_from_directory "
        "does; --depth raw feeds the values, as load_img does."
    )
