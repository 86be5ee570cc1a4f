"""From finished units to the record of trust: means over the images, and the chart of curves."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from reportgen.analysis.heatmap_trust.randomisation import Stage
from reportgen.analysis.heatmap_trust.sanity_checks import Between, SanityData
from reportgen.analysis.heatmap_trust.trust import Draws, Measured, Measures, TrustData, TrustUnit
from reportgen.execution.runner import Failure, Outcome
from reportgen.heatmap_methods import CAMS, CHANCE, CHANCE_PIXELS
from reportgen.records.report import Skipped
from reportgen.records.trust import (
    SanityCheck,
    SanityNull,
    SanityStage,
    Spread,
    Trust,
    TrustMeasure,
)

KEPT = 0.75
"""Share of the way from the null to identity from which on maps count as kept."""

_ERRORS = 2.0
"""Standard errors within which two means are not told apart."""

_UNRELATED = 0.2
"""Standard deviation of the rank correlation of unrelated maps, of some thirty places."""

FEWEST_PAIRS = 3
"""Pairs of images below which the null is too uncertain to say that maps are gone."""

_QUANTILE = 2.262
"""Student's t for 95 % of draws, nine degrees of freedom: those of ten draws."""


def assemble_trust(
    folder: Path,
    names: Mapping[str, str],
    trust: Sequence[TrustUnit],
    sanity: Sequence[TrustUnit],
    outcomes: Mapping[str, Outcome],
    skipped: list[Skipped],
) -> Trust | None:
    """The record, None where nothing was asked for or all of it failed.

    `names` are those of the images by their digests; what failed is added to `skipped`.
    """
    measured: dict[str, TrustData] = {}
    for unit in trust:
        name, outcome = names[unit.photo], outcomes[unit.key]
        if isinstance(outcome, Failure):
            skipped.append(Skipped(what="trust in heatmaps of", name=name, reason=outcome.reason))
        else:
            measured[name] = outcome.read(TrustData)
    checks = list(sanity_checks(sanity, outcomes, skipped))
    if not measured and not checks:
        return None
    measures = _measures(list(measured.values()))
    return Trust(
        layer=trust[0].options.layer,
        images=list(measured),
        measures=measures,
        checks=checks,
        chart=_chart(folder, measures),
    )


def sanity_checks(
    units: Sequence[TrustUnit], outcomes: Mapping[str, Outcome], skipped: list[Skipped]
) -> Iterator[SanityCheck]:
    """The check of each kind of map; a unit that failed is added to `skipped`."""
    for unit in units:
        outcome = outcomes[unit.key]
        if isinstance(outcome, Failure):
            skipped.append(Skipped(what="check", name="sanity", reason=outcome.reason))
            continue
        for check in outcome.read(SanityData).checks:
            stages = [_stage(stage) for stage in check.stages]
            null = _null(check.between_images)
            last = check.stages[-1].correlations if stages else []
            yield SanityCheck(
                method=check.method,
                stages=stages,
                between_images=null,
                other_class=check.other_class,
                outcome=outcome_of(last, null),
            )


def outcome_of(
    correlations: Sequence[float], null: SanityNull | None
) -> Literal["gone", "in part", "kept", "unknown"]:
    """What the correlations of some seeds, with the whole model randomised, say beside the null.

    A null of a single pair of images can only show that maps are kept.
    """
    if null is None or not correlations:
        return "unknown"
    mean, between = float(np.mean(correlations)), null.correlation.mean
    spread = float(np.std(correlations, ddof=1)) if len(correlations) > 1 else 0.0
    error = float(np.hypot(spread / np.sqrt(len(correlations)), null.error))
    if mean - between >= KEPT * (1 - between):
        return "kept"
    if null.pairs < FEWEST_PAIRS:
        return "unknown"
    return "gone" if mean - between <= _ERRORS * error else "in part"


