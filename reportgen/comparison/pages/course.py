"""The course over three or more reports."""

from collections.abc import Iterator
from itertools import groupby, pairwise

from reportgen.comparison.wording import NOT_KNOWN, value_text
from reportgen.records.comparison import Comparison, Course, CourseStrip
from reportgen.report.blocks import (
    Block,
    Column,
    Figure,
    Figures,
    Limits,
    Part,
    Parts,
    Table,
    row,
    text,
)
from reportgen.report.contexts import Picture
from reportgen.wording import count

_LAYERS_A_PAGE, _LAYERS_ON_PAPER = 12, 4


def course_page(found: Comparison) -> Iterator[Block]:
    """Numbers as a table and as curves, then strips of channels."""
    course = found.course
    if course is None:
        return
    names = [side.name for side in found.sides]
    last = f"{names[0]} and {names[-1]}"
    yield text(
        f"{count(len(names), 'report')} over the {count(course.images, 'image')} that all contain."
        f" The other pages compare the first and the last: {last}."
    )
    yield Part(("Numbers",), "course--numbers", (_numbers(found, course),))
    if course.charts:
        titles = {number.key: number.title for number in course.numbers}
        figures = tuple(
            Figure(Picture(path, f"{titles[key]} of each report", 0, 0), (titles[key],), share=0.6)
            for key, path in course.charts.items()
        )
        yield Part(("Curves",), "course--curves", (Figures(figures, 2),))
    if course.strips:
        words = text(
            f"Columns: {', '.join(names)}. Top: the filter’s pattern. Bottom: its feature map for"
            f" {course.strips[0].image}. Gray: silent, or not in the report."
        )
        yield Part(("Channels",), "course--channels", (words, _strips(found, course)))


def _numbers(found: Comparison, course: Course) -> Table:
    flips = [NOT_KNOWN, *(NOT_KNOWN if flip is None else f"{flip:,}" for flip in course.flips)]
    rows = [
        row(number.title, *(value_text(number.kind, value) for value in number.values))
        for number in course.numbers
    ]
    return Table(
        "Numbers of each report",
        (Column("Number"), *(Column(side.name, "number") for side in found.sides)),
        (*rows, row("Predictions changed since the report before", *flips)),
    )


def _strips(found: Comparison, course: Course) -> Parts:
    groups = groupby(course.strips, key=lambda strip: strip.layers)
    return Parts(
        tuple(
            Part((_layer(layers),), f"course--layer-{at}", (_figures(found, list(strips)),))
            for at, (layers, strips) in enumerate(groups)
        ),
        Limits("layer", page=_LAYERS_A_PAGE, paper=_LAYERS_ON_PAPER),
    )


def _layer(layers: list[str]) -> str:
    parts = [layers[0], *(after for before, after in pairwise(layers) if after != before)]
    return " → ".join(parts)


def _figures(found: Comparison, strips: list[CourseStrip]) -> Figures:
    names = ", ".join(side.name for side in found.sides)
    across = 2 if len(found.sides) <= 4 else 1
    return Figures(
        tuple(
            Figure(
                Picture(
                    strip.picture,
                    f"Channel {strip.channel} of {strip.layers[-1]} in {names}",
                    strip.width,
                    strip.height,
                ),
                (f"Channel {strip.channel}",),
            )
            for strip in strips
        ),
        across,
    )
