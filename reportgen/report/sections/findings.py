"""What was found: the things a reader should look at first, each with a link to its place."""

from collections.abc import Iterable, Iterator

from reportgen.heatmap_methods import CAMS
from reportgen.report.contexts import Finding
from reportgen.report.figures import METHODS
from reportgen.report.heatmap_groups import cam_groups
from reportgen.report.outline import Outline, href
from reportgen.report.sections.kernels import kernel_places
from reportgen.wording import NO_NUMBERS, count, numbers, percent, sentence

MOST_FINDINGS = 18
_MOST_OF_A_KIND = 6

_REDUCED = {"resolution": "Smaller", "channels": "Fewer", "images": "Left out"}
"""What is said of parts of a report that were reduced for its size: nothing is wrong with them."""


def findings(outline: Outline, page: str) -> tuple[tuple[Finding, ...], str]:
    """The findings, most pressing first, and a sentence where some are left out."""
    kinds: list[Iterable[Finding]] = [
        _not_numbers(outline, page),
        _warnings(outline),
        _maps_without_model(outline, page),
        _left_out(outline, page, reduced=False),
        _mistakes(outline, page),
        _unwell(outline, page),
        _left_out(outline, page, reduced=True),
        _dead_channels(outline, page),
        _dead_filters(outline, page),
        _unwilling_filters(outline, page),
        _empty_gradcams(outline, page),
        _doubled_filters(outline, page),
        _inputs(outline, page),
    ]
    found, total = [], 0
    for kind in kinds:
        for number, finding in enumerate(kind):
            total += 1
            if number < _MOST_OF_A_KIND:
                found.append(finding)
    left = total - len(found[:MOST_FINDINGS])
    note = f"{count(left, 'more finding')} in report.json." if left else ""
    return tuple(found[:MOST_FINDINGS]), note


def _not_numbers(outline: Outline, page: str) -> Iterator[Finding]:
    """Images without a predicted class, then layers whose weights are not finite."""
    images = [image for image in outline.report.images if image.not_finite]
    if images:
        yield Finding(
            "warning",
            f"No prediction for {len(images):,} of {count(len(outline.report.images), 'image')}",
            f"{sentence(NO_NUMBERS)[:-1]}, for {images[0].name} first.",
            href(page, outline.image_place(images[0].name)),
        )
    for one in outline.report.model.not_finite:
        yield Finding(
            "warning",
            f"Weights that are not numbers in {one.layer}",
            f"{one.count:,} of {count(one.size, 'number')} of {one.weight} are NaN or infinite: "
            "training has diverged, or the file is damaged.",
            href(page, "model.html"),
        )


def _warnings(outline: Outline) -> list[Finding]:
    return [Finding("warning", "Warning", sentence(text), "") for text in outline.report.warnings]


def _maps_without_model(outline: Outline, page: str) -> list[Finding]:
    trust = outline.report.trust if outline.has("trust") else None
    return [
        Finding(
            "warning",
            f"{CAMS[check.method].title} does not depend on the model",
            "Its maps stay the same when all weights are randomised: they show the image rather"
            " than the model.",
            href(page, "trust.html#trust--checks"),
        )
        for check in (trust.checks if trust else ())
        if check.outcome == "kept"
    ]


def _left_out(outline: Outline, page: str, *, reduced: bool) -> Iterator[Finding]:
    """What the report lacks: what was skipped, or what was `reduced` for its size."""
    for item in outline.report.skipped:
        if (item.what in _REDUCED) is reduced:
            title = _REDUCED[item.what] if reduced else f"Skipped {item.what}"
            yield Finding(
                "note" if reduced else "skipped",
                f"{title}: {item.name}",
                sentence(item.reason),
                href(page, "about.html#about--skipped"),
            )


def _mistakes(outline: Outline, page: str) -> list[Finding]:
    if outline.evaluation_pages:
        return _evaluated(outline, page)
    if not outline.mistakes:
        return []
    filed = sum(image.group is not None for image in outline.report.images)
    text = (
        f"{len(outline.mistakes):,} of {count(filed, 'image')} "
        f"{'is' if len(outline.mistakes) == 1 else 'are'} misclassified."
    )
    return [Finding("note", "Mistakes", text, href(page, outline.mistakes_page()))]


def _evaluated(outline: Outline, page: str) -> list[Finding]:
    found = outline.report.evaluation
    if found is None or not found.mistakes:
        return []
    first, labels = found.mistakes[0], outline.report.model.labels
    title = f"{len(found.mistakes):,} of {count(found.images, 'image')} misclassified"
    text = (
        f"Most confident mistake: {first.image}, predicted {labels[first.predicted]} "
        f"({percent(first.probability)})."
    )
    return [Finding("note", title, text, href(page, outline.evaluation_page()))]


