"""The floor plan holds: who may import whom, no cycles, and no crowded folders.

Every import counts, those inside functions and under TYPE_CHECKING too.
"""

import ast
import re
from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "reportgen"

GROUND = frozenset(
    {"channel_lists", "cka", "config", "corruptions", "errors", "evenly_spaced", "feeding",
     "few_images", "file_names", "folders", "hardware", "heatmap_methods", "markdown_text",
     "printable", "progress", "scratch", "user_files", "version", "wording"}
)  # fmt: skip
"""Modules and packages that any other may import; they import only each other."""

BOTTOM = frozenset({"report.sections.table", "gates.metrics", "gates.conditions", "gates.tables"})
"""Plain data and small languages of packages that stand higher; any package may import them."""

SHARED_BY_WRITERS = frozenset({"records", "pictures", "report"})

ALLOWED: dict[str, frozenset[str]] = {
    **dict.fromkeys(GROUND, frozenset()),
    "execution": frozenset(),
    "pictures": frozenset(),
    "records": frozenset(),
    "demo": frozenset(),
    **dict.fromkeys(BOTTOM, frozenset()),
    "gates": frozenset({"records"}),
    "inputs": frozenset({"pictures", "records"}),
    "analysis": frozenset({"execution", "inputs", "pictures", "records"}),
    "assembly": frozenset({"analysis", "execution", "inputs", "pictures", "records"}),
    "report": frozenset({"gates", "records", "pictures"}),
    "report.notes": frozenset({"inputs", "records", "report"}),
    "report.sections": SHARED_BY_WRITERS,
    "report.site": SHARED_BY_WRITERS | {"gates", "report.notes", "report.sections"},
    "report.pdf": SHARED_BY_WRITERS | {"report.notes", "report.sections", "report.single"},
    "report.notebook": frozenset({"inputs", "records", "report", "report.notes"}),
    "report.card": frozenset({"gates", "records"}),
    "report.single": SHARED_BY_WRITERS | {"report.site"},
    "bundle": frozenset({"report"}),
    "comparison": frozenset(
        {"bundle", "gates", "pictures", "records", "report", "report.pdf", "report.single",
         "report.sections", "report.site"}
    ),
    "ci": frozenset({"gates", "records"}),
    "build_steps": frozenset(
        {"analysis", "assembly", "bundle", "comparison", "execution", "gates", "inputs", "pictures",
         "records", "report", "report.notes"}
    ),
}  # fmt: skip
"""What each package may import besides itself and the ground; what is not named imports all."""

MOST_MODULES = 20
MAY_BE_CROWDED = {"reportgen/inputs/model_files"}
"""Folders with more modules, beside their face. The list only gets shorter."""

MOST_LINES = 400
MAY_BE_LONG = {
    "config/fields.py",  # every setting once: data
}
"""Files with more lines. The list only gets shorter."""

Imports = Mapping[str, set[str]]


def imports_of(sources: Mapping[str, str], known: Collection[str]) -> dict[str, set[str]]:
    """The `known` modules that each module imports; `sources` has the text of each."""
    found: dict[str, set[str]] = {}
    for module, text in sources.items():
        targets = found.setdefault(module, set())
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                whole = {name for name in names if name in known}
                targets |= whole | ({node.module} if names - whole else set())
            elif isinstance(node, ast.ImportFrom):
                raise AssertionError(f"{module} has a relative import")
        found[module] = {name for name in targets if name in known and name != module}
    return found


def package_of(module: str) -> str:
    """The package of the plan that a module belongs to, such as "inputs" or "report.pdf"."""
    parts = module.split(".")[1:]
    if not parts:
        return "__init__"
    if ".".join(parts) in BOTTOM:
        return ".".join(parts)
    if parts[0] == "report" and ".".join(parts[:2]) in ALLOWED:
        return ".".join(parts[:2])
    return parts[0]


def against_the_plan(imports: Imports) -> set[tuple[str, str]]:
    """The imports that the table does not allow, as (who imports, what)."""
    return {
        (module, target)
        for module, targets in imports.items()
        for target in targets
        if not may_import(package_of(module), package_of(target))
    }


