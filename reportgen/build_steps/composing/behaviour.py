"""How the model behaves over many images: similarity of its layers, robustness, concepts."""

from dataclasses import dataclass, field

from reportgen.assembly.assembly import Assembly
from reportgen.assembly.concepts import assemble_concepts
from reportgen.assembly.robustness import assemble_robustness
from reportgen.assembly.similarity import WHY_NONE, assemble_similarity
from reportgen.build_steps.computing import Computed
from reportgen.build_steps.context import BuildContext
from reportgen.records.behaviour.concepts import Concepts
from reportgen.records.behaviour.robustness import Robustness
from reportgen.records.behaviour.similarity import LayerSimilarity
from reportgen.records.report import Skipped


@dataclass(frozen=True)
class BehaviourRecords:
    """The records; None for what the report does not have, with the reason where one was asked."""

    similarity: LayerSimilarity | None
    robustness: Robustness | None
    concepts: Concepts | None
    skipped: list[Skipped] = field(default_factory=list)


def compose_behaviour(
    context: BuildContext, computed: Computed, assembly: Assembly
) -> BehaviourRecords:
    """Over the images of the data set where there is one, else over those of the report."""
    inputs, settings = computed.inputs, context.settings
    planned, outcomes = computed.planned, computed.outcomes
    files = {digest: file for file, digest in reversed(inputs.data_set or inputs.photos)}
    data_set = context.data_set_name if inputs.data_set else ""
    similarity = _similarity(context, computed, assembly)
    skipped = []
    if "similarity" in settings.sections and similarity is None:
        skipped.append(Skipped(what="section", name="similarity", reason=WHY_NONE))
    return BehaviourRecords(
        similarity=similarity,
        robustness=assemble_robustness(
            assembly, files, planned.robustness.units, outcomes, data_set
        ),
        concepts=assemble_concepts(assembly, files, planned.concepts.units, outcomes, data_set),
        skipped=skipped,
    )


def _similarity(
    context: BuildContext, computed: Computed, assembly: Assembly
) -> LayerSimilarity | None:
    if "similarity" not in context.settings.chosen_sections:
        return None
    scanned = computed.scanned
    means = scanned.means if scanned else assembly.means
    images = scanned.images if scanned else len(computed.inputs.decoded)
    similarity = assemble_similarity(means, images, assembly.folder)
    name = context.data_set_name if scanned else ""
    return similarity.model_copy(update={"dataset": name}) if similarity else None
