"""The work of a build: the data set scanned, all sections computed, the answers counted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reportgen.build_steps.context import BuildContext
from reportgen.build_steps.evaluating import (
    Evaluated,
    evaluate,
    explained_mistakes,
    known_classes,
    same_answer,
)
from reportgen.build_steps.expected import expected_costs
from reportgen.build_steps.inputs import Inputs
from reportgen.build_steps.planning import Planned, plan, plan_scan, with_telling_channels
from reportgen.build_steps.regressing import Regressed, regress, values_of_photos
from reportgen.build_steps.scanning import Scanned, pages_of, summed_up
from reportgen.errors import ImageError
from reportgen.execution.runner import Failure, Outcome
from reportgen.printable import printable


@dataclass(frozen=True)
class Computed:
    """What was computed of a build's inputs.

    Attributes:
        inputs: those whose results these are: the images of a data set that get pages are there.
        planned: the units of all sections.
        outcomes: what became of each unit, by its key.
        scanned: the statistics of the data set; None without one.
        evaluated: the numbers over the images of known class; None without any.
        regressed: true and predicted values; None without true ones.

    """

    inputs: Inputs
    planned: Planned
    outcomes: Mapping[str, Outcome]
    scanned: Scanned | None
    evaluated: Evaluated | None
    regressed: Regressed | None

    @property
    def failed(self) -> dict[str, Failure]:
        """The units that failed, by their keys."""
        found = self.outcomes.items()
        return {key: outcome for key, outcome in found if isinstance(outcome, Failure)}

    @property
    def galleries(self) -> int:
        """How many filter galleries there are."""
        failed = self.failed
        units = self.planned.filters.units
        return len({unit.group for unit in units if unit.key not in failed})

    @property
    def lost(self) -> int:
        """How many parts of the report failed."""
        failed = self.failed
        units = (unit for unit in self.planned.units if unit.key in failed)
        return len({unit.group or unit.key for unit in units})

    @property
    def accuracy(self) -> float | None:
        """Share of the images of known class that are classified correctly; None without any."""
        tally = self.evaluated.tally if self.evaluated else None
        return tally.correct / tally.images if tally else None


def compute(context: BuildContext, inputs: Inputs) -> Computed:
    """Scan the data set, compute all sections, and count the answers. Raises ReportgenError."""
    inputs, scanned = scan_data_set(context, inputs)
    request = inputs.request(context)
    planned = plan(request)
    context.log.skipped += planned.skipped
    context.progress.expect(expected_costs(planned, context.settings, scanned=scanned is not None))
    outcomes: dict[str, Outcome] = {}
    for part in planned.telling:
        outcomes |= context.run(part)
    planned = with_telling_channels(planned, request, outcomes)
    for part in planned.after_telling:
        outcomes |= context.run(part)
    evaluated = _evaluated(context, inputs, scanned, planned, outcomes)
    if evaluated is not None:
        mistakes = evaluated.tally.most_confident_mistakes()
        explained = explained_mistakes(mistakes, inputs.photos, planned.gradcam, outcomes)
        outcomes |= context.run(explained)
        planned = replace(planned, explained=explained)
    regressed = _regressed(context, inputs, scanned, planned, outcomes)
    return Computed(inputs, planned, outcomes, scanned, evaluated, regressed)


def scan_data_set(context: BuildContext, inputs: Inputs) -> tuple[Inputs, Scanned | None]:
    """Scan the data set; the images of it that get pages are shown with the others."""
    if not inputs.data_set:
        return inputs, None
    scan = plan_scan(inputs.request(context))
    scanned = summed_up(
        scan, context.run(scan), inputs.data_set, inputs.facts, inputs.classes, context.settings
    )
    context.log.skipped += scanned.skipped
    most = context.settings.dataset_pages
    inputs = inputs.with_pages(context, pages_of(scanned, inputs.data_set, inputs.photos, most))
    if not inputs.photos:
        raise ImageError(
            "No image is left to show: give one, or ask for some of the data set with "
            "--dataset-pages."
        )
    return inputs, scanned


def _evaluated(
    context: BuildContext,
    inputs: Inputs,
    scanned: Scanned | None,
    planned: Planned,
    outcomes: Mapping[str, Outcome],
) -> Evaluated | None:
    """Count the images of known class; tells why there is nothing to count."""
    facts, settings = inputs.facts, context.settings
    folders, unmade = known_classes(facts, inputs.classes, settings)
    context.log.skipped += [unmade] if unmade else []
    found = scanned.evaluated if scanned and folders else None
    if folders and not scanned:
        found = evaluate(
            facts, inputs.photos, inputs.classes, planned.activations, outcomes, settings
        )
    if isinstance(found, Evaluated):
        for remark in found.tally.remarks(facts.labels):
            context.log.warn(remark)
        return found
    context.log.skipped += [found] if found else []
    if facts.head and facts.head.classes:
        context.log.warn(same_answer(facts, planned.activations, outcomes))
    return None


def _regressed(
    context: BuildContext,
    inputs: Inputs,
    scanned: Scanned | None,
    planned: Planned,
    outcomes: Mapping[str, Outcome],
) -> Regressed | None:
    """Compare the values that the model gives with the true ones."""
    table, output = context.settings.values_csv, inputs.facts.value_output
    if table is None or output is None or not inputs.true_values:
        return None
    return regress(
        output,
        inputs.data_set if scanned else inputs.photos,
        inputs.true_values,
        printable(table.name),
        scanned.values.get
        if scanned
        else values_of_photos(output.name, planned.activations, outcomes),
    )
