"""The pictures of README, taken from the demo's report.

    python -m tests.report.gallery [REPORT]

Writes `examples/gallery/*.webp`. REPORT is the folder of a finished report; without it the demo is
built. REPORTGEN_CHROMIUM names the browser.
"""

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

GALLERY = Path(__file__).resolve().parents[2] / "examples" / "gallery"
MOST_BYTES = 150_000

VIEWS = {
    "overview": ("index.html", 1280, 720),
    "image": ("images/*.html", 1200, 1000),
    "filters": ("filters/index.html", 1200, 1000),
    "channel": ("channels/*/*.html", 1200, 1000),
}
"""The first page that matches (an index only by its name), its width and height, by picture."""

WIDEST = 1280
SMALL = 900
"""Pixels across of the overview, and of the others."""


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path, nargs="?", metavar="REPORT")
    chosen = parser.parse_args()
    GALLERY.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        report = chosen.report
        if report is None:
            report = Path(temporary) / "demo"
            demo = [sys.executable, "-m", "reportgen", "demo", "-o", str(report)]
            subprocess.run(demo, check=True)
        for path in pictures(report.resolve()):
            print(path, path.stat().st_size)


def pictures(report: Path) -> Iterator[Path]:
    """Take one picture of each page."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("REPORTGEN_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, (pattern, width, height) in VIEWS.items():
            found = sorted(report.glob(pattern))
            page_file = next((one for one in found if one.stem != "index"), found[0])
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(page_file.as_uri())
            page.wait_for_load_state("networkidle")
            taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            page.close()
            taken.thumbnail((WIDEST if name == "overview" else SMALL, WIDEST))
            path = GALLERY / f"{name}.webp"
            path.write_bytes(encoded(taken))
            yield path
        browser.close()


def encoded(picture: Image.Image) -> bytes:
    """The picture as WebP of the best quality that keeps it under `MOST_BYTES`."""
    for quality in (90, 80, 70, 55, 40):
        stream = io.BytesIO()
        picture.save(stream, "WEBP", quality=quality, method=6)
        if stream.tell() < MOST_BYTES:
            break
    return stream.getvalue()


if __name__ == "__main__":
    main()