def _stage(stage: Stage) -> SanityStage:
    return SanityStage(
        layer=stage.layer,
        layers=stage.layers,
        seeds=len(stage.correlations),
        correlation=_spread(stage.correlations),
        similarity=_spread(stage.similarities),
    )


def _null(between: Between | None) -> SanityNull | None:
    if between is None:
        return None
    found, images = between.correlations, between.images
    # With a single pair nothing is known of the spread: that of unrelated ranks is taken.
    spread = float(np.std(found, ddof=1)) if len(found) > 1 else _UNRELATED
    return SanityNull(
        images=images,
        pairs=len(found),
        correlation=_spread(found),
        similarity=_spread(between.similarities),
        error=_rounded(spread / np.sqrt(images)),
    )


def _spread(values: Sequence[float]) -> Spread:
    low, high = min(values), max(values)
    return Spread(mean=_rounded(float(np.mean(values))), low=low, high=high)


def _measures(found: Sequence[TrustData]) -> list[TrustMeasure]:
    by_method: dict[str, list[Measured]] = {}
    for image in found:
        for measured in image.measured:
            by_method.setdefault(measured.method, []).append(measured)
    return [_mean(method, images) for method, images in by_method.items()]


def _interval(
    found: Sequence[Draws | None], area: Literal["deletion_area", "insertion_area"]
) -> list[float] | None:
    """Where 95 % of random maps come to lie, by the means of each draw over the images."""
    known = [draws for draws in found if draws is not None]
    if len(known) < len(found):
        return None
    draws = np.mean([getattr(draws, area) for draws in known], axis=0)
    reach = _QUANTILE * float(np.std(draws, ddof=1)) * np.sqrt(1 + 1 / len(draws))
    mean = float(np.mean(draws))
    return [_rounded(mean - reach), _rounded(mean + reach)]


def _mean(method: str, found: Sequence[Measured]) -> TrustMeasure:
    """The means over the images that have a map of this kind."""
    kept = [image.measures for image in found if image.measures is not None]
    draws = [image.draws for image in found if image.measures is not None]
    if not kept:
        return TrustMeasure(
            method=method,
            images=0,
            deletion=[],
            insertion=[],
            deletion_area=None,
            insertion_area=None,
            drop=None,
            increase=None,
            sparseness=None,
        )

    def mean(key: str) -> float:
        return _rounded(float(np.mean([getattr(measures, key) for measures in kept])))

    return TrustMeasure(
        method=method,
        images=len(kept),
        deletion=_mean_curve(kept, "deletion"),
        insertion=_mean_curve(kept, "insertion"),
        deletion_area=mean("deletion_area"),
        insertion_area=mean("insertion_area"),
        drop=mean("drop"),
        increase=mean("increase"),
        blurred_drop=mean("blurred_drop"),
        blurred_increase=mean("blurred_increase"),
        kept_brightness=mean("kept_brightness"),
        sparseness=mean("sparseness"),
        draws=len(draws[0].deletion_area) if draws[0] else 1,
        deletion_interval=_interval(draws, "deletion_area"),
        insertion_interval=_interval(draws, "insertion_area"),
    )


def _mean_curve(kept: Sequence[Measures], curve: Literal["deletion", "insertion"]) -> list[float]:
    means = np.mean([getattr(measures, curve) for measures in kept], axis=0)
    return [_rounded(float(value)) for value in means]


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _chart(folder: Path, measures: Sequence[TrustMeasure]) -> str | None:
    from reportgen.pictures.charts.deletion import curves

    drawn = [measure for measure in measures if measure.images]
    if not drawn:
        return None
    names = {name: cam.title for name, cam in CAMS.items()}
    names |= {CHANCE: "random maps", CHANCE_PIXELS: "random pixels"}
    path = "pictures/trust.svg"
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    panels = {
        "Deletion": {names[measure.method]: measure.deletion for measure in drawn},
        "Insertion": {names[measure.method]: measure.insertion for measure in drawn},
    }
    target.write_bytes(curves(panels, (names[CHANCE], names[CHANCE_PIXELS])))
    return path
