"""Classes and functions that a model needs and the user has: in Python files and packages.

They run, because the user names them; nothing else does when a model is opened.
"""

import ast
import importlib
import importlib.metadata
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from reportgen.errors import ModelFileError
from reportgen.printable import quoted

_NOT_THEIRS = {"keras", "tensorflow", "tf_keras", "numpy", "scipy", "torch", "jax"}
"""Packages whose functions mean something else than a model's layer of the same name."""
_MOST_FILES = 200


def is_package(source: str) -> bool:
    """Whether a value names an installed package, as `keras_hub`, and not a file."""
    named = re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", source)
    return named is not None and not source.endswith(".py") and not Path(source).is_file()


def package_version(name: str) -> str:
    """The version of an installed package, found without importing it.

    Raises `ModelFileError` when there is none of that name.
    """
    try:
        spec = importlib.util.find_spec(name.partition(".")[0])
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise ModelFileError(
            f"--custom-objects: there is no file {quoted(name)} and no installed package of that "
            f"name; install it beside reportgen, or give a Python file (.py)."
        )
    try:
        return importlib.metadata.version(name.partition(".")[0])
    except importlib.metadata.PackageNotFoundError:
        return ""


def files_of(source: Path) -> list[Path]:
    """The file, and those in its folder that it imports, and so on."""
    found: list[Path] = []
    waiting = [source]
    while waiting and len(found) < _MOST_FILES:
        file = waiting.pop(0)
        if file not in found:
            found.append(file)
            waiting += _imported(file, source.parent)
    return found


def _imported(file: Path, folder: Path) -> Iterator[Path]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
            names.update(f"{node.module or ''}.{alias.name}".strip(".") for alias in node.names)
    for name in sorted(names):
        pieces = [piece for piece in name.split(".") if piece]
        for length in range(1, len(pieces) + 1):
            place = folder.joinpath(*pieces[:length])
            for inside in (place.with_suffix(".py"), place / "__init__.py"):
                if inside.is_file():
                    yield inside


def load_custom_objects(sources: Sequence[str | Path]) -> dict[str, Any]:
    """Run the user's files, import the packages, and take their classes and functions by name.

    What a file imports from other files counts too, and its folder is importable. Of a later source
    a name counts more. Raises `ModelFileError` when a source is absent or fails.
    """
    found: dict[str, Any] = {}
    for source in sources:
        if is_package(str(source)):
            found |= _of_package(str(source))
        else:
            found |= _of_file(Path(source))
    return found


def _of_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ModelFileError(f"There is no file {quoted(str(path))} for --custom-objects.")
    # Dataclasses and Keras's registration look their module up by name.
    name = f"reportgen_custom_objects_{re.sub(r'[^A-Za-z0-9]', '_', path.stem)}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ModelFileError(f"{path.name} is not a Python file (.py) for --custom-objects.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ModelFileError(
            f"{path.name} (--custom-objects) failed with {type(error).__name__}: {one_line(error)}"
        ) from error
    finally:
        sys.path.remove(folder)
        if folder not in sys.path:  # for imports inside functions; nothing is put in front
            sys.path.append(folder)
    return _theirs(module)


def _of_package(name: str) -> dict[str, Any]:
    import keras

    package_version(name)
    try:
        module = importlib.import_module(name)
    except Exception as error:
        raise ModelFileError(
            f"--custom-objects: {name} cannot be imported: {one_line(error)}"
        ) from error
    root = name.partition(".")[0]
    modules = [module, *(item for item in vars(module).values() if _is_part(item, root))]
    found = {key: item for source in reversed(modules) for key, item in _theirs(source).items()}
    registered = keras.saving.get_custom_objects()
    named = {key.rsplit(">", 1)[-1]: item for key, item in registered.items()}
    return {**named, **registered, **found}


def _is_part(item: Any, root: str) -> bool:
    return isinstance(item, ModuleType) and item.__name__.startswith(f"{root}.")


def _theirs(module: ModuleType) -> dict[str, Any]:
    return {
        name: item
        for name, item in vars(module).items()
        if (inspect.isclass(item) or inspect.isroutine(item) or callable(item))
        and _root(item) not in {*_NOT_THEIRS, *sys.stdlib_module_names, ""}
    }


def _root(item: Any) -> str:
    """The package that an object was defined in."""
    return str(getattr(item, "__module__", None) or "").partition(".")[0]


def one_line(error: BaseException) -> str:
    """What an exception says, shortened to one line."""
    return " ".join(str(error).split())[:300]