def may_import(importer: str, imported: str) -> bool:
    """Whether the table lets one package import another."""
    if importer not in ALLOWED or imported == importer:
        return True
    return imported in GROUND | BOTTOM or imported in ALLOWED[importer]


def cycle_in(imports: Imports) -> list[str]:
    """A circle of modules that import each other; empty where there is none.

    The face of a package may choose among its own modules, and they know their face.
    """
    graph = {
        module: {target for target in targets if not target.startswith(f"{module}.")}
        for module, targets in imports.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return {module_name(path): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}


@pytest.fixture(scope="module")
def imports(sources: Mapping[str, str]) -> Imports:
    return imports_of(sources, sources.keys())


def test_imports_follow_the_plan(imports: Imports) -> None:
    assert against_the_plan(imports) == set()


def test_the_plan_allows_only_what_is_used(imports: Imports) -> None:
    used = {
        (package_of(module), package_of(target))
        for module, targets in imports.items()
        for target in targets
    }
    allowed = {(package, other) for package, others in ALLOWED.items() for other in others}
    assert allowed - used == set()


def test_no_modules_import_each_other_in_a_circle(imports: Imports) -> None:
    assert cycle_in(imports) == []


def test_no_folder_is_crowded() -> None:
    folders: dict[str, int] = {}
    for path in PACKAGE.rglob("[!_]*.py"):
        name = path.parent.relative_to(PACKAGE.parent).as_posix()
        folders[name] = folders.get(name, 0) + 1
    crowded = {name for name, count in folders.items() if count > MOST_MODULES}
    assert crowded <= MAY_BE_CROWDED


def test_no_file_is_long() -> None:
    long = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES
    }
    assert long <= MAY_BE_LONG


def test_every_package_stands_in_the_plan(sources: Iterable[str]) -> None:
    unnamed = {package_of(module) for module in sources} - ALLOWED.keys()
    assert unnamed == {"__init__", "__main__", "api", "cli", "comparison_pipeline", "pipeline"}


def test_no_test_imports_from_another_test() -> None:
    """What tests share stands in tests/support, in a conftest.py or beside them."""
    tests = Path(__file__).resolve().parent
    imported = re.compile(r"^from (tests\.[a-z_.]*test_[a-z_]+) import", re.MULTILINE)
    found = {
        (path.name, module)
        for path in tests.rglob("*.py")
        for module in imported.findall(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_what_tests_import_exists(sources: Mapping[str, str]) -> None:
    tests = Path(__file__).resolve().parent
    imported = re.compile(r"^ *from (reportgen[a-z0-9_.]*) import", re.MULTILINE)
    found = {
        module
        for path in tests.rglob("*.py")
        for module in imported.findall(path.read_text(encoding="utf-8"))
    }
    assert found <= sources.keys()


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("reportgen.report.outline", "from reportgen.analysis.cams.gradcam import GradCams"),
        ("reportgen.inputs.photos.decode", "import reportgen.analysis.cams.gradcam"),
        ("reportgen.execution.store", "def f():\n    from reportgen.records import report"),
        ("reportgen.report.site.about", "if 0:\n    from reportgen.report.pdf import fill"),
        ("reportgen.errors", "from reportgen.inputs.photos import decode"),
    ],
)  # fmt: skip
def test_an_import_against_the_plan_is_found(
    sources: Mapping[str, str], imports: Imports, module: str, line: str
) -> None:
    changed = imports_of({module: f"{sources[module]}\n{line}\n"}, sources.keys())
    (found,) = against_the_plan({**imports, **changed})
    assert found[0] == module


def test_a_circle_is_found(sources: Mapping[str, str], imports: Imports) -> None:
    line = "def f():\n    from reportgen.inputs.photos import decode\n"
    module = min(imports["reportgen.inputs.photos.decode"])
    changed = imports_of({module: f"{sources[module]}\n{line}"}, sources.keys())
    assert "reportgen.inputs.photos.decode" in cycle_in({**imports, **changed})
