"""The JSON Schema of report.json, as it ships with the package."""

import json
from pathlib import Path

from reportgen.records.report import Report

SCHEMA = Path(__file__).parent / "report.schema.json"


def schema_text() -> str:
    """The schema of the records in `reportgen.records.report`, as the file holds it."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Report.model_json_schema(mode="serialization", by_alias=True),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> None:
    """Write the schema's file anew: `python -m reportgen.report.schema`."""
    SCHEMA.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
