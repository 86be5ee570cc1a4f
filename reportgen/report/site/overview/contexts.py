"""What the template of the overview receives, under the name `page`."""

from dataclasses import dataclass

from reportgen.report.blocks import Block
from reportgen.report.contexts import Card, Finding, Frame, Link, Note, Picture, Stage
from reportgen.report.site.channels.contexts import Tile


@dataclass(frozen=True)
class Headline:
    """One of the large numbers below the title."""

    value: str
    name: str
    href: str
    note: str = ""


@dataclass(frozen=True)
class StripTile:
    """The most telling channel of a block: its filter pattern, or else a feature map."""

    text: str
    """What it shows: "conv2d_2, channel 5"."""
    tile: Tile


@dataclass(frozen=True)
class IndexPage:
    """`index.html`: the overview."""

    frame: Frame
    summary: str
    """The model in one line."""
    headlines: tuple[Headline, ...]
    cards: tuple[Card, ...]
    """A few images, misclassified ones first."""
    all_images: Link | None
    """Link to the list of all images where the overview does not show them all."""
    findings: tuple[Finding, ...]
    """What stands out, the most important first."""
    more_findings: tuple[Finding, ...]
    findings_note: str
    strip: tuple[StripTile, ...]
    """From pixels to parts: a tile of each block."""
    stages: tuple[Stage, ...]
    stages_note: str
    sparsity_chart: Picture | None
    gates: tuple[Block, ...]
    """Conditions that the model has to meet; empty where none are given."""
    gates_passed: str
    """How many gates passed, where all did. Else it is empty, and the gates stand first."""
    trend: Picture | None
    """Chart of the metrics over earlier runs and this one."""
    trend_text: str
    notes: tuple[Note, ...]
    """The user's notes as far as no other page has them."""
    downloads: tuple[Link, ...]
    """The report in other formats."""
    doors: tuple[Link, ...]
    """Links to every part of the report."""
