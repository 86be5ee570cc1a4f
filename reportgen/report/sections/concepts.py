"""Concepts: groups of channels with their patches, their part in each class, and on each photo."""

from collections.abc import Iterator, Sequence

from reportgen.records.behaviour.concepts import ClassConcepts, Concept, ConceptImage, Concepts
from reportgen.report.blocks import (
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Figure,
    Figures,
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
from reportgen.wording import MINUS, count, number, percent

MOST_CLASSES = 20
_PHOTOS = Limits("photo", page=24, paper=6, evenly=True)
_STEADY = 0.9
"""Agreement of seeds from which on concepts count as stable."""
_STEPS = 10


def concepts(outline: Outline) -> Iterator[Page]:
    """The page of all concepts."""
    found = outline.report.concepts
    if found is not None:
        yield Page("concepts.html", "Concepts", tuple(_blocks(outline, found)))


def _blocks(outline: Outline, found: Concepts) -> Iterator[Block]:
    layer = Link(found.layer, outline.layer_place(found.layer))
    of_all = "" if found.images == found.all_images else f" of {found.all_images:,}"
    of_set = f" of the data set {found.dataset}" if found.dataset else ""
    yield text(
        f"{count(len(found.concepts), 'concept')} in the feature maps of ", layer,
        f", from {count(found.images, 'image')}{of_all}{of_set}.", style="lead",
    )  # fmt: skip
    yield text(_stability(found))
    cards = tuple(_concept(outline, concept) for concept in found.concepts)
    yield Part(("Patches",), "concepts--patches", (Cards(cards, 2),))
    yield Part(("Part in the class scores",), "concepts--classes", tuple(_classes(found)))
    photos = tuple(_photo(outline, photo) for photo in found.shown)
    explained = text(
        "Colour over the gray photo: the concepts that are active at each place. A number marks the"
        " peak of a concept that reaches half of its largest value.",
        style="quiet",
    )
    yield Part(("Photos",), "concepts--photos", (explained, Figures(photos, 3, _PHOTOS)))


def _stability(found: Concepts) -> str:
    """How the number was chosen, and how far the concepts can be relied on."""
    chosen = len(found.concepts)
    agreed = ", ".join(f"{trial.agreement:.2f} for {trial.concepts}" for trial in found.stability)
    own = next((trial.agreement for trial in found.stability if trial.concepts == chosen), 0.0)
    verdict = (
        "The concepts are stable."
        if own >= _STEADY
        else "Another seed gives partly other concepts: treat them with caution."
    )
    negative = " Values below zero count as zero." if found.negative else ""
    return (
        f"{verdict} Agreement of three seeds (mean cosine): {agreed}. The number with the highest"
        f" agreement is taken. The concepts leave out {percent(found.error)} of the norm of the"
        f" maps.{negative}"
    )


def _concept(outline: Outline, concept: Concept) -> Card:
    name = f"Concept {concept.index + 1}"
    pairs = zip(concept.channels, concept.weights, strict=True)
    channels = ", ".join(f"{channel} ({number(weight)})" for channel, weight in pairs)
    words: list[str | Link] = [f"Channels (weight): {channels}. Patches from "]
    for at, image in enumerate(dict.fromkeys(concept.images)):
        known = image in outline.images
        words += [", "] * bool(at) + [Link(image, outline.image_place(image) if known else "")]
    if concept.picture is None:
        return Card((name,), (), (), "It is active on no image.")
    picture = Picture(concept.picture, f"Patches of concept {concept.index + 1}",
                      concept.width, concept.height)  # fmt: skip
    return Card((name,), (Figure(picture),), (*words, "."))


def _classes(found: Concepts) -> Iterator[Block]:
    yield text(
        "Mean over the images predicted as the class: activation of the concept times the gradient"
        " of the class score, as a share of the absolute parts of all concepts. Negative: the"
        " concept lowers the score.",
        style="quiet",
    )
    columns = (
        Column("Class", "long"),
        Column("Images", "number"),
        *(Column(str(concept.index + 1), "number") for concept in found.concepts),
    )
    rows = tuple(map(_class, found.classes[:MOST_CLASSES]))
    yield Table("Part of each concept in the class scores", columns, rows)
    left = len(found.classes) - MOST_CLASSES
    if left > 0:
        yield text(f"{count(left, 'more class', 'more classes')} in report.json.", style="quiet")


def _class(found: ClassConcepts) -> Row:
    return row(
        f"{found.label} ({found.index})",
        f"{found.images:,}",
        *(
            Cell((_signed(share),), shade=round(abs(share) * _STEPS) / _STEPS or None)
            for share in shares_of(found.parts)
        ),
    )


def shares_of(parts: Sequence[float]) -> list[float]:
    """Parts as shares of the sum of their absolute values, -1 to 1."""
    total = sum(map(abs, parts))
    return [part / total if total else 0.0 for part in parts]


def _signed(share: float) -> str:
    percents = round(share * 100)
    return f"{MINUS if percents < 0 else ''}{abs(percents)} %"


def _photo(outline: Outline, found: ConceptImage) -> Figure:
    known = found.image in outline.images
    place = outline.image_place(found.image) if known else ""
    shares = shares_of(found.parts)
    first = max(range(len(shares)), key=lambda at: shares[at])
    caption: Words = (
        Link(found.image, place),
        f": {found.label}, raised most by concept {first + 1}"
        if shares[first] > 0
        else f": {found.label}, raised by no concept",
    )
    alt = f"Concepts on {found.image}"
    return Figure(Picture(found.picture, alt, found.width, found.height), caption)
