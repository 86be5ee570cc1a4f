"""Rows on single analyses: activation grids, filter patterns, Grad-CAM."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import notebook
from tests.benchmarks.measure import Row, alternate, product_flops, seconds
from tests.benchmarks.models import bench_over, photo_files, vgg16
from tests.support.options import ACTIVATIONS, GRADCAM

LAYER, SIZE, STEPS, FILTERS = "block3_conv1", 64, 40, 16


def grids(runs: int) -> list[Row]:
    """18 activation grids of VGG16 for one image, to files."""
    import keras

    from reportgen.analysis.feature_maps.activations import Activations

    work = Path(tempfile.mkdtemp())
    (file,) = photo_files(work / "photos", 1)
    model = vgg16(224)
    layers = [layer.name for layer in model.layers[1:]]
    bench = bench_over(model, [file], "caffe")
    unit = Activations().unit("vgg16", file.stem, replace(ACTIVATIONS, layers=layers))
    all_layers = keras.Model(model.inputs[0], [model.get_layer(name).output for name in layers])
    photo = keras.utils.img_to_array(keras.utils.load_img(file, target_size=(224, 224)))[None]
    own, other = work / "own", work / "other"
    own.mkdir()
    other.mkdir()

    def ours() -> None:
        for _, result in Activations().compute([unit], bench):
            for name, content in result.files.items():
                (own / name).write_bytes(content)

    found = alternate(
        ours, lambda: notebook.activation_figures(all_layers, photo, other, layers), runs
    )
    share = _bytes(own) / _bytes(other)
    name = f"{len(layers)} activation grids of VGG16 at 224 px, one image"
    return [
        found.row(name, "the notebook way", 25),
        Row(f"{name}: bytes", "the notebook way", share, share, share, "≤ 0.35 ×", share <= 0.35),
    ]


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def filters(runs: int) -> list[Row]:
    """16 filter patterns, against one at a time and against the machine's matrix product."""
    from reportgen.analysis.ascent.classic_patterns import Classic
    from reportgen.analysis.ascent.pattern_search import Wish, patterns

    model = vgg16(SIZE)
    bench = bench_over(model, [], "none")
    name = f"{FILTERS} filter patterns of {LAYER}, {SIZE} px, {STEPS} steps"

    def ours() -> None:
        list(patterns(bench, Classic(), Wish(LAYER, STEPS, SIZE, seed=0), range(FILTERS)))

    def one_by_one() -> None:
        for channel in range(FILTERS):
            notebook.filter_pattern(model, LAYER, channel, SIZE, STEPS)

    rows = [alternate(ours, one_by_one, runs).row(name, "one filter at a time", 1.5)]
    rows += _against_tf_keras_vis(model, ours, name, runs)
    shares = [_flops(model) / seconds(ours) / product_flops() for _ in range(runs)]
    middle = float(np.median(shares))
    rows.append(
        Row(
            name,
            "the machine's matrix product, FLOP/s",
            middle,
            min(shares),
            max(shares),
            "≥ 0.65 ×",
            middle >= 0.65,
            note="counts what is computed, tracing included",
            runs=runs,
        )
    )
    return rows


def _flops(model: Any) -> float:
    """Floating-point operations of the ascents: forward, and backward to the image."""
    total = 0.0
    for layer in model.layers:
        if not layer.name.endswith(("conv1", "conv2", "conv3")):
            continue
        _, height, width, outputs = layer.output.shape
        if layer.name == LAYER:
            outputs = 4  # of its own layer, a batch computes only its filters
        total += 2.0 * height * width * 9 * layer.input.shape[-1] * outputs
        if layer.name == LAYER:
            break
    return 2 * total * FILTERS * (STEPS + 1)


def _against_tf_keras_vis(model: Any, ours: Any, name: str, runs: int) -> list[Row]:
    try:
        from tf_keras_vis.activation_maximization import ActivationMaximization
        from tf_keras_vis.utils.model_modifiers import ExtractIntermediateLayer, ReplaceToLinear
        from tf_keras_vis.utils.scores import CategoricalScore
    except ImportError:
        return []
    climbing = ActivationMaximization(
        model, model_modifier=[ExtractIntermediateLayer(LAYER), ReplaceToLinear()], clone=True
    )

    def theirs() -> None:
        for channel in range(FILTERS):
            climbing(CategoricalScore(channel), steps=STEPS)

    found = alternate(ours, theirs, max(1, runs // 2))
    return [found.row(name, "tf-keras-vis ActivationMaximization", 2.5)]


def gradcams(runs: int) -> list[Row]:
    """Grad-CAM of 64 images with MobileNetV2, overlays written."""
    import keras

    from reportgen.analysis.cams.gradcam import GradCams
    from reportgen.inputs.photos.decode import decode

    work = Path(tempfile.mkdtemp())
    files = photo_files(work / "photos", 64)
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNetV2(weights=None, classifier_activation=None)
    bench = bench_over(model, files, "signed")
    last = bench.network.last_spatial_layer
    options = replace(GRADCAM, layer=last, top=1)
    analysis = GradCams()
    units = [analysis.unit("m", file.stem, options) for file in files]

    def ours() -> None:
        for unit, result in analysis.compute(units, bench):
            for name, content in result.files.items():
                (work / f"{unit.photo}-{name}").write_bytes(content)

    def pixels(file: Path) -> Any:
        image = keras.utils.img_to_array(keras.utils.load_img(file, target_size=(224, 224)))
        return image / 127.5 - 1

    rows = []
    for peer, maps_of in _cam_peers(model, last).items():

        def theirs(maps_of: Any = maps_of) -> None:
            for file in files:
                heat = np.asarray(maps_of(pixels(file)))
                photo = decode(file).rgb / 255
                notebook.draw_overlay(photo, heat, work / f"{file.stem}-peer.png")

        name = f"Grad-CAM of {len(files)} images, MobileNetV2 at 224 px, overlays written"
        try:
            maps_of(pixels(files[0]))
        except Exception as error:  # a peer that does not run on this Keras is shown as such
            reason = f"does not run: {type(error).__name__}"
            rows.append(Row(name, peer, float("nan"), 0, 0, "", None, note=reason))
            continue
        found = alternate(ours, theirs, runs if peer == "tf-keras-vis" else 1, warm=False)
        rows.append(found.row(name, peer, 4 if peer == "tf-keras-vis" else None))
    return rows


def _cam_peers(model: Any, layer: str) -> dict[str, Any]:
    """The maps of the peers that are installed, by name."""
    peers: dict[str, Any] = {}
    try:
        from tf_keras_vis.gradcam import Gradcam
        from tf_keras_vis.utils.scores import CategoricalScore
    except ImportError:
        pass
    else:
        cam = Gradcam(model, clone=True)
        peers["tf-keras-vis"] = lambda x: cam(
            CategoricalScore(0), x[None], penultimate_layer=layer
        )[0]
    try:
        from tf_explain.core.grad_cam import GradCAM
    except ImportError:
        pass
    else:
        peers["tf-explain"] = lambda x: (
            GradCAM()
            .get_gradients_and_filters(model, x[None], layer, 0, False)[0][0]
            .numpy()
            .mean(-1)
        )
    return peers
