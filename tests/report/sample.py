"""A small report with pictures that are what its records say, and names that mean harm."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.analysis.accuracy.evaluation import Tally
from reportgen.analysis.accuracy.regression import Pairs, largest_misses
from reportgen.analysis.feature_maps.health import HealthTally
from reportgen.assembly.report_charts import with_charts
from reportgen.assembly.trend import write_trend
from reportgen.config import SECTIONS
from reportgen.corruptions import CORRUPTIONS
from reportgen.evenly_spaced import spread
from reportgen.file_names import slugs
from reportgen.gates.check import check_gates
from reportgen.gates.history import run_of
from reportgen.pictures.encode import heat_png, jpeg, palette_png, rgba_png
from reportgen.pictures.kernel_tiles import draw_kernel
from reportgen.pictures.tiles import GridLayout, gallery, grid
from reportgen.records.behaviour.concepts import (
    ClassConcepts,
    Concept,
    ConceptImage,
    Concepts,
    StabilityOf,
)
from reportgen.records.behaviour.robustness import (
    CorruptionResult,
    Robustness,
    StrengthResult,
    WorstImage,
)
from reportgen.records.behaviour.similarity import LayerSimilarity
from reportgen.records.confusions import (
    ClassHeat,
    Confusion,
    Confusions,
    MeanHeat,
    SeparatingChannel,
    Shortcut,
)
from reportgen.records.decisions import ChannelShare, Decision, Decisions
from reportgen.records.filters import Dream, Filter, Gallery, Kernel
from reportgen.records.heatmaps import CamDifference
from reportgen.records.image import Activations, Channel, GradCam, Image, Prediction
from reportgen.records.image_map import ImageMap, MapGroup, MapPoint, MapTile, SuspectedLabel
from reportgen.records.model import Block, Cells, ImageInput, Layer, Model, Preprocessing
from reportgen.records.outputs import Head, Output, TensorInfo
from reportgen.records.over_images import (
    Evaluation,
    Exemplar,
    Exemplars,
    ExemplarsOf,
    Health,
    Mistake,
    Temperature,
)
from reportgen.records.regression import Regression
from reportgen.records.report import Environment, Report, Skipped
from reportgen.records.trust import (
    SanityCheck,
    SanityNull,
    SanityStage,
    Spread,
    Trust,
    TrustMeasure,
)
from tests.support.grids import grid_of
from tests.support.levels import channel_statistics, normalise

HOSTILE = (
    "<script>alert(1)</script>",
    "\"onerror='x'",
    "猫 und Hünd 🐱.jpg",
    "a#b%20?c&amp;.png",
    "{{ 7 * 7 }}",
    "CON",
    "..",
    "x" * 300,
)
PAYLOADS = (
    *(f"{before}<script>alert({at})</script>" for at, before in enumerate(("", "'>", '">', "-->"))),
    *(f"</{tag}><script>alert(1)</script>" for tag in ("title", "script", "style", "textarea")),
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<math><mi xlink:href=javascript:alert(1)>",
    "<base href=//example.org>",
    "<meta http-equiv=refresh content=0;url=//example.org>",
    "<link rel=stylesheet href=//example.org>",
    "<form action=javascript:alert(1)><button>x</button>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "` onmouseover=`alert(1)",
    '" autofocus onfocus="alert(1)" x="',
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//example.org/x.png",
    "https://example.org/x.png",
    "file:///etc/passwd",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "C:\\x.png",
    "a?b=c#d&e=f.png",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "%00.png",
    "a\u202egnp.exe",
    "a\nb\tc.png",
    "\u2028alert(1)\u2029",
    "\\u003cscript\\u003ealert(1)",
    '"};alert(1);//',
    "';alert(1);//",
    "${alert(1)}",
    "{% include '/etc/passwd' %}",
    "{{ page.__class__.__mro__ }}",
    "{{ ''.__class__ }}",
    "<!-- --!><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "expression(alert(1))",
    "url(javascript:alert(1))",
    "[x](javascript:alert(1))",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "\ufeff<script>alert(1)</script>",
    "__proto__",
    "constructor",
)
"""Names and texts that would run a script, or lead elsewhere, where one forgets to escape."""
LABELS = ("<b>cat</b>", "dog & co", "snake")
CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="300" viewBox="0 0 900 300">'
    '<rect width="900" height="300" fill="#fff"/></svg>'
)
COLORBAR = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="44" viewBox="0 0 320 44">'
    '<rect x="32" y="8" width="256" height="16" fill="#21918c"/></svg>'
)

FAIL_IF = ("accuracy < 5%", f"recall[{LABELS[0]}] < 99%")
REQUIRE = ("flips <= 5%", f"silent_channels[{HOSTILE[0]}] <= 1%", "images >= 2")
"""Gates: three that fail, one of them for want of a baseline, and two that pass."""

Plan = Sequence[tuple[str, str, str, int, int]]
"""Layers to make: path, type, block, side of the maps, channels."""

SMALL: Plan = (
    ("block1_conv1", "Conv2D", "block1", 32, 24),
    ("block1_pool", "MaxPooling2D", "block1", 16, 24),
    ("base_1.00/block2_conv1", "Conv2D", "base_1.00/block2", 16, 10),
    (HOSTILE[0], "Conv2D", HOSTILE[1], 8, 64),
)


def write_sample(
    folder: Path,
    plan: Plan = SMALL,
    names: Sequence[str] = ("cat.jpg", *HOSTILE),
    sections: Sequence[str] = SECTIONS,
    labels: Sequence[str] = LABELS,
    methods: Sequence[str] = ("classic",),
) -> Report:
    """Write the pictures of a sample report below ``folder``; its records."""
    random = np.random.default_rng(0)
    layers = _layers(plan)
    images = [
        _image(folder, random, plan, name, slug, labels) for name, slug in slugs(names).items()
    ]
    images.sort(key=lambda image: image.name)
    filters: list[Filter] = []
    galleries: list[Gallery] = []
    if "filters" in sections:
        for path, kind, block, _, channels in plan:
            if kind == "Conv2D":
                about = (path, block, channels)
                for method in methods:
                    _gallery(folder, random, about, method, filters, galleries)
    kernels = _kernels(folder, random, plan) if "kernels" in sections else []
    _save(folder, "pictures/sparsity.svg", CHART.encode())
    evaluation = _evaluation(folder, images, labels) if "evaluation" in sections else None
    report = Report(
        generator="reportgen 0.0.test",
        created="2024-02-29T12:00:00+00:00",
        title=f"Sample of {HOSTILE[0]}",
        author=HOSTILE[1],
        notes="# Notes\n\nA *first* look, <img src=x onerror=alert(1)>.\n\n"
        "![a picture](https://example.org/x.png)\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n",
        environment=Environment(
            python="3.13.5", tensorflow="2.20.0", keras="3.12.0", device="CPU (2 cores)"
        ),
        command="reportgen build sample.keras photos -o report",
        settings={"seed": 0, "contrast": "128:64", "layers": [], "title": HOSTILE[0]},
        sections=list(sections),
        model=_model(plan, layers, labels),
        images=[_within(image, sections) for image in images],
        filters=filters,
        galleries=galleries,
        kernels=kernels,
        dreams=[_dream(images[0], plan)] if "dreams" in sections else [],
        similarity=_similarity(folder, plan) if "similarity" in sections else None,
        concepts=_concepts(images, plan, labels) if "concepts" in sections else None,
        robustness=_robustness(folder, images, plan) if "robustness" in sections else None,
        decisions=_decisions(images[0], plan, labels) if "decisions" in sections else None,
        confusions=_confusions(images) if "confusions" in sections else None,
        image_map=_image_map(images, plan) if "map" in sections else None,
        trust=_trust(folder, plan) if "trust" in sections else None,
        sparsity_chart="pictures/sparsity.svg" if "activations" in sections else None,
        evaluation=evaluation,
        regression=_regression(folder, images) if "regression" in sections else None,
        exemplars=_exemplars(folder, images) if "exemplars" in sections else None,
        health=_health(folder, images, layers) if "health" in sections else None,
        skipped=[Skipped(what="image", name="<i>broken</i>.jpg", reason="It holds no picture.")],
        warnings=["One of the photos is very small."],
        timings={"activations": 1.25, "filters": 61.0},
    )
    report = report.model_copy(update={"gates": check_gates(report, FAIL_IF, REQUIRE)})
    earlier = run_of(report, "0" * 64)
    runs = [earlier.model_copy(update={"created": f"2024-02-{day}"}) for day in (27, 28)]
    history = [*runs, run_of(report, "1" * 64)]
    trend = {"history": history, "trend_chart": write_trend(history, folder)}
    report = report.model_copy(update=trend)
    _save(folder, "report.json", report.model_dump_json(indent=1).encode())
    return report


def _evaluation(folder: Path, images: Sequence[Image], labels: Sequence[str]) -> Evaluation:
    tally = Tally(len(LABELS), 2, "softmax")
    for at, image in enumerate(images):
        by_index = sorted(image.predictions, key=lambda one: one.index)
        true = (image.predictions[0].index + (at % 3 == 1)) % len(LABELS)
        scores, shares = [one.score for one in by_index], [one.probability for one in by_index]
        tally.add(image.name, true, scores, shares)
    chart = _save(folder, "pictures/reliability.svg", CHART.encode())
    folders = {label: index for index, label in enumerate(labels)}
    model = _model(SMALL, [], labels)
    found = tally.evaluation(model, folders, 1, chart, "")
    scaled = Temperature(
        temperature=1.75,
        lowest=1.5,
        highest=2.0,
        images=found.images,
        folds=5,
        loss_before=0.5,
        loss_after=0.25,
        calibration_error_before=0.125,
        calibration_error_after=0.0625,
        reliability=found.reliability,
        chart=_save(folder, "pictures/reliability-calibrated.svg", CHART.encode()),
    )
    return found.model_copy(update={"temperature": scaled})


def _regression(folder: Path, images: Sequence[Image]) -> Regression:
    """Two values: one predicted at random, one whose true values are all the same."""
    random = np.random.default_rng(3)
    names = tuple(image.name for image in images)
    true = np.round(random.normal(0, 2, len(images)), 1)
    pairs = [
        Pairs("dense", 0, HOSTILE[0], names, true + 0.5, true),
        Pairs("dense", 1, "age", names, true, np.ones(len(images))),
    ]
    chart = _save(folder, "pictures/regression/0.svg", CHART.encode())
    return Regression(
        images=len(images),
        unknown=2,
        table=HOSTILE[1],
        fits=[pairs[0].fit(chart), pairs[1].fit(None)],
        misses=largest_misses(pairs),
    )


def _health(folder: Path, images: Sequence[Image], described: Sequence[Layer]) -> Health:
    tally = HealthTally()
    for image in [*images, *images[:1]]:
        layers = [
            grid_of(
                layer=grid.layer,
                channels=grid.channels,
                sparsity=grid.sparsity,
                inactive=grid.inactive,
                silent=grid.inactive[1:],
                saturated=[1] if grid.layer == "block1_pool" else [],
                non_finite=[0] if grid.layer == HOSTILE[0] else [],
                means=list(grid.means),
            )
            for grid in image.activations
        ]
        tally.add(layers)
    names = slugs([grid.layer for grid in images[0].activations])
    found = with_charts(tally.health(described), folder, names.__getitem__)
    assert found is not None
    return found


def _exemplars(folder: Path, images: Sequence[Image]) -> Exemplars:
    def of(layer: str, channel: int, unit: list[int] | None, shown: int) -> ExemplarsOf:
        tile = 192 if unit else 96
        width, height = shown * tile + 4 * (shown - 1), tile if unit else 2 * tile + 4
        name = f"pictures/exemplars/{slugs([layer])[layer]}-{channel}-{bool(unit)}.jpg"
        drawn = jpeg(np.full((height, max(width, 1), 3), 90, np.uint8))
        return ExemplarsOf(
            layer=layer,
            channel=channel,
            unit=unit,
            picture=_save(folder, name, drawn) if shown else None,
            tile=tile,
            width=max(width, 0),
            height=height,
            exemplars=[
                Exemplar(image=image.name, row=1, column=2, value=1.5, box=[0, 1, 5, 5], exact=True)
                for image in images[:shown]
            ],
        )

    layer = images[0].activations[0].layer if images[0].activations else SMALL[0][0]
    shown = min(3, len(images))
    return Exemplars(
        images=len(images),
        dataset="",
        channels=[of(layer, 0, None, shown), of(layer, 1, None, 0)],
        units=[of(layer, 1, [1, 2], shown)],
    )


def _save(folder: Path, path: str, content: bytes) -> str:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return path


def _within(image: Image, sections: Sequence[str]) -> Image:
    changes: dict[str, Any] = {}
    if "activations" not in sections:
        changes["activations"] = []
    if "gradcam" not in sections:
        changes |= {"gradcam": [], "through_depth": [], "differences": []}
    return replace(image, **changes)


def _layers(plan: Plan) -> list[Layer]:
    first = Layer(
        path="input",
        name="input",
        type="InputLayer",
        block="",
        output_shape=[None, 32, 32, 3],
        parameters=0,
        trainable_parameters=0,
        trainable=True,
        inputs=[],
        channels=None,
        spatial=False,
        convolution=False,
        passes_through=False,
    )
    layers = [first]
    for path, kind, block, side, channels in plan:
        parameters = channels * 28 if kind == "Conv2D" else 0
        update = {
            "path": path,
            "name": path.rpartition("/")[2] or path,
            "type": kind,
            "block": block,
            "output_shape": [None, side, side, channels],
            "map_size": [side, side],
            "parameters": parameters,
            "trainable_parameters": parameters if side > 8 else 0,
            "inputs": [layers[-1].path],
            "channels": channels,
            "spatial": True,
            "convolution": kind == "Conv2D",
            "makes_zeros": kind == "Conv2D",
            "origin": path if kind == "Conv2D" else layers[-1].path,
            "cells": Cells(
                start=[16.0 / side] * 2,
                jump=[32.0 / side] * 2,
                size=[40.0] * 2,
                beyond=side < 16,
                exact=True,
            ),
        }
        layers.append(first.model_copy(update=update))
    update = {
        "path": "dense",
        "name": "dense",
        "type": "Dense",
        "block": "head",
        "output_shape": [None, 3],
        "parameters": 195,
        "trainable_parameters": 195,
        "inputs": [layers[-1].path],
    }
    return [*layers, first.model_copy(update=update)]


def _model(plan: Plan, layers: list[Layer], labels: Sequence[str]) -> Model:
    blocks: dict[str, list[str]] = {}
    for layer in layers:
        blocks.setdefault(layer.block, []).append(layer.path)
    return Model(
        name=HOSTILE[0],
        file="sample.keras",
        description="A Functional model with three classes.",
        sha256="0123456789abcdef" * 4,
        size=1_234_567,
        parameters=sum(layer.parameters for layer in layers),
        trainable_parameters=sum(layer.trainable_parameters for layer in layers),
        inputs=[TensorInfo(name="input", shape=[None, 32, 32, 3], dtype="float32")],
        outputs=[
            Output(
                name="dense",
                shape=[None, 3],
                dtype="float32",
                kind="classes",
                why="softmax: non-negative numbers that sum to one",
                activation="softmax",
                units=3,
                classes=3,
                names=[],
                explained=True,
            )
        ],
        image_input=ImageInput(name="input", height=32, width=32, channels=3, layout="HWC"),
        head=Head(
            name="dense",
            layer="dense",
            kind="classes",
            why="softmax: non-negative numbers that sum to one",
            activation="softmax",
            units=3,
            classes=3,
            link="softmax",
            exact=True,
        ),
        labels=list(labels),
        preprocessing=Preprocessing(
            mode="unit", source="assumed", reason="Nothing says how pixels were prepared."
        ),
        layers=layers,
        blocks=[Block(name=name, layers=paths) for name, paths in blocks.items()],
        last_spatial_layer=plan[-1][0],
        notes=["Read as a Keras 3 file."],
    )


def _image(
    folder: Path,
    random: np.random.Generator,
    plan: Plan,
    name: str,
    slug: str,
    labels: Sequence[str],
) -> Image:
    height, width = 180, 240
    down, across = np.mgrid[0:height, 0:width] / 40 + random.uniform(0, 6, (2, 1, 1))
    waves = [np.sin(down * a + across * b + c) for a, b, c in random.uniform(-3, 3, (3, 3))]
    photo = (127 + 100 * np.stack(waves, axis=-1)).astype(np.uint8)
    heat = np.stack([255 - photo[..., 0], photo[..., 1], photo[..., 0]], axis=-1)
    shares = random.dirichlet(np.ones(3) / 2)
    order = np.argsort(-shares)
    shown = GradCam(
        method="gradcam",
        layer=plan[-1][0],
        index=int(order[0]),
        label=labels[order[0]],
        probability=float(shares[order[0]]),
        status="ok",
        reason="",
        picture=_save(folder, f"pictures/{slug}/overlay.jpg", jpeg(photo // 2 + heat // 2)),
        heatmap=_save(folder, f"pictures/{slug}/heatmap.jpg", jpeg(heat)),
        width=width,
        height=height,
        cells=_save(folder, f"pictures/{slug}/cells.png", heat_png(np.eye(6))),
        cells_size=[6, 6],
        full=_save(folder, f"pictures/{slug}/full.jpg", jpeg(photo)),
    )
    none = {
        "index": int(order[1]),
        "label": labels[order[1]],
        "status": "no positive evidence",
        "reason": "Grad-CAM is empty: its weighted sum has no positive value",
        "picture": None,
        "heatmap": None,
        "cells": None,
        "cells_size": None,
        "full": None,
    }
    small = np.ascontiguousarray(photo[::6, ::8][:32, :32])
    return Image(
        name=name,
        sha256="fedcba9876543210" * 4,
        width=width,
        height=height,
        note="first of 6 frames" if name == "cat.jpg" else "",
        group="pets" if name == "cat.jpg" else None,
        photo=_save(folder, f"pictures/{slug}/photo.jpg", jpeg(photo)),
        photo_width=width,
        photo_height=height,
        network_photo=_save(folder, f"pictures/{slug}/given.jpg", jpeg(small)),
        predictions=[
            Prediction(
                index=int(at),
                label=labels[at],
                probability=float(shares[at]),
                score=float(np.log(shares[at] + 1e-9)),
            )
            for at in order
        ],
        activations=[
            _activations(folder, random, slug, index, photo, layer)
            for index, layer in enumerate(plan)
        ],
        gradcam=[
            shown,
            replace(shown, **none),
            replace(shown, method="layercam"),
            replace(
                shown,
                method="layercam",
                **{**none, "reason": "LayerCAM is empty: it has no positive value"},
            ),
            replace(shown, method="eigencam"),
        ],
        through_depth=[
            replace(shown, layer=layer[0], heatmap=None) if at else replace(shown, **none)
            for at, layer in enumerate(spread(plan, 16))
        ],
        differences=[_difference(shown, labels), _difference(shown, labels, missing=True)],
    )


def _difference(shown: GradCam, labels: Sequence[str], *, missing: bool = False) -> CamDifference:
    other = (shown.index + 1) % len(labels)
    return CamDifference(
        layer=shown.layer,
        first=shown.index,
        second=other,
        first_label=shown.label,
        second_label=labels[other],
        status="no difference" if missing else "ok",
        reason="the weighted sum is zero everywhere" if missing else "",
        picture=None if missing else shown.picture,
        heatmap=None if missing else shown.heatmap,
        width=shown.width,
        height=shown.height,
    )


def _activations(
    folder: Path,
    random: np.random.Generator,
    slug: str,
    index: int,
    photo: NDArray[np.uint8],
    layer: tuple[str, str, str, int, int],
) -> Activations:
    path, _, _, side, channels = layer
    rows = np.linspace(0, photo.shape[0] - 1, side).astype(int)
    columns = np.linspace(0, photo.shape[1] - 1, side).astype(int)
    small = photo[rows][:, columns].astype(np.float32) / 255
    maps = np.maximum(small @ random.normal(size=(3, channels)).astype(np.float32) - 0.3, 0)
    maps[..., 3::7] = 0
    measured = channel_statistics(maps)
    levels, inactive = normalise(maps)
    layout = GridLayout.fit(channels, side, side)
    stem = f"pictures/{slug}/{index:03}"
    singles = []
    if index == 0:
        alone = palette_png(grid(levels[:, :, 2:3], inactive[2:3], 1, 0))
        singles.append(
            Channel(
                channel=2,
                low=float(measured.low[2]),
                high=float(measured.high[2]),
                inactive=bool(inactive[2]),
                picture=_save(folder, f"{stem}-2.png", alone),
                colorbar=_save(folder, f"{stem}-2.svg", COLORBAR.encode()),
            )
        )
    return Activations(
        layer=path,
        channels=channels,
        shown=channels,
        size=[side, side],
        map_size=[side, side],
        inactive_channels=int(inactive.sum()),
        inactive=np.flatnonzero(inactive).tolist(),
        sparsity=float(np.mean(maps == 0)),
        low=float(maps.min()),
        high=float(maps.max()),
        picture=_save(folder, f"{stem}.png", palette_png(grid(levels, inactive))),
        width=layout.width,
        height=layout.height,
        columns=16,
        margin=1,
        means=measured.mean.tolist(),
        lows=measured.low.tolist(),
        highs=measured.high.tolist(),
        deviations=measured.std.tolist(),
        singles=tuple(singles),
    )


def _dream(image: Image, plan: Plan) -> Dream:
    return Dream(
        image=image.name,
        layer=plan[-1][0],
        channel=2,
        status="not risen",
        response_start=0.5,
        response_end=0.25,
        steps=100,
        octaves=[(90, 120), (180, 240)],
        original=image.photo,
        picture=image.photo,
        width=240,
        height=180,
    )


def _concepts(images: Sequence[Image], plan: Plan, labels: Sequence[str]) -> Concepts:
    """A concept with patches, and one that is active nowhere."""
    image = images[0]
    size = {"width": image.photo_width, "height": image.photo_height}
    shown = {"colour": "#e69f00", "channels": [1, 0], "weights": [0.75, 0.25]}
    return Concepts(
        layer=plan[-1][0],
        images=24,
        all_images=120,
        seed=0,
        error=0.25,
        negative=True,
        stability=[StabilityOf(concepts=2, agreement=0.75)],
        concepts=[
            Concept(index=0, images=[image.name], picture=image.photo, **shown, **size),
            Concept(index=1, images=[], picture=None, width=0, height=0, **shown),
        ],
        classes=[ClassConcepts(index=0, label=labels[0], images=20, parts=[1.5, -0.5], score=1.25)],
        shown=[
            ConceptImage(
                image=image.name, label=labels[0], parts=[1.5, -0.5], picture=image.photo, **size
            )
        ],
    )


def _robustness(folder: Path, images: Sequence[Image], plan: Plan) -> Robustness:
    """All corruptions, and an image that one of them changes."""
    strengths = [
        StrengthResult(
            strength=strength,
            amount=f"σ {strength}",
            accuracy=1 / strength,
            flips=0.25 * strength,
            confidence=0.5,
            drift=None if strength == 3 else 0.125,
        )
        for strength in (1, 2, 3)
    ]
    worst = WorstImage(
        image=images[0].name,
        label=HOSTILE[0],
        predicted=[HOSTILE[0], "dog", "dog"],
        confidence=[0.75, 0.5, None],
        picture=images[0].photo,
        width=images[0].photo_width,
        height=images[0].photo_height,
    )
    corruptions = [
        CorruptionResult(
            name=one.name,
            title=one.title,
            definition=one.definition,
            strengths=strengths,
            worst=[worst] if one.name == "blur" else [],
            chart=_save(folder, f"pictures/robustness/{one.name}.svg", CHART.encode()),
        )
        for one in CORRUPTIONS.values()
    ]
    return Robustness(
        definitions=1,
        layer=plan[-1][0],
        images=len(images),
        all_images=120,
        known=4,
        accuracy=0.75,
        corruptions=corruptions,
    )


def _similarity(folder: Path, plan: Plan) -> LayerSimilarity:
    """Two layers that repeat each other, where there are two."""
    paths = [path for path, *_ in plan][:2]
    return LayerSimilarity(
        images=64,
        sampled=True,
        layers=paths,
        cka=[row[: len(paths)] for row in [[1.0, 0.99], [0.99, None]][: len(paths)]],
        threshold=0.98,
        repeats=[paths] if len(paths) > 1 else [],
        cautions=["CKA is a rough estimate."],
        chart=_save(folder, "pictures/similarity.svg", CHART.encode()),
    )


def _decisions(image: Image, plan: Plan, labels: Sequence[str]) -> Decisions:
    """A decision with a pattern, and the difference of two scores."""
    parts = [
        ChannelShare(channel=at, contribution=value, picture=image.photo, pattern=pattern)
        for at, value, pattern in ((3, 2.5, image.photo), (0, 0.75, None), (2, -0.5, None))
    ]
    known = {"image": image.name, "index": 0, "label": labels[0], "channels": 4}
    sums = {"total": 2.75, "raising": 3.25, "lowering": -0.5}
    split = {"strongest": parts[:2], "opposing": parts[2:]}
    return Decisions(
        layer=plan[-1][0],
        exact=True,
        images=2,
        decisions=[
            Decision(**known, **sums, **split, score=3.0),
            Decision(**known, **sums, **split, score=None, against=1, against_label=labels[1]),
        ],
    )


def _confusions(images: Sequence[Image]) -> Confusions:
    """A confusion of two classes, and a shortcut."""
    photo = images[0]
    heat = MeanHeat(images=3, picture=photo.photo, width=96, height=96, border=0.25)
    mistake = Mistake(
        image=photo.name, true=0, predicted=1, probability=0.75, true_probability=0.25
    )
    channels = [
        SeparatingChannel(
            channel=at, order=order, true_mean=0.5, predicted_mean=0.25, mistaken_mean=0.125
        )
        for at, order in ((2, 0.96875), (0, 0.125))
    ]
    return Confusions(
        labelled=len(images),
        pairs=1,
        confusions=[
            Confusion(
                true=0,
                predicted=1,
                images=1,
                of_class=4,
                mistakes=[mistake],
                true_heat=heat,
                mistaken_heat=heat,
                predicted_heat=None,
                channels=channels,
            )
        ],
        layer=SMALL[1][0],
        method="gradcam",
        border_area=0.4375,
        border_reached=0.75,
        classes=[ClassHeat(index=0, heat=heat)],
        examined=1,
        shortcuts=[
            Shortcut(
                index=0,
                place="top left corner",
                left=0.0,
                top=0.0,
                width=0.25,
                height=0.25,
                images=9,
                heat=0.75,
                area=0.0625,
                hot=1.0,
                likeness=0.96875,
            )
        ],
    )


def _image_map(images: Sequence[Image], plan: Plan) -> ImageMap:
    """A map with one suspected label, whose pictures are those of an image and a chart."""
    names, photo = [image.name for image in images], images[0]
    suspected = SuspectedLabel(
        image=names[0],
        given=0,
        suggested=1,
        given_probability=0.01,
        suggested_probability=0.985,
        neighbours=8,
        agreeing=6,
        opposing=2,
    )
    return ImageMap(
        method="pca",
        layer=plan[-1][0],
        channels=plan[-1][4],
        variance=[0.5, 0.25],
        perplexity=None,
        trustworthiness=0.9375,
        trusted=3,
        coloured_by="true class",
        groups=[MapGroup(mark="A", index=0, label=LABELS[0], images=len(names))],
        points=[
            MapPoint(image=name, x=at, y=-at, neighbours=[one for one in names if one != name][:8])
            for at, name in enumerate(names)
        ],
        left_out=["none.jpg"],
        chart="pictures/sparsity.svg",
        picture=photo.photo,
        width=photo.photo_width,
        height=photo.photo_height,
        tiles=[MapTile(image=names[0], left=0, top=0, size=photo.photo_height)],
        labelled=len(names),
        suspected=[suspected],
        suspicions=1,
    )


def _trust(folder: Path, plan: Plan) -> Trust:
    curve = [round(1 - at / 16, 4) for at in range(17)]
    known = {"deletion_area": 0.5, "insertion_area": 0.5, "drop": 0.25, "increase": 0.5}
    known |= {"sparseness": 0.75, "blurred_drop": 0.2, "blurred_increase": 0.5}
    known["kept_brightness"] = 0.02
    none = dict.fromkeys(known)

    def spread(mean: float) -> Spread:
        return Spread(mean=mean, low=mean - 0.05, high=mean + 0.05)

    stages = [
        SanityStage(
            layer=layer, layers=at, seeds=5, correlation=spread(one), similarity=spread(two)
        )
        for at, layer, one, two in ((1, "dense", 0.93, 0.5), (3, plan[0][0], 0.125, 0.25))
    ]
    unmoved = [stage.model_copy(update={"correlation": spread(0.95)}) for stage in stages]
    null = SanityNull(
        images=3, pairs=3, correlation=spread(0.1), similarity=spread(0.2), error=0.05
    )
    areas = {"draws": 10, "deletion_interval": [0.45, 0.55], "insertion_interval": [0.4, 0.6]}
    return Trust(
        layer=plan[-1][0],
        images=["cat.jpg"],
        measures=[
            TrustMeasure(
                method="gradcam", images=1, deletion=curve, insertion=curve[::-1], **known
            ),
            TrustMeasure(method="layercam", images=0, deletion=[], insertion=[], **none),
            TrustMeasure(
                method="chance", images=1, deletion=curve, insertion=curve, **known, **areas
            ),
        ],
        checks=[
            SanityCheck(
                method=method, stages=found, between_images=null, other_class=other, outcome=outcome
            )
            for method, found, other, outcome in (
                ("gradcam", stages, 0.25, "gone"),
                ("layercam", [], None, "unknown"),
                ("eigencam", unmoved, None, "kept"),
            )
        ],
        chart=_save(folder, "pictures/trust.svg", CHART.encode()),
    )


def _kernels(folder: Path, random: np.random.Generator, plan: Plan) -> list[Kernel]:
    records = []
    inputs = 3
    for path, kind, _, _, channels in plan:
        if kind != "Conv2D":
            continue
        kernel = random.normal(size=(3, 3, inputs, channels))
        kernel[..., 1] = 0
        drawn = draw_kernel(kernel)
        picture = f"pictures/kernels/{slugs([path])[path]}.png"
        records.append(
            Kernel(
                layer=path,
                size=[3, 3],
                inputs=inputs,
                filters=channels,
                kind=drawn.kind,
                shown=drawn.filters,
                slices=drawn.slices,
                picture=_save(folder, picture, rgba_png(drawn.picture)),
                width=drawn.picture.shape[1],
                height=drawn.picture.shape[0],
                norms=np.sqrt((kernel**2).sum(axis=(0, 1, 2))).tolist(),
                dead=[1],
                compared=True,
                near_duplicates=2,
                nearest=[(0, 2, 0.97)],
            )
        )
        inputs = channels
    return records


def _gallery(
    folder: Path,
    random: np.random.Generator,
    about: tuple[str, str, int],
    method: str,
    filters: list[Filter],
    galleries: list[Gallery],
) -> None:
    path, block, channels = about
    shown = min(16, channels)
    down, across = np.mgrid[0:64, 0:64]
    waves = [
        127 + 90 * np.sin(down * a + across * b + c)
        for a, b, c in random.uniform(-0.7, 0.7, (3 * shown, 3))
    ]
    patterns = np.array(waves).reshape(shown, 3, 64, 64).transpose(0, 2, 3, 1).astype(np.uint8)
    present = np.arange(shown) != 5
    layout = GridLayout.fit(shown, 64, 64)
    picture = _save(
        folder,
        f"pictures/filters/{slugs([path])[path]}{'' if method == 'classic' else '--fourier'}.png",
        rgba_png(gallery(patterns, present=present)),
    )
    for tile in range(shown):
        status = "silent" if not present[tile] else "not risen" if tile == 7 else "ok"
        filters.append(
            Filter(
                layer=path,
                block=block,
                channel=tile,
                score_start=0.0 if status == "silent" else 0.25,
                score_end={"silent": 0.0, "not risen": 0.2, "ok": 31.4}[status],
                method=method,
                obtained="gradient ascent",
                status=status,
                steps=40,
                picture=picture,
                tile=tile,
            )
        )
    galleries.append(
        Gallery(
            layer=path,
            block=block,
            method=method,
            filters=channels,
            shown=shown,
            picture=picture,
            width=layout.width,
            height=layout.height,
            columns=16,
            margin=1,
            size=64,
        )
    )
