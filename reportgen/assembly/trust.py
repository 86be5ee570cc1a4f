"""From finished units to the record of trust: means over the images, and the chart of curves."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.execution.runner import Failure, Outcome
from reportgen.execution.units import Unit
from reportgen.heatmap_methods import CAMS, CHANCE
from reportgen.records.report import SanityCheck, Skipped, Trust, TrustMeasure

DEPENDS_BELOW = 0.8
"""Rank correlation with the maps of a model that has forgotten everything: from here on, a map is
said not to depend on the model. Maps of Grad-CAM come to about 0.1, an edge detector's to 1."""


def assemble_trust(
    folder: Path,
    names: Mapping[str, str],
    trust: Sequence[Unit],
    sanity: Sequence[Unit],
    outcomes: Mapping[str, Outcome],
    skipped: list[Skipped],
) -> Trust | None:
    """The record, None where nothing was asked for or all of it failed.

    `names` are those of the images by their digests; what failed is added to `skipped`.
    """
    measured: dict[str, Mapping[str, Any]] = {}
    for unit in trust:
        name, outcome = names[unit.inputs[1]], outcomes[unit.key]
        if isinstance(outcome, Failure):
            skipped.append(Skipped(what="trust in heatmaps of", name=name, reason=outcome.reason))
        else:
            measured[name] = outcome.data
    checks = list(_checks(sanity, outcomes, skipped))
    if not measured and not checks:
        return None
    measures = _measures(list(measured.values()))
    return Trust(
        layer=trust[0].options["layer"],
        images=list(measured),
        measures=measures,
        checks=checks,
        chart=_chart(folder, measures),
    )


def _checks(
    units: Sequence[Unit], outcomes: Mapping[str, Outcome], skipped: list[Skipped]
) -> Iterator[SanityCheck]:
    for unit in units:
        outcome = outcomes[unit.key]
        if isinstance(outcome, Failure):
            skipped.append(Skipped(what="check", name="sanity", reason=outcome.reason))
            continue
        for check in outcome.data["checks"]:
            stages = check["stages"]
            last = stages[-1]["correlation"] if stages else 0.0
            yield SanityCheck(**check, depends=last < DEPENDS_BELOW)


def _measures(found: Sequence[Mapping[str, Any]]) -> list[TrustMeasure]:
    by_method: dict[str, list[Mapping[str, Any]]] = {}
    for one in found:
        for entry in one["measured"]:
            kept = by_method.setdefault(entry["method"], [])
            if entry["measures"]:
                kept.append(entry["measures"])
    return [_mean(method, kept) for method, kept in by_method.items()]


def _mean(method: str, kept: Sequence[Mapping[str, Any]]) -> TrustMeasure:
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
        return _rounded(float(np.mean([one[key] for one in kept])))

    return TrustMeasure(
        method=method,
        images=len(kept),
        deletion=_mean_curve(kept, "deletion"),
        insertion=_mean_curve(kept, "insertion"),
        deletion_area=mean("deletion_area"),
        insertion_area=mean("insertion_area"),
        drop=mean("drop"),
        increase=mean("increase"),
        sparseness=mean("sparseness"),
    )


def _mean_curve(kept: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    return [_rounded(float(value)) for value in np.mean([one[key] for one in kept], axis=0)]


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _chart(folder: Path, measures: Sequence[TrustMeasure]) -> str | None:
    from reportgen.pictures.trust_chart import curves

    drawn = [one for one in measures if one.images]
    if not drawn:
        return None
    names = {CHANCE: "chance", **{name: cam.title for name, cam in CAMS.items()}}
    path = "pictures/trust.svg"
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    panels = {
        "Deletion": {names[one.method]: one.deletion for one in drawn},
        "Insertion": {names[one.method]: one.insertion for one in drawn},
    }
    target.write_bytes(curves(panels))
    return path
