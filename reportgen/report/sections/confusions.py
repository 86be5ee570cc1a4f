"""Confusions explained: mistakes, mean heatmaps, separating channels, and shortcuts."""

from collections.abc import Iterator
from math import ceil

from reportgen.heatmap_methods import CAMS
from reportgen.records.confusions import (
    Confusion,
    Confusions,
    MeanHeat,
    SeparatingChannel,
    Shortcut,
)
from reportgen.report.blocks import (
    Block,
    Callout,
    Cards,
    Column,
    Figure,
    Figures,
    Limits,
    Page,
    Part,
    Parts,
    Row,
    Table,
    row,
    text,
)
from reportgen.report.contexts import Link, Picture
from reportgen.report.outline import Outline
from reportgen.report.sections.decisions import channel_place
from reportgen.report.sections.evaluation import mistake_card
from reportgen.wording import count, number, percent

PAGE = "confusions.html"
SHORTCUTS = f"{PAGE}#confusions--heat"
_TITLE = "Confusions explained"
_A_PAGE, _ON_PAPER = 3, 2
_MISTAKES, _PAPER_MISTAKES = 4, 2
_COLUMNS = (
    Column("Channel", "name"),
    Column("Pairs in order", "number"),
    Column("Mean, true class", "number"),
    Column("Mean, predicted class", "number"),
    Column("Mean, misclassified", "number"),
)


def confusions(outline: Outline) -> Iterator[Page]:
    """The page: each frequent confusion, then the heat of each class."""
    found = outline.report.confusions
    if found is not None:
        yield Page(PAGE, _TITLE, tuple(_blocks(outline, found)))


def _blocks(outline: Outline, found: Confusions) -> Iterator[Block]:
    wrong = sum(pair.images for pair in found.confusions)
    images = f"{count(found.labelled, 'image')} of known class"
    if not found.labelled:
        yield text("No true class is known, so that there are no confusions.", style="lead")
    elif not found.pairs:
        yield text(f"No image of {images} is misclassified.", style="lead")
    else:
        pairs = count(found.pairs, "pair of classes is", "pairs of classes are")
        shown = len(found.confusions)
        few = f"; the {shown} most frequent are explained" if shown < found.pairs else ""
        yield text(
            f"{pairs} confused among {images}{few}. {count(wrong, 'misclassified image')} below.",
            style="lead",
        )
    yield from _shortcuts(outline, found)
    yield Parts(
        tuple(
            Part(
                (_title(outline, pair),),
                f"confusion--{pair.true}-{pair.predicted}",
                tuple(_confusion(outline, found, pair)),
            )
            for pair in found.confusions
        ),
        Limits("confusion", page=_A_PAGE, paper=_ON_PAPER),
    )
    if found.classes:
        yield Part(("Where the heat lies",), "confusions--heat", tuple(_heat(outline, found)))


def _title(outline: Outline, pair: Confusion) -> str:
    labels = outline.report.model.labels
    return f"{labels[pair.true]} predicted as {labels[pair.predicted]}"


def _confusion(outline: Outline, found: Confusions, pair: Confusion) -> Iterator[Block]:
    labels = outline.report.model.labels
    true, predicted = labels[pair.true], labels[pair.predicted]
    yield text(f"{pair.images:,} of {count(pair.of_class, 'image')} of {true}.")
    shown = [mistake for mistake in pair.mistakes if mistake.image in outline.images]
    if shown:
        yield Cards(
            tuple(mistake_card(outline, mistake) for mistake in shown[:_MISTAKES]),
            2,
            Limits("misclassified image", paper=_PAPER_MISTAKES),
        )
    heats = (
        (pair.true_heat, f"{true}, correct"),
        (pair.mistaken_heat, f"{true} predicted as {predicted}"),
        (pair.predicted_heat, f"{predicted}, correct"),
    )
    figures = [_heat_figure(found, heat, words) for heat, words in heats if heat is not None]
    if figures:
        yield text(
            f"Mean {CAMS[found.method].title} heatmaps of the predicted class:", style="quiet"
        )
        yield Figures(tuple(figures), across=3)
    if pair.channels:
        yield from _channels(outline, found, pair)


