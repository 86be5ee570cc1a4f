"""From the finished search for exemplars to its records, with the strips of pictures."""

import io
from collections.abc import Sequence

from reportgen.analysis.top_images.exemplars import ExemplarData, ExemplarUnit, FoundChannel
from reportgen.assembly.assembly import Assembly
from reportgen.execution.runner import Outcome
from reportgen.execution.store import Stored
from reportgen.inputs.photos.images import ImageFile
from reportgen.records.over_images import Exemplar, Exemplars, ExemplarsOf
from reportgen.records.report import Skipped


def found_exemplars(
    assembly: Assembly,
    unit: ExemplarUnit,
    outcome: Outcome,
    searched: Sequence[tuple[ImageFile, str]],
    dataset: str,
) -> Exemplars | None:
    """The records of a search; None where it failed, which is noted.

    `searched` are the images with their digests; `dataset` is their folder's name, empty for the
    images of the report.
    """
    stored = assembly.usable(outcome, "exemplars of", dataset or "the images")
    if stored is None:
        return None
    by_digest: dict[str, str] = {}
    for file, digest in searched:
        by_digest.setdefault(digest, file.name)
    names = [by_digest[digest] for digest in unit.photos]
    data = stored.read(ExemplarData)
    for unread in data.unread if not dataset else ():  # those of a data set were told by its scan
        assembly.skipped.append(
            Skipped(what="image", name=names[unread.image], reason=unread.reason)
        )
    drawn: dict[str, list[int]] = {}
    for found in data.channels:
        drawn.setdefault(found.layer, []).append(found.channel)
    kept = {layer: assembly.smaller.kept(layer, numbers) for layer, numbers in drawn.items()}
    return Exemplars(
        images=data.images,
        dataset=dataset,
        channels=[
            _record(assembly, stored, names, found)
            for found in data.channels
            if found.channel in kept[found.layer]
        ],
        units=[_record(assembly, stored, names, found) for found in data.units],
    )


def _record(
    assembly: Assembly, stored: Stored, names: Sequence[str], found: FoundChannel
) -> ExemplarsOf:
    from PIL import Image

    picture, size, unit = found.picture, (0, 0), found.unit
    if picture:
        with Image.open(io.BytesIO(stored.read_file(picture))) as opened:
            size = opened.size
        where = "" if unit is None else f"-{unit[0]}-{unit[1]}"
        slug = assembly.layer_slug(found.layer)
        target = f"pictures/exemplars/{slug}/{found.channel}{where}"
        picture = assembly.copy(stored, picture, target)
    return ExemplarsOf(
        layer=found.layer,
        channel=found.channel,
        unit=unit,
        picture=picture,
        tile=found.tile,
        width=size[0],
        height=size[1],
        exemplars=[
            Exemplar(
                image=names[image.image],
                row=image.row,
                column=image.column,
                value=image.value,
                box=image.box,
                exact=image.exact,
                beyond=image.beyond,
            )
            for image in found.exemplars
        ],
    )
