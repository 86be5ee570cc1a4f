"""The layers' health as a chapter of the PDF."""

from collections.abc import Iterator

from reportgen.report.pdf.contexts import Block, Fact, Facts, Plate, Table, Title, Words
from reportgen.report.pdf.figures import Materials
from reportgen.report.sections.health import health_facts, health_row, sparser_with_depth

SPARSITY_ALT = "Sparsity by depth: share of zeros in the activations of each layer, for each image"


def health(materials: Materials) -> Iterator[Block]:
    """Numbers, sparsity by depth, and a table of all layers."""
    report = materials.outline.report
    found = report.health
    if found is None:
        return
    yield Facts(tuple(Fact(one.name, one.value, one.note) for one in health_facts(found)))
    if report.sparsity_chart and materials.outline.has("activations"):
        yield Title("Sparsity by depth")
        if sentence := sparser_with_depth(found):
            yield Words(sentence)
        chart = materials.pictures.picture(report.sparsity_chart, SPARSITY_ALT)
        yield Plate(
            "", chart, materials.room, 95.0,
            "The share of exact zeros in each layer’s activations, from the first layer to the"
            " last.",
        )  # fmt: skip
    yield Title("Layers")
    rows = [health_row(one) for one in found.layers]
    strange = any(others for *_, others in rows)
    heads = ("Layer", "Channels", "Zeros", "On single images", "Silent on all images")
    yield Table(
        (*heads, "Other findings") if strange else heads,
        "cnnnww" if strange else "cnnnw",
        tuple(row if strange else row[:-1] for row in rows),
    )
