"""Builds of a small model in seconds."""

from reportgen.config import make_settings
from reportgen.pipeline import build
from reportgen.progress import Silent

HOSTILE = """it's "q" & <b>x<b> #1 100% 猫.png"""
FAST = {
    "filters": 2,
    "filter_method": "classic",
    "filter_steps": 2,
    "filter_size": 16,
    "preprocess": "unit",
    "no_cache": True,
}


def make(model, images, place, **options):
    settings = make_settings({**FAST, "out": str(place), **options})
    command = "reportgen build small.keras photos"
    return build(str(model), [str(images)], settings, progress=Silent(), command=command)
