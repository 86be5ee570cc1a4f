"""What settings may be: words of the command line and of files, checked, in one form."""

import difflib
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ByteSize, Field, TypeAdapter, ValidationError

from reportgen.channel_lists import check_numbers
from reportgen.gates.conditions import checked_requirements
from reportgen.heatmap_methods import CAMS
from reportgen.report.sections.table import TABLE

SECTIONS = tuple(section.key for section in TABLE)
"""Parts of the report that can be switched on and off, in the order of the pages."""

ON_REQUEST = {section.key for section in TABLE if section.on_request}
"""Parts that cost so much that they are made only when they are asked for."""

SCANNING = tuple(section.key for section in TABLE if section.scans)
"""Sections that are over a data set; robustness and concepts take a sample of its images."""

FORMATS = ("site", "single", "pdf", "notebook", "card")
"""What a report can be written as."""

PREPROCESSING_MODES = ("auto", "none", "unit", "signed", "caffe", "torch")


def listed(value: Any) -> Any:
    """A single string where a list is expected stands for a list of one."""
    return (value,) if isinstance(value, str) else value


def _as_texts(value: Any) -> Any:
    """A single choice of filters, as a number or text, stands for a list of one."""
    values = value if isinstance(value, list | tuple) else (value,)
    return tuple(str(item) if isinstance(item, int) else item for item in values)


def _filter_choices(values: tuple[str, ...]) -> tuple[str, ...]:
    counts = [value for value in values if ":" not in value]
    for value in counts:
        if value != "all" and not re.fullmatch(r"[1-9]\d{0,8}", value):
            raise ValueError(
                f"“{value}” is neither a number above 0 nor “all”, nor of the form LAYER:0,4,17"
            )
    if len(counts) > 1:
        raise ValueError(f"{counts[0]} and {counts[1]} are given: only one number holds for all")
    for value in values:
        if ":" in value:
            check_numbers(value)
    return values


