"""Three reports made by real builds, for browsers and validators to judge.

The demo's; one of a network inside another, with everything on request; one of sixty images in
class folders.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from reportgen.config import make_settings
from reportgen.demo import demo_images, demo_labels, demo_model
from reportgen.pipeline import build
from reportgen.progress import Silent


def real_reports(folder: Path) -> dict[str, Path]:
    """Build them below `folder`; returns their folders by name."""
    return {
        "demo": _make(str(demo_model()), demo_images(), folder / "demo", labels=demo_labels(),
                      format=("site", "single"), filters=4, filter_steps=5),
        "nested": _make(str(_nested_model(folder)), _two_photos(folder), folder / "nested",
                        filters=1, filter_steps=1, filter_size=32, trust=True,
                        layers=["*block_[1-4]_expand", "*block_1[26]_project", "*out_relu"],
                        dream=["mobilenetv2_0.35_96/block_3_expand:1"], dream_steps=2,
                        cam=["gradcam", "hirescam"]),
        "sixty": _make(str(demo_model()), _sixty_photos(folder), folder / "sixty",
                       labels=demo_labels(), skip_section=["filters", "kernels"]),
    }  # fmt: skip


def _make(model: str, images: Path, place: Path, **options: object) -> Path:
    known = {"out": str(place), "no_cache": True, "preprocess": "unit", **options}
    settings = make_settings({key: _plain(value) for key, value in known.items()})
    return build(model, [str(images)], settings, progress=Silent(), command="reportgen").folder


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _nested_model(folder: Path) -> Path:
    import keras

    keras.utils.set_random_seed(3)
    base = keras.applications.MobileNetV2((96, 96, 3), alpha=0.35, include_top=False, weights=None)
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((96, 96, 3)), base, layers.GlobalAveragePooling2D(),
         layers.Dense(2, activation="softmax")]
    )  # fmt: skip
    model.save(folder / "nested.keras")
    return folder / "nested.keras"


def _two_photos(folder: Path) -> Path:
    place = folder / "two"
    place.mkdir()
    for at, path in enumerate(sorted(demo_images().rglob("*.webp"))[:2]):
        with Image.open(path) as image:
            image.resize((300 + 100 * at, 260)).save(place / f"photo {at}.jpg")
    return place


def _sixty_photos(folder: Path) -> Path:
    """Sixty images in folders named like the demo's classes, some in another's: mistakes."""
    random = np.random.default_rng(0)
    sources = sorted(demo_images().rglob("*.webp"))
    classes = sorted({path.parent.name for path in sources})
    for at in range(60):
        source = sources[at % len(sources)]
        name = source.parent.name
        if at % 15 == 0:
            name = classes[(classes.index(name) + 1) % len(classes)]
        place = folder / "sixty photos" / name
        place.mkdir(parents=True, exist_ok=True)
        with Image.open(source) as image:
            pixels = np.asarray(image.convert("RGB"), np.int16)
        noisy = np.clip(pixels + random.normal(0, 6, pixels.shape), 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(place / f"{source.stem} {at}.png")
    return folder / "sixty photos"
