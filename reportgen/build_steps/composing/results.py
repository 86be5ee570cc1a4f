"""Numbers over all images: evaluation and regression against known truth, health of the layers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from reportgen.assembly.assembly import Assembly
from reportgen.assembly.report_charts import with_charts, write_charts
from reportgen.build_steps.computing import Computed
from reportgen.build_steps.context import BuildContext
from reportgen.records.image import Image
from reportgen.records.over_images import Evaluation, Health
from reportgen.records.regression import Regression
from reportgen.records.report import Skipped

OverImages = TypeVar("OverImages", Evaluation, Health)


@dataclass(frozen=True)
class ResultRecords:
    """The records; None for what the report does not have, with the reason where one was asked."""

    evaluation: Evaluation | None
    regression: Regression | None
    health: Health | None
    sparsity_chart: str | None
    skipped: list[Skipped]


def compose_results(
    context: BuildContext, computed: Computed, assembly: Assembly, images: Sequence[Image]
) -> ResultRecords:
    """Over the images of the data set where there is one, else over those of the report.

    `images` are the records of the latter, which `assembly` has counted.
    """
    asked, facts, folder = context.settings.sections, computed.inputs.facts, assembly.folder
    evaluated, regressed = computed.evaluated, computed.regressed
    data_set = context.data_set_name if computed.scanned else ""
    health = _health(context, computed, assembly)
    skipped = []
    if "health" in asked and health is None:
        reason = "it needs the section activations and more than one image"
        skipped.append(Skipped(what="section", name="health", reason=reason))
    if "regression" in asked and regressed is None:
        reason = "there are no true values to compare with; --values-csv names a table of them"
        skipped.append(Skipped(what="section", name="regression", reason=reason))
    return ResultRecords(
        evaluation=_over(data_set, evaluated.record(facts, folder)) if evaluated else None,
        regression=regressed.record(folder) if regressed else None,
        health=_over(data_set, health) if health else None,
        sparsity_chart=write_charts(images, folder),
        skipped=skipped,
    )


def _health(context: BuildContext, computed: Computed, assembly: Assembly) -> Health | None:
    """The record with its charts; None without the section, or with too few images."""
    if "health" not in context.settings.chosen_sections:
        return None
    tally = computed.scanned.health if computed.scanned else assembly.health
    health = tally.health(assembly.model.layers)
    return with_charts(health, assembly.folder, assembly.layer_slug)


def _over(data_set: str, record: OverImages) -> OverImages:
    """Statistics of the data set of this name; of the images shown where it is empty."""
    return record.model_copy(update={"dataset": data_set})