def _dead_channels(outline: Outline, page: str) -> list[Finding]:
    """Layers with inactive channels; those of a convolution are named once, not where they lead."""
    origins = {one.path: one.origin for one in outline.report.model.layers}
    named: dict[str, set[int]] = {}
    found = []
    for path in outline.activations:
        seen = outline.images.totals[path]
        dead = seen.inactive
        known = named.setdefault(origins.get(path) or path, set())
        if known.issuperset(dead):
            continue
        known.update(dead)
        many = "the image" if seen.images == 1 else f"all {count(seen.images, 'image')}"
        text = (
            f"{len(dead):,} of {count(seen.channels, 'channel')} give one value everywhere on "
            f"{many}: {numbers(dead, 8)}."
        )
        link = href(page, outline.layer_place(path))
        found.append(
            (len(dead) / seen.channels, Finding("dead", f"Inactive in {path}", text, link))
        )
    return [finding for _, finding in sorted(found, key=lambda item: -item[0])]


def _unwell(outline: Outline, page: str) -> list[Finding]:
    """Layers with numbers that are none, then those with channels at the bound."""
    found = []
    for layers in outline.health_pages:
        for one in layers:
            link = href(page, outline.health_place(one.layer))
            for ids, kind, what in (
                (one.non_finite, "warning", "NaN or infinite on some image"),
                (one.saturated, "dead", "at the bound of the activation function on every image"),
            ):
                if ids:
                    text = f"{len(ids):,} of {count(one.channels, 'channel')}: {numbers(ids, 8)}."
                    word = "Not finite" if kind == "warning" else "Saturated"
                    title = f"{word} in {one.layer}"
                    said = f"{what[:1].upper()}{what[1:]}: {text}"
                    found.append(Finding(kind, title, said, link))
    return sorted(found, key=lambda finding: finding.kind != "warning")


def _dead_filters(outline: Outline, page: str) -> list[Finding]:
    if not outline.has("kernels"):
        return []
    places = kernel_places(outline)
    return [
        Finding(
            "dead",
            f"Dead filters in {kernel.layer}",
            f"{len(kernel.dead):,} of {count(kernel.filters, 'filter')} have weights that are"
            f" practically zero: {numbers(kernel.dead, 8)}.",
            href(page, places[kernel.layer]),
        )
        for kernel in outline.report.kernels
        if kernel.dead
    ]


def _doubled_filters(outline: Outline, page: str) -> list[Finding]:
    kernels = outline.report.kernels if outline.has("kernels") else []
    doubled = [kernel for kernel in kernels if kernel.near_duplicates]
    if not doubled:
        return []
    most = max(doubled, key=lambda kernel: kernel.near_duplicates)
    pairs = sum(kernel.near_duplicates for kernel in doubled)
    text = (
        f"{count(pairs, 'pair')} in {count(len(doubled), 'layer')} have almost the same weights,"
        f" {most.near_duplicates:,} of them in {most.layer}."
    )
    place = kernel_places(outline)[most.layer]
    return [Finding("note", "Filters that are near-duplicates", text, href(page, place))]


def _unwilling_filters(outline: Outline, page: str) -> list[Finding]:
    found = []
    for galleries in outline.gallery_blocks.values():
        for gallery in galleries:
            filters = outline.filters_of(gallery)
            bad = {
                "stayed silent": [one.channel for one in filters if one.status == "silent"],
                "did not rise": [one.channel for one in filters if one.status == "not risen"],
                "failed": [one.channel for one in filters if one.status == "failed"],
            }
            said = [
                f"{'channel' if len(ids) == 1 else 'channels'} {numbers(sorted(ids), 8)} {word}"
                for word, ids in bad.items()
                if ids
            ]
            if said:
                link = href(page, outline.layer_place(gallery.layer))
                text = f"Of {count(len(filters), 'filter')}, {'; '.join(said)}."
                kind = "" if gallery.method == "classic" else f"{METHODS[gallery.method]} "
                title = f"No {kind}pattern in {gallery.layer}"
                found.append(Finding("silent", title, text, link))
    return found


def _empty_gradcams(outline: Outline, page: str) -> Iterator[Finding]:
    for image in outline.report.images if outline.has("gradcam") else ():
        for at, group in enumerate(cam_groups(image.gradcam), 1):
            main = group.main
            if main.status != "ok":
                yield Finding(
                    "note",
                    f"No {CAMS[main.method].title} for {main.label} on {image.name}",
                    sentence(main.reason or main.status),
                    href(page, f"{outline.image_place(image.name)}#gradcam--{at}"),
                )


def _inputs(outline: Outline, page: str) -> list[Finding]:
    preprocessing = outline.report.model.preprocessing
    if preprocessing.source != "assumed":
        return []
    link = href(page, "about.html#about--preprocessing")
    return [Finding("note", "Preprocessing is assumed", sentence(preprocessing.reason), link)]
