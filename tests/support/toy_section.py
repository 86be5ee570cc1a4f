"""A section added as README's development part tells: `python -m tests.support.toy_section DIR`.

The entry goes into the table before anything reads it, so this is a program of its own. It writes
the site, the single file and the PDF of a small report with the section into the folder DIR.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from reportgen.report.sections import table

TOY = table.Section(
    key="toy",
    record="toys",
    menu="Toys",
    page="toys.html",
    title="Toys of the network",
    headings=("toy", "toys"),
    on_request=False,
    scans=False,
    left_to_site="",
    search=("plaything",),
)
NOTES = "# Toys\n\nA note on toys.\n\n# Health\n\nA note on health.\n"
TOYS = ("a ball", "a kite")


def add_section() -> None:
    """Add the entry of the table, the introduction and what the section says."""
    table.TABLE = (*table.TABLE, TOY)
    table.WITH_PAGES = (*table.WITH_PAGES, TOY)

    from reportgen.report.blocks import Bullets, Page
    from reportgen.report.contexts import Explanation
    from reportgen.report.explanations import EXPLANATIONS
    from reportgen.report.outline import Outline
    from reportgen.report.sections import pages

    def toys(outline: Outline) -> Iterator[Page]:
        found = [(name,) for name in getattr(outline.report, TOY.record)]
        yield Page(TOY.page, TOY.title, (Bullets(tuple(found)),))

    EXPLANATIONS["toy"] = Explanation("What the network plays with.", ())
    pages.PAGES = {**pages.PAGES, "toy": toys}


def write(folder: Path) -> None:
    """Write a report that has toys."""
    from reportgen.config import make_settings
    from reportgen.records.report import Report
    from reportgen.report.pdf.writer import write_pdf
    from reportgen.report.single.writer import write_single
    from reportgen.report.site.writer import write_site
    from tests.report.sample import write_sample

    class WithToys(Report):
        """A report whose record has a field for the section."""

        toys: tuple[str, ...] = ()

    plan = [("block1_conv1", "Conv2D", "block1", 8, 3)]
    made = write_sample(folder, plan=plan, names=["cat.jpg"])
    settings = make_settings({"skip_section": ("dreams",)})
    report = WithToys.model_validate({
        **made.model_dump(),
        "toys": TOYS,
        "notes": NOTES,
        "sections": sorted(settings.chosen_sections),
    })  # fmt: skip
    write_site(report, folder)
    write_single(report, folder)
    write_pdf(report, folder)


if __name__ == "__main__":
    add_section()
    write(Path(sys.argv[1]))