def _channels(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        check_numbers(value)
    return values


def _units(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r".+:\d+,\d+,\d+", value):
            raise ValueError(f"“{value}” is not of the form LAYER:ROW,COLUMN,CHANNEL")
    return values


def _input_files(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        name, equals, file = value.partition("=")
        if not (name and equals and file.endswith(".npy")):
            raise ValueError(f"“{value}” is not of the form NAME=FILE.npy")
    return values


def _heads(values: tuple[str, ...]) -> tuple[str, ...]:
    kinds = ("classes", "labels", "values", "embedding")
    for value in values:
        if value.rpartition("=")[2] not in kinds:
            raise ValueError(f"unknown kind “{value}”; use {', '.join(kinds)} or OUTPUT=KIND")
    return values


def _contrast(value: str) -> str:
    number = r"\d+(\.\d+)?"
    if not re.fullmatch(f"{number}:{number}", value) or float(value.partition(":")[2]) == 0:
        raise ValueError(f"“{value}” is not of the form MEAN:STD, such as 128:64")
    return value


def _place(value: Any) -> Any:
    """A folder as a path; the address of a bucket as it is."""
    return Path(value) if isinstance(value, str) and "://" not in value else value


def _shard(value: str) -> str:
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", value)
    if not (found and 1 <= int(found[1]) <= int(found[2])):
        raise ValueError(f"“{value}” is not of the form I/N, such as 2/8, I from 1 to N")
    return value


def _preprocess(value: str) -> str:
    if value not in PREPROCESSING_MODES and not re.fullmatch(r"[\w.]+:\w+", value):
        names = ", ".join(PREPROCESSING_MODES)
        raise ValueError(f"unknown mode “{value}”; use {names} or MODULE:FUNCTION")
    return value


_BYTES = TypeAdapter(ByteSize)


def parse_size(text: str) -> int:
    """Bytes of a size such as "25MB" or "1.5 GiB". Raises ValueError when it is none."""
    try:
        return int(_BYTES.validate_python(text))
    except ValidationError:
        raise ValueError(f"“{text}” is not a size such as 25MB") from None


def _size(value: str) -> str:
    parse_size(value)
    return value


def _all(value: Any) -> Any:
    return None if value == "all" else value


def _input_size(value: Any) -> Any:
    """Accept "224" and "180x320" (height × width) beside a pair of numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+)(?:[x×](\d+))?", value.strip())
        if not match:
            raise ValueError(f"“{value}” is not of the form SIZE or HEIGHTxWIDTH")
        return (int(match[1]), int(match[2] or match[1]))
    return value


def _known_sections(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value not in SECTIONS:
            near = difflib.get_close_matches(value, SECTIONS, 1, 0.4)
            hint = f", did you mean “{near[0]}”?" if near else ""
            raise ValueError(f"there is no section “{value}”{hint} ({', '.join(SECTIONS)})")
    return values


def _known_formats(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value not in FORMATS:
            raise ValueError(f"there is no format “{value}” ({', '.join(FORMATS)})")
    return tuple(name for name in FORMATS if name in values)


def _class_pairs(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value != "top" and not re.fullmatch(r".*\S.*,.*\S.*", value):
            raise ValueError(f"“{value}” is neither of the form CLASS,CLASS nor “top”")
    return tuple(dict.fromkeys(values))


def _known_cams(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value not in CAMS:
            near = difflib.get_close_matches(value, CAMS, 1, 0.4)
            hint = f", did you mean “{near[0]}”?" if near else ""
            raise ValueError(f"there is no map “{value}”{hint} ({', '.join(CAMS)})")
    return tuple(name for name in CAMS if name in values)


def _block_gallery(value: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,4}:[1-9]\d{0,3}:[1-9]\d{0,4}", value):
        raise ValueError(f"“{value}” is not of the form FILTERS:PIXELS:STEPS, such as 64:64:40")
    if not 8 <= int(value.split(":")[1]) <= 2048:
        raise ValueError(f"“{value}”: a pattern has 8 to 2048 pixels a side")
    return value


def _some(value: str) -> str:
    if not parse_size(value):
        raise ValueError("a report needs some room, such as 25MB")
    return value


ProfileName = Literal["quick", "standard", "full", "homework", "ci", "sources"]
Strings = Annotated[tuple[str, ...], BeforeValidator(listed)]
FilterChoices = Annotated[
    tuple[str, ...], BeforeValidator(_as_texts), AfterValidator(_filter_choices)
]
Formats = Annotated[tuple[str, ...], BeforeValidator(listed), AfterValidator(_known_formats)]
Sections = Annotated[tuple[str, ...], BeforeValidator(listed), AfterValidator(_known_sections)]
Cams = Annotated[tuple[str, ...], BeforeValidator(listed), AfterValidator(_known_cams)]
Short = Annotated[str, Field(max_length=300)]
"""A title or a name: a longer text fills a page, and belongs into the notes."""

Conditions = Annotated[
    tuple[str, ...], BeforeValidator(listed), AfterValidator(checked_requirements)
]
BlockGallery = Annotated[str, AfterValidator(_block_gallery)]
Side = Annotated[int, Field(ge=8, le=2048)]
Count = Annotated[int, Field(ge=1)]
Size = Annotated[str, AfterValidator(_size)]
Room = Annotated[str, AfterValidator(_size), AfterValidator(_some)]
Channels = Annotated[Strings, AfterValidator(_channels)]
Units = Annotated[Strings, AfterValidator(_units)]
InputFiles = Annotated[Strings, AfterValidator(_input_files)]
Heads = Annotated[Strings, AfterValidator(_heads)]
ClassPairs = Annotated[Strings, AfterValidator(_class_pairs)]
Contrast = Annotated[str, AfterValidator(_contrast)]
PreprocessingMode = Annotated[str, AfterValidator(_preprocess)]
InputSize = Annotated[tuple[Count, Count], BeforeValidator(_input_size)]
ShardName = Annotated[str, AfterValidator(_shard)]
Place = Annotated[Path | str, BeforeValidator(_place)]
ALL_IS_NONE = BeforeValidator(_all)
