"""`python -m tests.benchmarks [ROW...] [--runs N] [--json FILE]`: measure, print, write."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.benchmarks import builds, growth, patterns, pictures, scanning
from tests.benchmarks.measure import Row

ROWS: dict[str, Callable[[int], Iterable[Row]]] = {
    "grids": pictures.grids,
    "filters": pictures.filters,
    "patterns": patterns.patterns,
    "gradcam": pictures.gradcams,
    "whole": builds.whole,
    "notebook": builds.against_notebook,
    "many": builds.many,
    "dataset": builds.dataset,
    "scan": scanning.scan,
    "growth": growth.growth,
    "help": builds.start_up,
}


def main() -> None:
    """Measure the rows asked for, all when none is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], help="all when none is named")
    parser.add_argument("--runs", type=int, default=5, help="times that each is measured")
    parser.add_argument("--json", type=Path, default=Path("benchmarks.json"))
    chosen = parser.parse_args()
    from reportgen.analysis.engine import start

    start("tensorflow", "auto", 0)
    import matplotlib

    matplotlib.use("Agg")
    rows: list[Row] = []
    for name in chosen.rows or ROWS:
        for row in ROWS[name](chosen.runs):
            rows.append(row)
            _print(row)
            _write(chosen.json, rows)
    sys.exit(any(row.reached is False for row in rows))


def _print(row: Row) -> None:
    verdict = {True: "reached", False: "MISSED", None: ""}[row.reached]
    span = f"{row.ratio:.2f}{row.unit} ({row.low:.2f} to {row.high:.2f}, {row.runs} runs)"
    print(f"{row.name} | {row.against} | {span} | {row.wanted} | {verdict} {row.note}", flush=True)


def _write(path: Path, rows: list[Row]) -> None:
    machine = {"machine": platform.machine(), "cores": os.cpu_count(), "python": sys.version}
    table = {**machine, "rows": [row.as_json() for row in rows]}
    path.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


main()
