"""Tables in Parquet: the columns that may hold paths and classes, as text."""

from pathlib import Path
from typing import Any

from reportgen.errors import SettingsError
from reportgen.printable import printable


def read_parquet(path: Path) -> tuple[list[str], list[list[str]]]:
    """The headers, and the rows as text, of the columns of text and of whole numbers.

    Raises SettingsError where the file cannot be read, has no such column, or holds the images
    themselves.
    """
    name = printable(path.name)
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        raise SettingsError(
            f'--dataset {name}: Parquet needs pyarrow: pip install "keras-reportgen[parquet]".'
        ) from error
    try:
        file = parquet.ParquetFile(path)
        wanted = [field.name for field in file.schema_arrow if _is_plain(arrow.types, field.type)]
        table = file.read(columns=wanted)
    except FileNotFoundError as error:
        raise SettingsError(f"--dataset: there is no file {name}.") from error
    except (arrow.ArrowException, OSError) as error:
        raise SettingsError(
            f"--dataset {name} cannot be read as Parquet: {printable(str(error))[:200]}."
        ) from error
    inside = [field.name for field in file.schema_arrow if _holds_bytes(arrow.types, field.type)]
    if not wanted or (inside and len(wanted) < 2):
        raise SettingsError(
            f"--dataset {name} holds no column of paths"
            + (f": column {printable(inside[0])} holds the images themselves" if inside else "")
            + "; write the images to files, or to a tar, and give a list of paths."
        )
    columns = [
        ["" if cell is None else str(cell) for cell in table.column(column).to_pylist()]
        for column in wanted
    ]
    return wanted, [[cell.strip() for cell in row] for row in zip(*columns, strict=True)]


def _is_plain(types: Any, kind: Any) -> bool:
    """Whether a column holds text or whole numbers, also where they are kept in a dictionary."""
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind))


def _holds_bytes(types: Any, kind: Any) -> bool:
    """Whether a column holds binary data, as the images of Hugging Face data sets are kept."""
    if types.is_struct(kind):
        return any(_holds_bytes(types, kind.field(at).type) for at in range(kind.num_fields))
    return bool(types.is_binary(kind) or types.is_large_binary(kind))
