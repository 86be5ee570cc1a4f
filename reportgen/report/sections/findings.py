"""What a reader should know first: one finding for each kind, ranked, with links to its places.

A hundred images with an empty heatmap are one finding, with its count and the list of the images.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from reportgen.heatmap_methods import CAMS
from reportgen.records.report import Skipped
from reportgen.report.contexts import Finding, Link
from reportgen.report.heatmaps import CamGroup, cam_groups, shown_cam
from reportgen.report.outline import Outline, href
from reportgen.report.sections.channel_findings import (
    broken_weights,
    dead_filters,
    duplicates,
    inactive_channels,
    missing_patterns,
    non_finite_layers,
    saturated_layers,
)
from reportgen.report.sections.confusions import SHORTCUTS
from reportgen.report.sections.image_map import SUSPECTED
from reportgen.wording import NO_NUMBERS, count, listed, percent, sentence

MOST_FINDINGS = 12
MOST_PLACES = 20
"""Links that a finding lists; report.json has them all."""

_NAMED = 3

_SKIPPED = {
    "section": ("section left out", "sections left out"),
    "image": ("image skipped", "images skipped"),
    "file": ("file is not an image", "files are not images"),
    "split": ("part of the data set not used", "parts of the data set not used"),
}
"""What was left out, by the kind of its record; a kind that is in no table here failed."""

_NOT_SHOWN = {
    "channel": ("channel not shown", "channels not shown"),
    "layer": ("layer not shown", "layers not shown"),
    "input": ("input fed with zeros", "inputs fed with zeros"),
    "end of the network": ("end of the network cut", "ends of the network cut"),
}

_REDUCED = ("resolution", "channels", "images")
"""Kinds of parts that are smaller or fewer, to keep the report small."""


def findings(outline: Outline, page: str) -> tuple[tuple[Finding, ...], str]:
    """The findings for a page, and a sentence where some are left out.

    Wrong results come first, then misclassified images, dead and silent channels, and notes.
    """
    kinds: tuple[Callable[[Outline, str], Iterable[Finding]], ...] = (
        _unpredicted,
        broken_weights,
        non_finite_layers,
        _maps_without_model,
        _shortcuts,
        _failed,
        _warnings,
        _misclassified,
        _suspected_labels,
        _skipped,
        inactive_channels,
        dead_filters,
        saturated_layers,
        missing_patterns,
        _failed_heatmaps,
        _empty_heatmaps,
        duplicates,
        _not_shown,
        _reduced,
    )
    found = [_limited(finding) for kind in kinds for finding in kind(outline, page)]
    left = len(found) - MOST_FINDINGS
    note = f"{count(left, 'more finding')} in report.json." if left > 0 else ""
    return tuple(found[:MOST_FINDINGS]), note


def _limited(finding: Finding) -> Finding:
    """A finding with as many places as a page lists, and how many more there are.

    A single place is the one that the finding itself links to.
    """
    if len(finding.places) == 1:
        return replace(finding, places=())
    left = len(finding.places) - MOST_PLACES
    if left <= 0:
        return finding
    return replace(finding, places=finding.places[:MOST_PLACES], more=f"and {left:,} more")


def _unpredicted(outline: Outline, page: str) -> Iterator[Finding]:
    images = [image.name for image in outline.report.images if image.not_finite]
    if images:
        yield Finding(
            "warning",
            f"No prediction for {len(images):,} of {count(len(outline.report.images), 'image')}",
            sentence(NO_NUMBERS),
            href(page, outline.image_place(images[0])),
            _images(outline, page, images),
        )


def _warnings(outline: Outline, page: str) -> Iterator[Finding]:
    texts = [sentence(text) for text in outline.report.warnings]
    if texts:
        place = href(page, "about.html#about--skipped")
        yield Finding(
            "warning",
            "Warning" if len(texts) == 1 else f"{len(texts):,} warnings",
            texts[0],
            place,
            tuple(Link(text, "") for text in texts),
        )


def _maps_without_model(outline: Outline, page: str) -> Iterator[Finding]:
    trust = outline.report.trust if outline.has("trust") else None
    kept = [CAMS[check.method].title for check in (trust.checks if trust else ())
            if check.outcome == "kept"]  # fmt: skip
    if kept:
        yield Finding(
            "warning",
            f"{listed(kept)} {'does' if len(kept) == 1 else 'do'} not depend on the model",
            "The maps stay the same when all weights are randomised: they show the image rather"
            " than the model.",
            href(page, "trust.html#trust--checks"),
        )


def _failed(outline: Outline, page: str) -> Iterator[Finding]:
    known = {*_SKIPPED, *_NOT_SHOWN, *_REDUCED}
    items = [
        loss.model_copy(update={"name": f"{loss.what} {loss.name}"})
        for loss in outline.report.skipped
        if loss.what not in known
    ]
    yield from _missing(page, items, ("result failed", "results failed"), "warning")


def _skipped(outline: Outline, page: str) -> Iterator[Finding]:
    for kind, words in _SKIPPED.items():
        items = [loss for loss in outline.report.skipped if loss.what == kind]
        yield from _missing(page, items, words, "skipped")


def _not_shown(outline: Outline, page: str) -> Iterator[Finding]:
    """Layers and inputs without figures; dropout, which only hands its input on, is not listed."""
    for kind, words in _NOT_SHOWN.items():
        items = [
            loss
            for loss in outline.report.skipped
            if loss.what == kind
            and not (loss.name in outline.layers and outline.layers[loss.name].passes_through)
        ]
        yield from _missing(page, items, words, "note")


def _missing(
    page: str, items: Sequence[Skipped], words: tuple[str, str], kind: str
) -> Iterator[Finding]:
    if items:
        place = href(page, "about.html#about--skipped")
        title = count(len(items), *words)
        yield Finding(kind, title, _reasons(items), place, _skipped_items(items))


def _reasons(items: Sequence[Skipped]) -> str:
    """The reason and what it holds for, such as "a.jpg and b.jpg: the file is damaged."."""
    names = [item.name for item in items]
    reason = items[0].reason
    if any(item.reason != reason for item in items):
        return f"{names[0]}: {sentence(reason)}"
    left = len(names) - _NAMED
    return (
        f"{listed([*names[:_NAMED], f'{left:,} more'] if left > 0 else names)}: {sentence(reason)}"
    )


def _skipped_items(items: Sequence[Skipped]) -> tuple[Link, ...]:
    return tuple(Link(item.name, "", note=sentence(item.reason)) for item in items)


def _reduced(outline: Outline, page: str) -> Iterator[Finding]:
    items = [loss for loss in outline.report.skipped if loss.what in _REDUCED]
    if items:
        yield Finding(
            "note",
            "The report was reduced to limit its size",
            sentence(f"{items[0].name}: {items[0].reason}"),
            href(page, "about.html#about--skipped"),
            _skipped_items(items),
        )


def _misclassified(outline: Outline, page: str) -> Iterator[Finding]:
    found = outline.report.evaluation if outline.has("evaluation") else None
    if found is not None and found.mistakes:
        first, labels = found.mistakes[0], outline.report.model.labels
        yield Finding(
            "wrong",
            f"{found.images - found.correct:,} of {count(found.images, 'image')} misclassified",
            f"Most confident mistake: {first.image}, predicted {labels[first.predicted]} "
            f"({percent(first.probability)}).",
            href(page, "evaluation.html"),
            _images(outline, page, [mistake.image for mistake in outline.shown_mistakes]),
        )
    elif found is None and outline.mistakes:
        known = sum(image.true_class is not None for image in outline.report.images)
        yield Finding(
            "wrong",
            f"{len(outline.mistakes):,} of {count(known, 'image')} misclassified",
            "The predicted class is not the true class.",
            href(page, outline.mistakes_page()),
            _images(outline, page, outline.mistakes),
        )


def _shortcuts(outline: Outline, page: str) -> Iterator[Finding]:
    found = outline.report.confusions if outline.has("confusions") else None
    if found is not None and found.shortcuts:
        first, labels = found.shortcuts[0], outline.report.model.target_labels
        named = listed([labels[shortcut.index] for shortcut in found.shortcuts[:_NAMED]])
        yield Finding(
            "warning",
            f"Possible shortcut for {named}",
            f"{percent(first.heat)} of the heat of {labels[first.index]} lies in the {first.place},"
            f" {percent(first.area)} of the image, and the pixels there tell the class.",
            href(page, SHORTCUTS),
        )


def _suspected_labels(outline: Outline, page: str) -> Iterator[Finding]:
    found = outline.report.image_map if outline.has("map") else None
    if found is not None and found.suspected:
        first, labels = found.suspected[0], outline.report.model.labels
        yield Finding(
            "wrong",
            f"{count(found.suspicions, 'suspected label error')} in"
            f" {count(found.labelled, 'image')}",
            f"Most suspect: {first.image}, labelled {labels[first.given]}. The prediction and the"
            f" nearest images say {labels[first.suggested]}.",
            href(page, SUSPECTED),
            _images(outline, page, [suspect.image for suspect in found.suspected]),
        )


def _images(outline: Outline, page: str, names: Sequence[str]) -> tuple[Link, ...]:
    return tuple(
        Link(name, href(page, outline.image_place(name)) if name in outline.images else "")
        for name in names
    )


def _heatmaps(outline: Outline, page: str, status: str) -> list[tuple[CamGroup, Link]]:
    """The maps of each class whose first map ended in a status, with a link to it."""
    return [
        (group, Link(image.name,
                          href(page, f"{outline.image_place(image.name)}#gradcam--{at}"),
                          note=group.main.label))
        for image in (outline.report.images if outline.has("gradcam") else ())
        for at, group in enumerate(cam_groups(image.gradcam), 1)
        if group.main.status == status
    ]  # fmt: skip


def _empty_heatmaps(outline: Outline, page: str) -> Iterator[Finding]:
    found = _heatmaps(outline, page, "no positive evidence")
    if found:
        title = CAMS[found[0][0].main.method].title
        labels = Counter(group.main.label for group, _ in found)
        images = len({link.text for _, link in found})
        where = found[0][1].text if images == 1 else count(images, "image")
        many = len(labels) > 1
        named = [f"{label} ({amount:,})" if many else label
                 for label, amount in labels.most_common(_NAMED)]  # fmt: skip
        if many and len(labels) > _NAMED:
            named.append(count(len(labels) - _NAMED, "other class", "other classes"))
        maps = f": {len(found):,} maps" if len(found) > images else ""
        yield Finding(
            "note",
            f"{title} is empty{maps} on {where}",
            f"The map has no positive value for {listed(named)}.{_other_regions(found)}",
            found[0][1].href,
            tuple(link for _, link in found),
        )


def _other_regions(found: Sequence[tuple[CamGroup, Link]]) -> str:
    """Which other kinds of map find a region where the first is empty."""
    shown = [shown_cam(group) for group, _ in found if shown_cam(group) is not group.main]
    if not shown:
        return ""
    kinds = dict.fromkeys(CAMS[cam.method].title for cam in shown)
    verb = "finds" if len(kinds) == 1 else "find"
    where = f" for {len(shown):,} of them" if len(shown) < len(found) else ""
    return f" {listed(kinds)} {verb} a region{where}."


def _failed_heatmaps(outline: Outline, page: str) -> Iterator[Finding]:
    found = _heatmaps(outline, page, "failed")
    if found:
        yield Finding(
            "warning",
            f"{CAMS[found[0][0].main.method].title} failed for {count(len(found), 'map')}",
            sentence(found[0][0].main.reason or "no reason is known"),
            found[0][1].href,
            tuple(link for _, link in found),
        )