def _heat_figure(found: Confusions, heat: MeanHeat, words: str) -> Figure:
    images = count(heat.images, "image")
    picture = Picture(heat.picture, f"Mean heatmap of {words}", heat.width, heat.height)
    border = f" Border: {percent(heat.border)} of the heat." if found.border_reached else ""
    return Figure(picture, (f"{words}, {images}.{border}",), tall=0.25)


def _channels(outline: Outline, found: Confusions, pair: Confusion) -> Iterator[Block]:
    true, predicted = (outline.report.model.labels[at] for at in (pair.true, pair.predicted))
    yield text(
        "Channels of ",
        Link(found.layer, outline.layer_place(found.layer)),
        f" that separate {true} from {predicted} best. Pairs in order: of all pairs of an image of"
        f" {true} and one of {predicted}, those in which the mean of the channel is higher on the"
        " former, or lower where that is more frequent.",
        style="quiet",
    )
    label = f"Channels that separate {true} from {predicted}"
    rows = tuple(_channel_row(outline, found.layer, channel) for channel in pair.channels)
    yield Table(label, _COLUMNS, rows)


def _channel_row(outline: Outline, layer: str, separating: SeparatingChannel) -> Row:
    higher = separating.order >= 0.5
    side = "higher" if higher else "lower"
    return row(
        Link(f"channel {separating.channel}", channel_place(outline, layer, separating.channel)),
        f"{percent(separating.order if higher else 1 - separating.order)} {side}",
        number(separating.true_mean),
        number(separating.predicted_mean),
        number(separating.mistaken_mean),
    )


def _shortcuts(outline: Outline, found: Confusions) -> Iterator[Block]:
    for shortcut in found.shortcuts:
        yield Callout(("Possible shortcut.",), (_shortcut(outline, shortcut),), "warn")


def _shortcut(outline: Outline, shortcut: Shortcut) -> str:
    label = outline.report.model.target_labels[shortcut.index]
    hot = ceil(shortcut.hot * shortcut.images - 1e-6)
    return (
        f"The network may tell {label} by a mark in the {shortcut.place} of the image:"
        f" {percent(shortcut.heat)} of its heat lies in a window of {percent(shortcut.area)} of the"
        f" image. The window is hot on {hot:,} of {count(shortcut.images, 'image')} predicted as"
        f" {label}, and its pixels tell them from the other images in"
        f" {percent(shortcut.likeness)} of all pairs."
        " Cover or crop the mark, and see whether the predictions change."
    )


def _heat(outline: Outline, found: Confusions) -> Iterator[Block]:
    labels, area = outline.report.model.target_labels, percent(found.border_area)
    words = (
        f"Mean {CAMS[found.method].title} heatmaps of the predicted class, over all images that are"
        f" predicted as it. The border, the outer eighth on each side, is {area} of an image."
    )
    if found.border_reached < 0.995:
        words += f" The heatmaps reach {percent(found.border_reached)} of the border."
    yield text(words, style="quiet")
    yield Figures(
        tuple(
            _heat_figure(found, class_heat.heat, labels[class_heat.index])
            for class_heat in found.classes
        ),
        across=4,
        limits=Limits("class", "classes", paper=8),
    )
    if not found.examined:
        yield text(
            "Shortcuts are not looked for: that needs 8 images of a class and 8 of others.",
            style="quiet",
        )
    elif not found.shortcuts:
        classes = count(found.examined, "class", "classes")
        yield text(
            f"No shortcut was found in {classes}: no place at the border is hot on most images of a"
            " class and has pixels of its own. A shortcut of another kind is not excluded."
        )
