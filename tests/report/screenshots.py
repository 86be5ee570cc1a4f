"""Screenshots of each kind of page, for people to look at.

    python -m tests.report.screenshots DIR [REPORT]

REPORT is the folder of a finished report; without it a sample is made. Each kind of page is taken
light, dark, on a phone of 390 px, and as it would be printed. REPORTGEN_CHROMIUM names the browser.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reportgen.report.site.writer import write_site
from tests.report.sample import write_sample

KINDS = {
    "overview": "index.html",
    "model": "model.html",
    "images": "images/index.html",
    "image": "images/*.html",
    "layer": "layers/*.html",
    "channels": "channels/index.html",
    "channels of a layer": "channels/*.html",
    "channel": "channels/*/*.html",
    "filters": "filters/index.html",
    "gallery": "filters/*.html",
    "evaluation": "evaluation.html",
    "health": "health.html",
    "exemplars": "exemplars/index.html",
    "exemplars of a layer": "exemplars/*.html",
    "kernels": "kernels.html",
    "trust": "trust.html",
    "dreams": "dreams.html",
    "decisions": "decisions.html",
    "regression": "regression.html",
    "confusions": "confusions.html",
    "map": "map.html",
    "robustness": "robustness.html",
    "concepts": "concepts.html",
    "about": "about.html",
    "course": "course.html",
    "flips": "flips.html",
    "classes": "classes.html",
    "compared layers": "layers.html",
    "similarity": "similarity.html",
    "compared filters": "filters.html",
    "single": "report.html",
}
"""The first page that matches stands for its kind; `index.html` only where it is named."""

VIEWS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
    "print": {"viewport": {"width": 794, "height": 1123}},
}
MOST_PIXELS = 6000
"""A page that is longer is cut off there."""


def main() -> None:
    """Take the screenshots that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("report", type=Path, nargs="?", metavar="REPORT")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        report = chosen.report
        if report is None:
            report = Path(temporary)
            write_site(write_sample(report), report)
        for path in screenshots(report.resolve(), chosen.folder):
            print(path)


def kinds(report: Path) -> dict[str, Path]:
    """One page of each kind that a report has."""
    found = {}
    for kind, pattern in KINDS.items():
        named = pattern.endswith("index.html")
        for page in sorted(report.glob(pattern)):
            if named or page.name != "index.html":
                found.setdefault(kind, page)
    return found


def screenshots(report: Path, folder: Path) -> Iterator[Path]:
    """Take a screenshot of each kind of page in each view; yields the files."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("REPORTGEN_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for view, options in VIEWS.items():
            context = browser.new_context(**options)
            for kind, page in kinds(report).items():
                target = folder / f"{kind.replace(' ', '-')}-{view}.png"
                _take(context, page, target, printed=view == "print")
                yield target
            context.close()
        browser.close()


def _take(context: Any, page: Path, target: Path, *, printed: bool) -> None:
    opened = context.new_page()
    if printed:
        opened.emulate_media(media="print")
    opened.goto(page.as_uri())
    opened.evaluate("""async () => {
        const pictures = [...document.images];
        pictures.forEach((one) => (one.loading = "eager"));
        await Promise.allSettled(pictures.map((one) => one.decode()));
    }""")
    size = opened.viewport_size
    height = opened.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(height, MOST_PIXELS)}
    opened.screenshot(path=target, full_page=True, clip=clip)
    opened.close()


if __name__ == "__main__":
    main()
