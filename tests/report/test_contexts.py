"""What templates receive is what the contexts say: documented, frozen, and all of it used."""

import ast
import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from reportgen.report import contexts, contexts_kernels, contexts_trust
from reportgen.report.assets import write_assets
from reportgen.report.navigation import Navigation
from reportgen.report.outline import Outline
from reportgen.report.site import pages
from reportgen.report.templates import find_templates
from tests.report.conftest import Site

CLASSES = [
    value
    for module in (contexts, contexts_kernels, contexts_trust)
    for value in vars(module).values()
    if inspect.isclass(value) and value.__module__ == module.__name__
]


@pytest.mark.parametrize("made", CLASSES, ids=lambda made: made.__name__)
def test_every_context_is_frozen_and_documented(made: type) -> None:
    assert made.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert made.__doc__
    assert not made.__doc__.startswith(f"{made.__name__}(")


def test_every_field_is_used_by_a_template() -> None:
    text = "".join(path.read_text("utf-8") for path in find_templates().glob("*.html"))
    used = set(re.findall(r"\.([a-z_]+)", text))
    for made in CLASSES:
        unused = {field.name for field in dataclasses.fields(made)} - used
        assert not unused, made.__name__


def test_each_template_names_the_page_that_it_receives(site: Site, tmp_path: Path) -> None:
    outline = Outline(site.report)
    navigation = Navigation(outline, write_assets(find_templates(), tmp_path, ""))
    received = {
        name: type(context).__name__ for _, name, context in pages(outline, navigation, site.folder)
    }
    documented = {made.__name__ for made in CLASSES if made.__name__.endswith("Page")}
    assert set(received.values()) == documented
    assert all(
        kind == "".join(part.title() for part in name.split("_")) + "Page"
        for name, kind in received.items()
    )


def test_the_module_names_every_page_file() -> None:
    tree = ast.parse(inspect.getsource(contexts))
    assert "`page`" in (ast.get_docstring(tree) or "")
