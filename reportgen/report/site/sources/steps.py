"""Each figure of the texts that this program follows, in their order, found in a report.

Beside each step stand the numbers of its listing and those of this report. A step that this report
cannot show says why.
"""

from dataclasses import replace

from reportgen.report.outline import Outline
from reportgen.report.site.sources.activation_steps import (
    every_channel,
    single_channels,
    sparsity,
    top_images,
)
from reportgen.report.site.sources.contexts import Step
from reportgen.report.site.sources.found import StepMaterial
from reportgen.report.site.sources.heatmap_steps import heatmap, overlay
from reportgen.report.site.sources.network_steps import accuracy, decoded, network, photo
from reportgen.report.site.sources.pattern_steps import (
    by_block,
    dream,
    gallery,
    kernels,
    pattern,
    start,
)


def steps(outline: Outline) -> tuple[Step, ...]:
    """All steps, in order."""
    given = StepMaterial(outline)
    shown = (
        network(given),
        photo(given),
        single_channels(given),
        every_channel(given),
        sparsity(given),
        start(given),
        pattern(given),
        gallery(given),
        decoded(given),
        heatmap(given),
        overlay(given),
        kernels(given),
        top_images(given),
        by_block(given),
        dream(given),
        accuracy(given),
    )
    return tuple(replace(step, number=number) for number, step in enumerate(shown, 1))
