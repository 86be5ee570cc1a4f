"""Which kinds of heatmap are left out, since they do not depend on what the model has learned."""

from collections.abc import Mapping, Sequence

from reportgen.analysis.heatmap_trust.trust import TrustUnit
from reportgen.assembly.trust import sanity_checks
from reportgen.execution.runner import Outcome
from reportgen.heatmap_methods import CAMS
from reportgen.records.report import Skipped

UNCHECKED = (
    "it is shown only where the sanity check finds that it depends on the model’s weights, which"
    " takes three images with different maps, and a model that gives probabilities of classes"
)
KEPT = "its maps stay the same when all weights are randomised: they show the image, not the model"


def refused_maps(
    asked: Sequence[str], units: Sequence[TrustUnit], outcomes: Mapping[str, Outcome]
) -> dict[str, str]:
    """Of the kinds that were asked for, those that are not shown, each with the reason.

    `units` are those of the sanity check.
    """
    found = {check.method: check.outcome for check in sanity_checks(units, outcomes, [])}
    refused = {}
    for kind in asked:
        outcome = found.get(kind, "unknown")
        if CAMS[kind].checked and outcome not in ("gone", "in part"):
            refused[kind] = KEPT if outcome == "kept" else UNCHECKED
    return refused


def told(refused: Mapping[str, str]) -> list[Skipped]:
    """What the report says of them."""
    return [
        Skipped(what="section", name=f"gradcam: {CAMS[kind].title}", reason=reason)
        for kind, reason in refused.items()
    ]
