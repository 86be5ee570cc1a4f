"""The keys of finished work, pinned: a user's cache is worth nothing once they change.

A new version of an analysis changes its keys on purpose; nothing else does.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reportgen.analysis.cams.gradcam import GradCams
from reportgen.analysis.options import Opening, UnsettledOptions
from reportgen.analysis.photos import PhotoOptions, Photos
from reportgen.analysis.preprocessing.batch_statistics import BatchStatistics
from reportgen.analysis.preprocessing.trial import PreprocessingTrial, TrialOptions
from reportgen.analysis.summary import Summary
from reportgen.build_steps.planning import plan, plan_scan, request_of
from reportgen.config import make_settings
from reportgen.execution.units import Unit
from reportgen.records.model import Model

PINNED = json.loads(Path(__file__).with_name("keys.json").read_text())

OPENING = Opening(
    application=None,
    kind="keras",
    name="small.keras",
    top=True,
    input_size=(24, 24),
    seed=0,
    device="auto",
    custom_objects=[["own", "1.0"]],
    replace_layer=(),
    weights_by_name=False,
    other_inputs={},
    output=None,
    head=(),
    engine="tensorflow",
    batch_size=None,
    versions={"tensorflow": "2.20.0", "keras": "3.12.0"},
)
SHA = "ab" * 32
PHOTOS = ["00" * 32, "11" * 32, "ff" * 32]


def layer(path: str, kind: str, inputs: list[str], channels: int, side: int | None) -> dict:
    return {
        "path": path, "name": path, "type": kind, "block": path, "parameters": channels,
        "output_shape": [None, side, side, channels] if side else [None, channels],
        "trainable_parameters": channels, "trainable": True, "inputs": inputs,
        "channels": channels if side else None, "spatial": side is not None,
        "map_size": [side, side] if side else None, "convolution": kind == "Conv2D",
        "passes_through": False,
    }  # fmt: skip


FACTS = Model.model_validate(
    {
        "name": "small", "file": "small.keras", "description": "", "sha256": SHA, "size": 1,
        "parameters": 1, "trainable_parameters": 1, "outputs": [], "labels": ["a", "b", "c"],
        "inputs": [{"name": "photo", "shape": [None, 24, 24, 3], "dtype": "float32"}],
        "image_input": {
            "name": "photo", "height": 24, "width": 24, "channels": 3, "layout": "HWC",
        },
        "head": {
            "name": "out", "layer": "out", "kind": "classes", "why": "", "activation": "softmax",
            "units": 3, "classes": 3, "link": "softmax", "exact": True, "reason": "",
        },
        "preprocessing": {"mode": "unit", "source": "given", "reason": ""},
        "layers": [
            layer("first", "Conv2D", ["photo"], 4, 22),
            layer("second", "Conv2D", ["first"], 6, 20),
            layer("out", "Dense", ["second"], 3, None),
        ],
        "blocks": [], "last_spatial_layer": "second", "notes": [],
    }
)  # fmt: skip

SETTINGS = {
    "filters": "2", "filter_method": "both", "filter_negative": True, "filter_diversity": 2,
    "channels": ("second:1,3",), "unit": ("second:1,2,3",), "dream": ("second", "first:1"),
    "cam": ("gradcam", "scorecam"), "cam_layers": ("*",), "cam_difference": ("top", "a,b"),
    "trust": True, "seed": 7, "resize": "crop", "colormap": "viridis",
}  # fmt: skip


def units(opening: Opening = OPENING) -> list[Unit[Any]]:
    settings = make_settings(SETTINGS)
    planned = plan(request_of(FACTS, opening, settings, PHOTOS))
    search = planned.exemplars.needs
    assert search is not None
    feeding = settings.feeding.settled(None)
    classes = TrialOptions(opening=opening, feeding=feeding, classes=[0, 2, 1])
    mistake = replace(planned.gradcam.units[0].options, targets=2)
    return [
        *planned.units,
        *search.units,
        GradCams().unit(SHA, PHOTOS[0], mistake),
        Summary().unit(SHA, opening),
        Photos().unit(PHOTOS[0], PhotoOptions((24, 24, 3), feeding)),
        BatchStatistics().unit(SHA, PHOTOS, UnsettledOptions(opening=opening, feeding=feeding)),
        PreprocessingTrial().unit(SHA, PHOTOS, classes),
    ]


def keys() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for unit in units():
        found.setdefault(unit.analysis, []).append(unit.key)
    return found


@pytest.mark.parametrize("analysis", sorted(PINNED))
def test_finished_work_is_found_under_the_same_key(analysis: str) -> None:
    assert keys()[analysis] == PINNED[analysis]


def scan_of(count: int) -> list[Unit[Any]]:
    data_set = [hashlib.sha256(str(at).encode()).hexdigest() for at in range(count)]
    request = request_of(FACTS, OPENING, make_settings(SETTINGS), PHOTOS, data_set)
    return list(plan_scan(request).units)


@pytest.mark.parametrize(("images", "groups"), [(3, 3), (300, 16), (5000, 128)])
def test_the_scan_of_a_data_set_is_found_under_the_same_keys(images: int, groups: int) -> None:
    units = scan_of(images)
    keys = hashlib.sha256(" ".join(sorted(unit.key for unit in units)).encode()).hexdigest()
    assert (len(units), keys) == (groups, SCANS[images])


SCANS = {
    3: "3c4905384f39fc57a42c27a36a117c817099b2f49e64e1949982eb62e735b2b4",
    300: "f8caf8f39c2d016a7275196e7f6410a5d93954958cac1f0cb3e362c9f39f48d8",
    5000: "5299d9b3a5b253784d69c08ff705b4c9fe4155c3e573adef226bb83bab315cad",
}
"""SHA-256 of the keys of a scan of so many images: groups and keys."""


def test_every_kind_of_work_is_pinned() -> None:
    assert keys().keys() == PINNED.keys()


def test_another_array_for_another_input_changes_what_is_computed_of_the_network() -> None:
    first = replace(OPENING, other_inputs={"mask": "aa" * 32})
    second = replace(OPENING, other_inputs={"mask": "bb" * 32})
    same = {unit.key for unit in units(first)} & {unit.key for unit in units(second)}
    assert {unit.analysis for unit in units() if unit.key in same} == {"photos"}
