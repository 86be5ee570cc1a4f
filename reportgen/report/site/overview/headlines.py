"""The large numbers on the overview: accuracy, images, misclassified, silent channels."""

from collections.abc import Iterator
from itertools import islice

from reportgen.report.outline import Outline, href
from reportgen.report.site.overview.contexts import Headline
from reportgen.wording import count, number, percent

_MOST = 4


def headlines(outline: Outline, page: str) -> tuple[Headline, ...]:
    """At most four numbers, the most important first, each with a link to what it counts."""
    return tuple(islice(_all(outline, page), _MOST))


def _all(outline: Outline, page: str) -> Iterator[Headline]:
    report = outline.report
    if report.evaluation and outline.has("evaluation"):
        found = report.evaluation
        interval = f"95 % interval {percent(found.accuracy_low)} to {percent(found.accuracy_high)}"
        place = href(page, "evaluation.html")
        yield Headline(percent(found.accuracy), "accuracy", place, interval)
        yield Headline(f"{found.images - found.correct:,}", "misclassified", place,
                       f"of {count(found.images, 'image')}")  # fmt: skip
    elif outline.mistakes is not None:
        place = outline.mistakes_page() if outline.mistakes else outline.images_page()
        yield Headline(f"{len(outline.mistakes):,}", "misclassified", href(page, place))
    if report.regression and outline.has("regression"):
        fit = report.regression.fits[0]
        name = f"mean absolute error of {fit.name}"
        yield Headline(number(fit.mae), name, href(page, "regression.html"))
    if outline.images:
        amount = len(outline.images)
        place = href(page, outline.images_page())
        yield Headline(f"{amount:,}", "image" if amount == 1 else "images", place)
    yield from _quiet_channels(outline, page)
    layers = len(outline.layers)
    yield Headline(f"{layers:,}", "layer" if layers == 1 else "layers", href(page, "model.html"))


def _quiet_channels(outline: Outline, page: str) -> Iterator[Headline]:
    """Channels that are silent over all images."""
    health = outline.report.health
    if health is not None and outline.has("health"):
        place = href(page, "health.html")
        name = "silent channel" if health.silent == 1 else "silent channels"
        yield Headline(f"{health.silent:,}", name, place,
                       f"zero on all {health.images:,} images")  # fmt: skip
