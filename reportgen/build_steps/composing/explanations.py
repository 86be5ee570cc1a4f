"""Why the model decides as it does: trust in its heatmaps, and the channels that decide."""

from dataclasses import dataclass

from reportgen.assembly.assembly import Assembly
from reportgen.assembly.decisions import assemble_decisions
from reportgen.assembly.fitting import Reduction
from reportgen.assembly.trust import assemble_trust
from reportgen.build_steps.computing import Computed
from reportgen.records.decisions import Decisions
from reportgen.records.trust import Trust


@dataclass(frozen=True)
class ExplanationRecords:
    """The records; None for what the report does not have."""

    trust: Trust | None
    decisions: Decisions | None


def compose_explanations(
    computed: Computed, assembly: Assembly, reduction: Reduction
) -> ExplanationRecords:
    """Over the photos of the report; decisions on those alone that `reduction` leaves in it."""
    inputs, planned, outcomes = computed.inputs, computed.planned, computed.outcomes
    trust = assemble_trust(
        assembly.folder,
        inputs.names,
        planned.trust.units,
        planned.sanity.units if planned.trust.units else [],
        outcomes,
        assembly.skipped,
    )
    shown = {digest for _, digest in reduction.shown(inputs.photos)}
    decisions = assemble_decisions(
        assembly,
        inputs.names,
        [unit for unit in planned.decisions.units if unit.photo in shown],
        outcomes,
        {unit.photo: outcomes[unit.key] for unit in planned.activations.units},
        planned.filters.units,
    )
    return ExplanationRecords(trust, decisions)
