"""Robustness: what corrupted images change, and the images that change the most."""

from collections.abc import Iterator

from reportgen.records.behaviour.robustness import CorruptionResult, Robustness, WorstImage
from reportgen.report.blocks import (
    Block,
    Bullets,
    Card,
    Cards,
    Column,
    Details,
    Figure,
    Figures,
    Inline,
    Limits,
    Page,
    Part,
    Row,
    Table,
    Words,
    row,
    text,
)
from reportgen.report.contexts import Link, Picture
from reportgen.report.outline import Outline
from reportgen.wording import count, number, percent

_ACCURACY = Column("Accuracy", "number")
_COLUMNS = (
    Column("Corruption", "long"),
    Column("Strength", "number"),
    Column("Amount"),
    _ACCURACY,
    Column("Class changes", "number"),
    Column("Confidence", "number"),
    Column("Heatmap drift", "number"),
)


def robustness(outline: Outline) -> Iterator[Page]:
    """The page of all corruptions."""
    found = outline.report.robustness
    if found is not None:
        yield Page("robustness.html", "Robustness", tuple(_blocks(outline, found)))


def _blocks(outline: Outline, found: Robustness) -> Iterator[Block]:
    yield text(*_lead(outline, found), style="lead")
    yield text(*_verdict(found))
    charts = tuple(figure for result in found.corruptions if (figure := _chart(result)))
    measured = "Share of images that keep their predicted class"
    if found.accuracy is not None:
        measured = "Accuracy, and share of images that keep their predicted class"
    explained = text(f"{measured}. Strength 0: no corruption.", style="quiet")
    yield Part(("By strength",), "robustness--curves", (explained, Figures(charts, across=3)))
    yield Part(("Numbers",), "robustness--numbers", tuple(_numbers(found)))
    for result in found.corruptions:
        if result.worst:
            cards = tuple(_card(outline, result, image) for image in result.worst)
            limits = Limits("image", page=len(cards), paper=1)
            title = (f"Images most changed by {_lower(result)}",)
            yield Part(title, f"robustness--{result.name}", (Cards(cards, 2, limits),))


def _lower(result: CorruptionResult) -> str:
    """The title inside a sentence."""
    return result.title if result.title.isupper() else result.title.lower()


def _lead(outline: Outline, found: Robustness) -> Iterator[Inline]:
    of_all = "" if found.images == found.all_images else f" of {found.all_images:,}"
    of_set = f" of the data set {found.dataset}" if found.dataset else ""
    yield f"{count(found.images, 'image')}{of_all}{of_set}, {len(found.corruptions)} corruptions at"
    yield " three strengths. Heatmaps: Grad-CAM of "
    yield Link(found.layer, outline.layer_place(found.layer))
    yield "."


def _verdict(found: Robustness) -> Iterator[str]:
    """Which corruption does the most harm at the highest strength."""
    if found.accuracy is None:
        worst = max(found.corruptions, key=lambda result: result.strengths[-1].flips)
        yield "No image has a known class, so there is no accuracy. "
        yield f"Most class changes: {_lower(worst)}, {percent(worst.strengths[-1].flips)}"
        yield " of the images at strength 3."
        return
    worst = min(found.corruptions, key=lambda result: result.strengths[-1].accuracy or 0.0)
    yield f"Accuracy without a corruption: {percent(found.accuracy)}"
    yield f" ({count(found.known, 'image')} of known class). Lowest accuracy at strength 3:"
    yield f" {_lower(worst)}, {percent(worst.strengths[-1].accuracy)}."


def _chart(result: CorruptionResult) -> Figure | None:
    if result.chart is None:
        return None
    alt = f"Robustness against {_lower(result)}, by strength"
    return Figure(Picture(result.chart, alt, 0, 0), (result.title,), share=0.33, chart=True)


def _numbers(found: Robustness) -> Iterator[Block]:
    columns = tuple(
        column for column in _COLUMNS if column is not _ACCURACY or found.accuracy is not None
    )
    rows = tuple(line for result in found.corruptions for line in _rows(found, result))
    yield Table("Robustness by corruption and strength", columns, rows)
    yield text(
        "Class changes: share of images whose predicted class differs from that of the uncorrupted"
        " image. Confidence: mean probability of the class predicted without the corruption."
        " Heatmap drift: 1 less the cosine of the two heatmaps of that class, 0 for the same map"
        " and 1 for maps that share no place; for rotations the first map is rotated too.",
        style="quiet",
    )
    definitions: tuple[Words, ...] = tuple(
        (f"{result.title}: {result.definition}.",) for result in found.corruptions
    )
    title = (f"Definitions, version {found.definitions}",)
    yield Details(title, (Bullets(definitions),), on_paper=True)


def _rows(found: Robustness, result: CorruptionResult) -> Iterator[Row]:
    for strength in result.strengths:
        yield row(
            result.title,
            str(strength.strength),
            strength.amount,
            *((_share(strength.accuracy),) if found.accuracy is not None else ()),
            percent(strength.flips),
            _share(strength.confidence),
            "–" if strength.drift is None else number(round(strength.drift, 3)),
        )


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _card(outline: Outline, result: CorruptionResult, image: WorstImage) -> Card:
    known = image.image in outline.images
    place = outline.image_place(image.image) if known else ""
    alt = f"{image.image} without and with {_lower(result)} at three strengths"
    strengths = range(1, len(image.predicted) + 1)
    columns: list[Words] = [("photo",), *((f"strength {strength}",) for strength in strengths)]
    picture = Picture(image.picture, alt, image.width, image.height)
    confidence = [percent(share) for share in image.confidence if share is not None]
    words = f"Predicted: {image.label}; by strength: {', '.join(image.predicted)}."
    if confidence:
        words += f" Confidence in {image.label}: {', '.join(confidence)}."
    return Card(
        (Link(image.image, place),),
        (Figure(picture, columns=tuple(columns), enlarged=2),),
        (words,),
    )
