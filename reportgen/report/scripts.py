"""Data that pages' scripts need, as script files: from disk, a page may load nothing else."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from reportgen.report.outline import Outline, href
from reportgen.results import Activations, Filter

_DIGITS = 3


def activation_values(outline: Outline, image: str, grids: Sequence[Activations]) -> str:
    """Range and mean of each tile of each grid of one image, and which are inactive."""
    slug = outline.image_slugs[image]
    return _register(
        {
            f"{slug}/{outline.layer_slugs[grid.layer]}": {
                "low": _rounded(grid.lows),
                "high": _rounded(grid.highs),
                "mean": _rounded(grid.means),
                "inactive": grid.inactive,
            }
            for grid in grids
        }
    )


def filter_values(outline: Outline, layer: str, filters: Sequence[Filter]) -> str:
    """Channel, scores, status and method of each tile of one gallery."""
    methods = sorted({one.method for one in filters})
    return _register(
        {
            f"filters/{outline.layer_slugs[layer]}": {
                "channel": [one.channel for one in filters],
                "start": _rounded([one.score_start for one in filters]),
                "end": _rounded([one.score_end for one in filters]),
                "status": [one.status for one in filters],
                "methods": methods,
                "method": [methods.index(one.method) for one in filters],
            }
        }
    )


def search_index(outline: Outline) -> str:
    """Layers, images and labels as rows of text, kind and link from the report's folder."""
    rows: list[tuple[str, str, str]] = []
    for path, layer in outline.layers.items():
        rows.append((path, layer.type, href("", outline.layer_place(path))))
    for block in outline.gallery_blocks:
        rows.append((block, "filters", href("", quote(outline.filter_page(block)))))
    for image in outline.report.images:
        place = outline.image_place(image.name)
        rows.append((image.name, "image", place))
        for prediction in image.predictions[:1]:
            rows.append((prediction.label, f"on {image.name}", place))
    return f"globalThis.reportgenSearch={_json(rows)};\n"


def _register(values: Mapping[str, Any]) -> str:
    return f"Object.assign(globalThis.reportgenValues??={{}},{_json(values)});\n"


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    # A name may hold "</script>", and the single-file report puts scripts into the page.
    return text.replace("<", "\\u003c")


def _rounded(values: Sequence[float | None]) -> list[float | int | None]:
    return [_short(value) for value in values]


def _short(value: float | None) -> float | int | None:
    if value is None or not math.isfinite(value):
        return None
    short = float(f"{value:.{_DIGITS}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short
