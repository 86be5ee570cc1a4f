"""Opened reports → a comparison in its folder: compare.json, pictures, pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reportgen.comparison.baseline import gates_of
from reportgen.comparison.comparison import compare
from reportgen.comparison.documents.single import write_single
from reportgen.comparison.documents.site import write_site
from reportgen.comparison.pictures import with_pictures
from reportgen.comparison.reading import Source
from reportgen.records.comparison import Comparison
from reportgen.report.publishing.manifest import write_manifest
from reportgen.report.publishing.publish import staged
from reportgen.report.templates import Templates

COMPARISON_FILE = "compare.json"

FORMATS = ("site", "single", "pdf")
"""What a comparison can be written as."""


@dataclass(frozen=True)
class Writing:
    """How a comparison is written; fields as the settings of the same names."""

    formats: tuple[str, ...] = ("site",)
    title: str = ""
    author: str = ""
    single_size: int | None = 10
    paper: str = "a4"
    force: bool = False
    explanations: bool = True
    templates: Path | None = None
    fail_if: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    gates: Literal["fail", "warn"] = "fail"


def write_comparison(
    sources: Sequence[Source], output: Path, writing: Writing
) -> tuple[Comparison, tuple[str, ...]]:
    """Compare reports and write the comparison to `output`, which takes its place when it is whole.

    Returns the record and warnings. Raises OutputError when it cannot be written.
    """
    reports, names = [source.report for source in sources], [source.name for source in sources]
    stated = compare(reports, names, writing.title)
    gates = gates_of(stated, reports[-1], writing.fail_if, writing.require, writing.gates)
    stated = stated.model_copy(update={"author": writing.author, "gates": gates})
    warnings: tuple[str, ...] = ()
    with staged(output) as folder:
        comparison = with_pictures(stated, sources, folder)
        text = comparison.model_dump_json(indent=1)
        (folder / COMPARISON_FILE).write_text(f"{text}\n", encoding="utf-8", newline="\n")
        templates = Templates(writing.templates)
        explained = writing.explanations
        if "site" in writing.formats:
            write_site(comparison, folder, templates, explained=explained)
        if "single" in writing.formats:
            size, force = writing.single_size, writing.force
            warnings += write_single(
                comparison, folder, templates, megabytes=size, force=force, explained=explained
            )
        if "pdf" in writing.formats:
            from reportgen.comparison.documents.pdf import write_pdf

            warnings += write_pdf(comparison, folder, paper=writing.paper, explained=explained)
        write_manifest(folder)
    return comparison, warnings
