"""What each template receives, read from the dataclasses themselves: `reportgen templates`."""

import ast
import dataclasses
import inspect
import re
import sys
import textwrap
import typing

from reportgen.report import contexts
from reportgen.report.single import contexts as single_contexts
from reportgen.report.site import (
    filter_contexts,
    image_contexts,
    sections,
)
from reportgen.report.site.channels import contexts as channel_contexts
from reportgen.report.site.network import layer_contexts
from reportgen.report.site.overview import contexts as overview_contexts
from reportgen.report.site.sources import contexts as sources_contexts

RECEIVES: dict[str, type] = {
    "index.html": overview_contexts.IndexPage,
    "model.html": layer_contexts.ModelPage,
    "images.html": contexts.ImagesPage,
    "image.html": image_contexts.ImagePage,
    "layer.html": layer_contexts.LayerPage,
    "channels_index.html": channel_contexts.ChannelsIndexPage,
    "channels.html": channel_contexts.ChannelsPage,
    "channel.html": channel_contexts.ChannelPage,
    "filters_index.html": filter_contexts.FiltersIndexPage,
    "filters.html": layer_contexts.FiltersPage,
    "section.html": sections.SectionPage,
    "sources.html": sources_contexts.SourcesPage,
    "about.html": contexts.AboutPage,
    "single.html": single_contexts.SinglePage,
}
"""The class of `page` in each template that is a page."""

PARTIALS = {
    "base.html": "What pages of the site have around their content; it uses `page.frame` alone.",
    "_sidebar.html": "The list of blocks and layers; included by base.html.",
    "_macros.html": "Pieces that pages share; each macro takes one of the classes below.",
    "_blocks.html": "What sections say; a macro for each kind of block.",
    "_explanation.html": "What a section opens with; the macro takes an Explanation or None.",
    "_gates.html": "The gates; included by the overview.",
    "_trend.html": "The metrics from run to run; included by the overview.",
    "_cams.html": "What goes with Grad-CAM: a DepthStrip, and a Difference.",
}
"""The other templates, and what they are."""


def overview() -> str:
    """All templates with what they receive, and every class with its fields, as text."""
    lines = ["Templates, and the class of `page` in each:", ""]
    lines += [f"  {name:<20} {kind.__name__}" for name, kind in RECEIVES.items()]
    lines += ["", "Partials, which see the page that uses them:", ""]
    lines += [f"  {name:<20} {text}" for name, text in PARTIALS.items()]
    for kind in classes():
        lines += ["", *describe(kind)]
    return "\n".join(lines) + "\n"


def classes() -> list[type]:
    """The classes of pages, then all that their fields are made of."""
    found = list(RECEIVES.values())
    for kind in found:
        for hint in typing.get_type_hints(kind).values():
            found += [part for part in _dataclasses_in(hint) if part not in found]
    return found


def describe(kind: type) -> list[str]:
    """A class as lines: its name and purpose, then name, type and meaning of each field."""
    notes = field_notes(kind)
    lines = [f"{kind.__name__}: {' '.join((kind.__doc__ or '').split())}"]
    for field in dataclasses.fields(kind):
        lines.append(f"  {field.name}: {_type_text(kind, field.name)}")
        if note := notes.get(field.name):
            lines += textwrap.wrap(note, 92, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return lines


def field_notes(kind: type) -> dict[str, str]:
    """The sentences that stand below the fields in the source of a class."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - it is the source of a class
    notes = {}
    for field, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = after.value if isinstance(after, ast.Expr) else None
            if isinstance(text, ast.Constant):
                notes[field.target.id] = " ".join(str(text.value).split())
    return notes


def _dataclasses_in(hint: typing.Any) -> list[type]:
    if dataclasses.is_dataclass(hint):
        return [typing.cast("type", hint)]
    return [part for arg in typing.get_args(hint) for part in _dataclasses_in(arg)]


def _type_text(kind: type, name: str) -> str:
    module = sys.modules[kind.__module__]
    hint = typing.get_type_hints(kind, vars(module))[name]
    text = hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint)
    return re.sub(r"\b(?:reportgen\.[a-z_.]+|markupsafe)\.", "", text)
