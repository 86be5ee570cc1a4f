"""The matrices of CKA, with what limits them."""

from collections.abc import Iterator, Sequence

from reportgen.records.comparison import Comparison, Similarity
from reportgen.report.blocks import Block, Bullets, Figure, Part, text
from reportgen.report.contexts import Picture
from reportgen.report.sections.cka_matrix import CAPTION, cka_numbers
from reportgen.wording import count


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
        picture = Picture(similarity.pictures[at], alt, 0, 0)
        yield Figure(picture, (CAPTION,), share=0.8, tall=0.8)
    yield from cka_numbers(title, getattr(similarity, key), rows, columns)
