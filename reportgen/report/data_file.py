"""`report.json`: everything the report states, written image by image."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from reportgen.records.image import Image
from reportgen.records.report import Report

DATA_FILE = "report.json"


def write_data(report: Report, folder: Path) -> Path:
    """Write the report's records; the text is that of `Report.model_dump_json`."""
    target = folder / DATA_FILE
    with target.open("wb") as file:
        for part in _parts(report):
            file.write(part)
        file.write(b"\n")
    return target


def _parts(report: Report) -> Iterator[bytes]:
    """The JSON text in pieces: that of thousands of images need not be in memory at once."""
    adapter = TypeAdapter(Image)
    frame = report.model_copy(update={"images": []}).model_dump_json(by_alias=True).encode()
    # The key cannot stand in a string in front of it: there its quotes would be escaped.
    before, key, after = frame.partition(b'"images":[')
    yield before + key
    for number, image in enumerate(report.images):
        yield (b"," if number else b"") + adapter.dump_json(image)
    yield after
