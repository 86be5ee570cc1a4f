"""How pages fill: what to change where a chapter or an image ends on a nearly empty page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from reportgen.report.pdf.contexts import Document

FULL_ENOUGH = 0.25
"""Share of a page that has to be filled."""

_SMALLEST_SCALE = 0.84
_SPACE = 5.0
_WIDEST_SPACE = 11.0


@dataclass(frozen=True)
class Mark:
    """Where something begins or ends ("start:…", "end:…"): `y` millimetres below the page's top."""

    id: str
    page: int
    y: float


@dataclass(frozen=True)
class Fit:
    """How one image's grids are drawn: their scale, and the millimetres between them."""

    scale: float = 1.0
    space: float = _SPACE


@dataclass(frozen=True)
class Fits:
    """Images that differ from `Fit()`, and chapters that follow on the page of the one before."""

    images: Mapping[str, Fit] = field(default_factory=dict)
    follow: tuple[str, ...] = ()


def better_fits(marks: Sequence[Mark], content: Document, fits: Fits) -> Fits | None:
    """What to try next; None where no page is nearly empty, or nothing is left to try.

    An image that just runs over onto another page is drawn a little smaller, or, where that is not
    enough, with more room between its grids, so that the page is worth turning to. A chapter that
    ends on a nearly empty page lets the next one follow there.
    """
    starts = {mark.id.removeprefix("start:"): mark for mark in marks if mark.id.startswith("start")}
    ends = {mark.id.removeprefix("end:"): mark for mark in marks if mark.id.startswith("end")}
    images = dict(fits.images)
    for at, image in enumerate(content.images):
        key = f"image-{at}"
        number = sum(len(section.grids) for section in image.sections)
        if number and _fill(ends[key], content) < FULL_ENOUGH:
            pages = ends[key].page - starts[key].page
            tried = images.get(key)
            better = _better_fit(pages, _fill(ends[key], content), number, content, tried)
            if better:
                images[key] = better
    chapters = [name for name in starts if not name.startswith("image-")]
    # How the images are drawn moves the end of their own chapter only: the next has its own page.
    settled = images == dict(fits.images)
    follow = [
        second
        for first, second in pairwise(chapters)
        if second in fits.follow
        or (_fill(ends[first], content) < FULL_ENOUGH and (settled or first != "images"))
    ]
    better_all = Fits(images, tuple(follow))
    return None if better_all == fits else better_all


def _fill(end: Mark, content: Document) -> float:
    return (end.y - content.paper.top) / content.paper.room[1]


def _better_fit(
    pages: int, fill: float, grids: int, content: Document, tried: Fit | None
) -> Fit | None:
    if not pages or (tried and tried.space > _SPACE):
        return None
    height = content.paper.room[1]
    # About half of the first page is photo and Grad-CAM, which keep their size.
    flow = (pages - 0.4 + fill) * height
    scale = (tried.scale if tried else 1.0) * (1 - 1.15 * (fill * height + 4) / flow)
    if scale >= _SMALLEST_SCALE:
        return replace(tried or Fit(), scale=round(scale, 3))
    lacking = (FULL_ENOUGH + 0.06 - fill) * height / grids
    return Fit(space=round(min(_SPACE + lacking, _WIDEST_SPACE), 2))
