"""The packaged model does what the demo's report says, on drawings it was not trained on."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reportgen.demo import demo_images, demo_labels, demo_model
from reportgen.heatmap_methods import CAMS

SCRIPTS = Path(__file__).resolve().parents[1] / "examples" / "demo_model"
UNSEEN = range(500_000, 500_204)
"""Neither trained on, nor used to tune the training, nor packaged."""

FEW = 30
"""Of these, the drawings on which maps are tried that take many passes each."""


@pytest.fixture(scope="module")
def shapes() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_shapes", SCRIPTS / "draw_shapes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def unseen(shapes: ModuleType) -> list[Any]:
    return [shapes.draw(seed) for seed in UNSEEN]


@pytest.fixture(scope="module")
def network() -> Any:
    import keras

    return keras.models.load_model(demo_model(), compile=False)


def packaged() -> dict[str, np.ndarray]:
    files = {path.relative_to(demo_images()): path for path in demo_images().rglob("*.webp")}
    return {
        name.with_suffix("").as_posix(): np.asarray(Image.open(file).convert("RGB"))
        for name, file in files.items()
    }


def probabilities(network: Any, images: np.ndarray) -> np.ndarray:
    return network.predict(images.astype(np.float32) / 255, verbose=0)


@pytest.mark.slow
def test_names_unseen_shapes(network: Any, unseen: list[Any]) -> None:
    guesses = probabilities(network, np.stack([one.image for one in unseen])).argmax(axis=1)
    assert np.mean(guesses == [one.label for one in unseen]) > 0.95


def test_misclassifies_some_packaged_images_whose_shapes_are_smaller(network: Any) -> None:
    labels = json.loads(demo_labels().read_text(encoding="utf-8"))
    small = {name: np.asarray(Image.fromarray(pixels).resize((96, 96), Image.Resampling.NEAREST))
             for name, pixels in packaged().items()}  # fmt: skip
    guesses = probabilities(network, np.stack(list(small.values()))).argmax(axis=1)
    true = [name.partition("/")[0] for name in small]
    assert sum(labels[guess] == name for guess, name in zip(guesses, true, strict=True)) == 20


def test_labels_match_the_outputs(network: Any, shapes: ModuleType) -> None:
    labels = json.loads(demo_labels().read_text(encoding="utf-8"))
    assert labels == list(shapes.CLASSES)
    assert network.output_shape == (None, len(labels))


def test_architecture_is_the_one_that_the_readme_tells(network: Any) -> None:
    convolutions = ["conv2d", "conv2d_1", "conv2d_2", "conv2d_3"]
    poolings = [name.replace("conv2d", "max_pooling2d") for name in convolutions]
    names = [layer.name for layer in network.layers]
    assert names[:8] == [name for pair in zip(convolutions, poolings, strict=True) for name in pair]
    assert network.layers[-1].activation.__name__ == "softmax"
    assert network.input_shape == (None, 96, 96, 3)


def test_files_stay_small() -> None:
    assert demo_model().stat().st_size <= 2_000_000
    sizes = [path.stat().st_size for path in demo_images().rglob("*.webp")]
    assert len(sizes) == 24
    assert sum(sizes) <= 250_000


@pytest.mark.slow
def test_packaged_images_are_the_drawings_of_their_seeds(shapes: ModuleType) -> None:
    # WebP of this quality changes a level or two; other versions of NumPy and OpenCV may, too
    files, drawings = packaged(), shapes.demo_drawings()
    assert files.keys() == drawings.keys()
    for name, drawing in drawings.items():
        assert drawing.image.shape == files[name].shape
        difference = np.abs(drawing.image.astype(int) - files[name].astype(int))
        assert difference.mean() < 2.5, name


def test_a_seed_draws_one_scene_at_every_size(shapes: ModuleType) -> None:
    small, again, large = shapes.draw(41), shapes.draw(41), shapes.draw(41, size=288)
    assert np.array_equal(small.image, again.image)
    reduced = large.image.reshape(96, 3, 96, 3, 3).mean(axis=(1, 3))
    assert np.abs(reduced - small.image).mean() < 2
    assert np.mean(large.mask[1::3, 1::3] == small.mask) > 0.99


def test_masks_cover_the_shape(unseen: list[Any], shapes: ModuleType) -> None:
    shares = np.array([one.mask.mean() for one in unseen])
    assert shares.min() > shapes.SMALLEST_AREA - 0.005
    assert shares.max() < shapes.LARGEST_AREA + 0.005
    border = [
        np.concatenate([one.mask[[0, -1]].ravel(), one.mask[:, [0, -1]].ravel()]) for one in unseen
    ]
    assert not np.any(border)
    inside = np.array([one.image[one.mask].mean(axis=0) for one in unseen])
    outside = np.array([one.image[~one.mask].mean(axis=0) for one in unseen])
    assert np.linalg.norm(inside - outside, axis=1).min() > 25


@pytest.mark.slow
def test_colour_and_size_do_not_give_the_class_away(shapes: ModuleType) -> None:
    drawings = [shapes.draw(seed) for seed in range(400_000, 400_600)]
    labels = np.array([one.label for one in drawings])
    features = np.array(
        [
            [*one.image.mean(axis=(0, 1)), *one.image[one.mask].mean(axis=0), one.mask.sum(), 1]
            for one in drawings
        ]
    )
    features /= features.std(axis=0) + (features.std(axis=0) == 0)
    one_hot = np.eye(len(shapes.CLASSES))[labels]
    weights, *_ = np.linalg.lstsq(features[:300], one_hot[:300], rcond=None)
    guesses = (features[300:] @ weights).argmax(axis=1)
    assert np.mean(guesses == labels[300:]) < 0.28  # chance is 1/6, standard deviation 0.02


@pytest.fixture(scope="module")
def heat(
    network: Any, unseen: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each kind of map: whether its maximum lies on the shape, and the heat's share there."""
    from reportgen.analysis.cams.formulas import FORMULAS
    from reportgen.analysis.cams.gradients import score_gradients
    from reportgen.analysis.cams.passes import own_passes
    from reportgen.analysis.cams.placing import cells_of
    from reportgen.inputs.photos.fit import spread_over
    from tests.analysis.bench import bench_of

    folder = tmp_path_factory.mktemp("unseen")
    files = {str(at): folder / f"{at}.png" for at in range(FEW)}
    for file, drawing in zip(files.values(), unseen, strict=False):
        Image.fromarray(drawing.image).save(file)
    bench = bench_of(network, files)
    flat = bench.network
    assert flat.last_spatial_layer is not None
    images = np.stack([one.image for one in unseen]).astype(np.float32) / 255
    maps, classes, gradients = score_gradients(flat, flat.last_spatial_layer, 1)(images)
    plain = [name for name, cam in CAMS.items() if not cam.of_attention]
    grid = cells_of(bench, flat.last_spatial_layer, maps[0])
    passed = [own_passes(bench, plain, at, maps[int(at)], classes[int(at)], grid) for at in files]
    found = {}
    for name in plain:
        hits, shares = [], []
        if name in FORMULAS:
            made = [FORMULAS[name](maps[at], gradients[0, at]) for at in range(len(unseen))]
        else:
            made = [one[name][0].values for one in passed]
        for one, drawing in zip(made, unseen, strict=False):
            height, width = drawing.mask.shape
            values = one if CAMS[name].of_image else spread_over(one, height, width, grid)
            if not values.any():  # no positive evidence
                continue
            hits.append(drawing.mask.ravel()[values.argmax()])
            shares.append(values[drawing.mask].sum() / values.sum())
        found[name] = np.array(hits), np.array(shares)
    return found


LEAST = {"smoothgrad": (0.3, 0.24)}
"""Of a gradient that is not multiplied by the image, which is noisier: more than twice chance."""


@pytest.mark.parametrize("name", [name for name, cam in CAMS.items() if not cam.of_attention])
@pytest.mark.slow
def test_heat_lies_on_the_shape(name: str, heat: Any, unseen: list[Any]) -> None:
    """The pointing game (Zhang et al., 2016), and how much of the heat the shape has."""
    hits, shares = heat[name]
    assert len(hits) >= (FEW if CAMS[name].passes else len(unseen)) - 2
    # A single pixel hits less often than a cell of the layer. By chance one in eight does.
    least_hits, least_share = LEAST.get(name, (0.6, 0.5) if CAMS[name].of_image else (0.9, 0.6))
    assert hits.mean() > least_hits
    assert shares.mean() > least_share  # the shapes cover 0.12
    assert np.mean([one.mask.mean() for one in unseen]) < 0.13
