"""What a report states of the channels of layers: filter patterns, top images, kernels."""

from dataclasses import dataclass

from reportgen.assembly.assembly import Assembly
from reportgen.assembly.exemplars import found_exemplars
from reportgen.build_steps.computing import Computed
from reportgen.build_steps.context import BuildContext
from reportgen.records.filters import Filter, Gallery, Kernel, StartImage
from reportgen.records.over_images import Exemplars


@dataclass(frozen=True)
class ChannelRecords:
    """The records; empty, or None, for what the report does not have."""

    filters: list[Filter]
    galleries: list[Gallery]
    start_images: list[StartImage]
    exemplars: Exemplars | None
    kernels: list[Kernel]


def compose_channels(
    context: BuildContext, computed: Computed, assembly: Assembly
) -> ChannelRecords:
    """The records, with their pictures in the folder of `assembly`."""
    planned, outcomes, settings = computed.planned, computed.outcomes, context.settings
    filters, galleries = assembly.filters(
        planned.filters.units, outcomes, settings.columns, settings.filter_margin
    )
    searched = computed.inputs.data_set or computed.inputs.photos
    exemplars = [
        found_exemplars(assembly, unit, outcomes[unit.key], searched, context.data_set_name)
        for unit in planned.exemplars.units
    ]
    return ChannelRecords(
        filters=filters,
        galleries=galleries,
        start_images=assembly.start_images(planned.filters.units, outcomes),
        exemplars=next((record for record in exemplars if record), None),
        kernels=assembly.kernels(planned.kernels.units, outcomes),
    )
