"""The JSON Schemas of report.json and compare.json, as they ship with the package."""

import json
from pathlib import Path

from reportgen.records.base import Record
from reportgen.records.comparison import Comparison
from reportgen.records.report import Report

SCHEMA = Path(__file__).parent / "report.schema.json"
COMPARISON_SCHEMA = Path(__file__).parent / "compare.schema.json"


def schema_text(record: type[Record] = Report) -> str:
    """The schema of a report's or a comparison's records, as the file holds it."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **record.model_json_schema(mode="serialization", by_alias=True),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> None:
    """Write the schemas' files anew: `python -m reportgen.report.schema`."""
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    COMPARISON_SCHEMA.write_text(schema_text(Comparison), encoding="utf-8")


if __name__ == "__main__":
    main()
