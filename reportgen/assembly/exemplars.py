"""From the finished search for exemplars to its records, with the strips of pictures."""

from collections.abc import Mapping, Sequence
from typing import Any

from reportgen.analysis.exemplars import ExemplarUnit
from reportgen.assembly.assembly import Assembly
from reportgen.execution.runner import Outcome
from reportgen.execution.store import Stored
from reportgen.inputs.images import ImageFile
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
    data = stored.data
    for one in data["unread"] if not dataset else ():  # those of a data set were told by its scan
        what, name = "image", names[one["image"]]
        assembly.skipped.append(Skipped(what=what, name=name, reason=one["reason"]))
    drawn: dict[str, list[int]] = {}
    for one in data["channels"]:
        drawn.setdefault(one["layer"], []).append(one["channel"])
    kept = {layer: assembly.smaller.kept(layer, numbers) for layer, numbers in drawn.items()}
    return Exemplars(
        images=data["images"],
        dataset=dataset,
        channels=[
            _record(assembly, stored, names, one)
            for one in data["channels"]
            if one["channel"] in kept[one["layer"]]
        ],
        units=[_record(assembly, stored, names, one) for one in data["units"]],
    )


def _record(
    assembly: Assembly, stored: Stored, names: Sequence[str], about: Mapping[str, Any]
) -> ExemplarsOf:
    from PIL import Image

    picture, size = about["picture"], (0, 0)
    unit = about["unit"]
    if picture:
        with Image.open(stored.file(picture)) as opened:
            size = opened.size
        where = "" if unit is None else f"-{unit[0]}-{unit[1]}"
        slug = assembly.layer_slug(about["layer"])
        target = f"pictures/exemplars/{slug}/{about['channel']}{where}"
        picture = assembly.copy(stored, picture, target)
    return ExemplarsOf(
        layer=about["layer"],
        channel=about["channel"],
        unit=unit,
        picture=picture,
        tile=about["tile"],
        width=size[0],
        height=size[1],
        exemplars=[Exemplar(**{**one, "image": names[one["image"]]}) for one in about["exemplars"]],
    )
