"""The images whose predicted class changed."""

from collections.abc import Iterator, Sequence

from reportgen.records.comparison import Answer, Comparison, Flip, FlipKind
from reportgen.report.blocks import (
    Block,
    Card,
    Cards,
    Column,
    Facts,
    Figure,
    Limits,
    Part,
    Table,
    row,
    text,
)
from reportgen.report.contexts import Fact, Picture
from reportgen.wording import count, percent

_TITLES: dict[FlipKind, str] = {
    "right to wrong": "Right to wrong",
    "wrong to right": "Wrong to right",
    "wrong to wrong": "Wrong to another wrong class",
    "unknown": "True class not known",
}
_CARDS_A_PAGE, _CARDS_ON_PAPER = 20, 6
_ROWS_A_PAGE, _ROWS_ON_PAPER = 100, 20


def flips_page(found: Comparison) -> Iterator[Block]:
    """Counts, then the images by what became of them."""
    kinds = {kind: [flip for flip in found.flips if flip.kind == kind] for kind in _TITLES}
    share = percent(len(found.flips) / found.compared)
    images = count(found.compared, "image")
    yield Facts(
        (
            Fact("Changed predictions", f"{len(found.flips):,}", f"{share} of {images}"),
            *(Fact(_TITLES[kind], f"{len(flips):,}") for kind, flips in kinds.items() if flips),
        )
    )
    if not found.flips:
        yield text("Both models predict the same class for every image.")
    for kind, flips in kinds.items():
        if flips:
            anchor = f"flips--{kind.replace(' ', '-')}"
            yield Part((_TITLES[kind],), anchor, tuple(_flips(found, flips)))


def _flips(found: Comparison, flips: Sequence[Flip]) -> Iterator[Block]:
    if pictured := [flip for flip in flips if flip.photo]:
        yield flip_cards(
            found, pictured, Limits("image", page=_CARDS_A_PAGE, paper=_CARDS_ON_PAPER)
        )
    if others := [flip for flip in flips if not flip.photo]:
        yield Table(
            "Images without pictures",
            (Column("Image"), Column("True class"), *(Column(name) for name in _names(found))),
            tuple(
                row(flip.image, flip.true or "–", _said(flip.a), _said(flip.b)) for flip in others
            ),
            Limits("image", page=_ROWS_A_PAGE, paper=_ROWS_ON_PAPER),
        )


def _names(found: Comparison) -> tuple[str, str]:
    return found.sides[0].name, found.sides[-1].name


def flip_cards(found: Comparison, flips: Sequence[Flip], limits: Limits | None = None) -> Cards:
    """A card for each image: photo, both heatmaps, their difference."""
    return Cards(tuple(_card(found, flip) for flip in flips), across=1, limits=limits)


def _card(found: Comparison, flip: Flip) -> Card:
    names = _names(found)
    size = (flip.width, flip.height)
    true = f"True class: {flip.true}" if flip.true else "True class not known"
    figures = [Figure(_picture(flip.photo, f"Photo {flip.image}", size), (true,))]
    for name, answer in zip(names, (flip.a, flip.b), strict=True):
        alt = f"Heatmap of {answer.label} on {flip.image} by {name}"
        caption = f"{name}: {_said(answer)}"
        missing = "" if answer.heatmap else ". No heatmap of this class."
        figures.append(Figure(_picture(answer.heatmap, alt, size), (caption + missing,)))
    if flip.difference:
        alt = f"Heatmap of {names[1]} minus that of {names[0]} on {flip.image}"
        caption = f"Red: {names[1]}. Blue: {names[0]}."
        figures.append(Figure(_picture(flip.difference, alt, size), (caption,)))
    reason = f"No difference: {flip.no_difference}." if flip.no_difference else ""
    return Card((flip.image,), tuple(figures), (), reason)


def _picture(path: str | None, alt: str, size: tuple[int, int]) -> Picture | None:
    return Picture(path, alt, *size) if path else None


def _said(answer: Answer) -> str:
    """A predicted class and its probability."""
    if answer.probability is None:
        return answer.label
    return f"{answer.label} {percent(answer.probability)}".replace(" %", "\N{NO-BREAK SPACE}%")
