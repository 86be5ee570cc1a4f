"""The matrices of CKA, with what limits them."""

from collections.abc import Iterator, Sequence

from reportgen.comparison.wording import NOT_KNOWN
from reportgen.records.comparison import Comparison, Similarity
from reportgen.report.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Details,
    Figure,
    Part,
    Table,
    row,
    text,
)
from reportgen.report.contexts import Picture
from reportgen.wording import MINUS, count

MOST_COLUMNS = 30
"""Layers up to which a matrix is also a table."""

_STEPS = 10


def similarity_page(found: Comparison) -> Iterator[Block]:
    """Cautions first, then between the models, then within each."""
    similarity = found.similarity
    if similarity is None:
        return
    a, b = found.sides[0].name, found.sides[-1].name
    yield text(f"Measured on {count(similarity.images, 'image')}.", style="lead")
    yield Bullets(tuple((caution,) for caution in similarity.cautions))
    matrices = (
        ("ab", f"{a} (rows) and {b} (columns)", similarity.layers_a, similarity.layers_b, 1),
        ("aa", f"{a} with itself", similarity.layers_a, similarity.layers_a, 0),
        ("bb", f"{b} with itself", similarity.layers_b, similarity.layers_b, 2),
    )
    for key, title, rows, columns, at in matrices:
        blocks = _matrix(similarity, key, title, rows, columns, at)
        yield Part((title,), f"similarity--{key}", tuple(blocks), on_paper=key == "ab")


def _matrix(
    similarity: Similarity,
    key: str,
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    at: int,
) -> Iterator[Block]:
    if similarity.pictures:
        alt = f"CKA of the layers: {title}"
        caption = "White is 0, dark blue is 1; gray is not defined."
        picture = Picture(similarity.pictures[at], alt, 0, 0)
        yield Figure(picture, (caption,), share=0.8, tall=0.8)
    if len(columns) <= MOST_COLUMNS and len(rows) <= MOST_COLUMNS:
        values = getattr(similarity, key)
        yield Details(("Show the numbers",), (_table(title, values, rows, columns),))


def _table(
    title: str,
    values: Sequence[Sequence[float | None]],
    rows: Sequence[str],
    columns: Sequence[str],
) -> Table:
    return Table(
        f"CKA: {title}",
        (Column("Layer", "name"), *(Column(path, "number") for path in columns)),
        tuple(
            row(path, *(_cell(value) for value in line))
            for path, line in zip(rows, values, strict=True)
        ),
    )


def _cell(value: float | None) -> Cell:
    if value is None:
        return Cell((NOT_KNOWN,))
    shade = round(min(1.0, max(0.0, value)) * _STEPS) / _STEPS
    return Cell((f"{value:.2f}".replace("-", MINUS),), shade=shade or None)
