"""A report in which every name and text means harm."""

from pathlib import Path
from typing import Any

from reportgen.records.report import Report
from tests.report.sample import PAYLOADS, write_sample


def hostile_report(folder: Path, kind: str) -> Report:
    """A report whose "files" or "layers" have all the names that mean harm."""
    # All as files and two as layers, or the other way round: both at once are thousands of grids.
    names, paths = (PAYLOADS, PAYLOADS[:2]) if kind == "files" else (PAYLOADS[:2], PAYLOADS)
    plan = [(name, "Conv2D", name, 4, 3) for name in paths]
    report = write_sample(folder, plan=plan, names=names, labels=PAYLOADS[:3])
    changes: dict[str, Any] = {"title": PAYLOADS[4], "author": PAYLOADS[0]}
    changes["notes"] = "\n\n".join(PAYLOADS)
    changes["generator"], changes["command"] = PAYLOADS[1], " ".join(PAYLOADS)
    changes["warnings"] = list(PAYLOADS)
    changes["settings"] = {**report.settings, PAYLOADS[2]: PAYLOADS[3]}
    return Report.model_validate({**report.model_dump(), **changes})
