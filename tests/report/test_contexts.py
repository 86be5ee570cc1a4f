"""What templates receive is what is documented: frozen, complete, of the types that are named."""

import dataclasses
import re
import typing
from pathlib import Path
from types import UnionType
from typing import Any

import pytest

from reportgen.cli.template_docs import PARTIALS, RECEIVES, classes, describe, overview
from reportgen.report import blocks
from reportgen.report.navigation import Navigation
from reportgen.report.outline import Outline
from reportgen.report.single.writer import write_single
from reportgen.report.site.assets import write_assets
from reportgen.report.site.drawings import Drawings
from reportgen.report.site.writer import pages
from reportgen.report.templates import Templates, find_templates, template_names
from tests.report.conftest import Site

CLASSES = classes()
FOR_WRITERS = {
    "short_columns",
    *("limits", "noun", "plural", "page", "paper", "evenly", "on_paper"),
    *("share", "tall", "enlarged", "short"),
}
"""What blocks tell the writers of cutting and sizes, which templates find done."""


@pytest.mark.parametrize("made", CLASSES, ids=lambda made: made.__name__)
def test_every_context_is_frozen_and_documented(made: type) -> None:
    assert made.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert made.__doc__
    assert not made.__doc__.startswith(f"{made.__name__}(")


def test_every_field_is_used_by_a_template() -> None:
    text = "".join(path.read_text("utf-8") for path in find_templates().glob("*.html"))
    used = set(re.findall(r"\.([a-z_][a-z0-9_]*)", text)) | FOR_WRITERS
    for made in CLASSES:
        unused = {field.name for field in dataclasses.fields(made)} - used
        assert not unused, made.__name__


@pytest.mark.slow
def test_each_template_receives_what_is_documented(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**site.report.settings, "profile": "sources"}
    outline = Outline(site.report.model_copy(update={"settings": settings}))
    navigation = Navigation(outline, write_assets(Templates(), tmp_path, ""))
    received = {
        f"{name}.html": page for _, name, page in pages(outline, navigation, Drawings(site.folder))
    }
    render = Templates.render

    def noting(self: Templates, name: str, page: Any) -> str:
        received[name] = page
        return render(self, name, page)

    monkeypatch.setattr(Templates, "render", noting)
    try:
        write_single(site.report, site.folder)
    finally:
        (site.folder / "report.html").unlink(missing_ok=True)
    assert {name: type(page) for name, page in received.items()} == RECEIVES
    for name, page in received.items():
        assert list(_wrong(page, type(page), name)) == []


def _wrong(value: Any, hint: Any, place: str) -> typing.Iterator[str]:
    """Places below a value where it is not of the type that the dataclasses name."""
    choices = typing.get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if value is None:
        if type(None) not in choices:
            yield f"{place} is None"
        return
    kinds = [choice for choice in choices if choice is not type(None)]
    kind = next((one for one in kinds if one is type(value)), kinds[0])
    if typing.get_origin(kind) is typing.Literal:
        if value not in typing.get_args(kind):
            yield f"{place} is {value!r}"
    elif typing.get_origin(kind) is tuple:
        if not isinstance(value, tuple):
            yield f"{place} is no tuple"
            return
        for at, one in enumerate(value):
            hint = typing.get_args(kind)[0 if ... in typing.get_args(kind) else at]
            yield from _wrong(one, _resolved(hint), f"{place}[{at}]")
    elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield f"{place} is {type(value).__name__}, not {kind.__name__}"
    elif dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        for name in (field.name for field in dataclasses.fields(kind)):
            yield from _wrong(getattr(value, name), hints[name], f"{place}.{name}")


def _resolved(hint: Any) -> Any:
    """The type that a name in quotes stands for."""
    return blocks.Block if isinstance(hint, typing.ForwardRef) else hint


def test_the_list_names_every_template_class_and_field() -> None:
    text = overview()
    pages_listed = {name for name in template_names() if name.endswith(".html")}
    assert pages_listed == set(RECEIVES) | set(PARTIALS)
    for name in pages_listed:
        assert f"  {name} " in text
    for made in CLASSES:
        assert f"\n{made.__name__}: " in text
        lines = "\n".join(describe(made))
        for field in dataclasses.fields(made):
            assert re.search(rf"^  {field.name}: \S", lines, re.MULTILINE)
    assert "What else there is of the layer: its channels one by one, its patterns" in text
