"""Clips of frames: which files belong together, which frames are fed, against Keras itself."""

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen.config import make_settings
from reportgen.errors import SettingsError
from reportgen.inputs.photos.clips import Clip, find_clips
from reportgen.inputs.photos.decode import count_frames, decode
from reportgen.inputs.photos.images import find_images
from reportgen.pipeline import build
from reportgen.progress import Silent

layers = keras.layers


def frame(value):
    pixels = np.zeros((8, 10, 3), "uint8")
    pixels[:, : 2 + value % 8] = (20 * value % 250, 90, 250 - 20 * value)
    return pixels


def folder_of_frames(folder, count):
    folder.mkdir(parents=True)
    for at in range(count):
        Image.fromarray(frame(at)).save(folder / f"frame_{at}.png")
    return folder


def animation(path, count):
    pictures = [Image.fromarray(frame(at)) for at in range(count)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=40)
    return path


def film(frames=4):
    keras.utils.set_random_seed(2)
    entry = keras.Input((frames, 8, 10, 3))
    x = layers.Rescaling(1 / 255)(entry)
    x = layers.TimeDistributed(layers.Conv2D(3, 3, name="conv"), name="each")(x)
    x = layers.TimeDistributed(layers.GlobalAveragePooling2D())(x)
    return keras.Model(entry, layers.Dense(3, activation="softmax")(layers.LSTM(4)(x)))


def made(model, arguments, folder, **options):
    model.save(folder / "film.keras")
    settings = make_settings(
        {"out": folder / "report", "sections": ["activations", "gradcam"], "no_cache": True,
         **options}
    )  # fmt: skip
    return build(
        str(folder / "film.keras"), [str(one) for one in arguments], settings, progress=Silent(),
        command="",
    ).report  # fmt: skip


def probabilities(report):
    return [one.probability for one in sorted(report.images[0].predictions, key=lambda p: p.index)]


def test_frames_are_evenly_spaced_in_the_order_of_their_numbers(tmp_path):
    clip = folder_of_frames(tmp_path / "clip", 12)
    found, _ = find_images([str(clip)])
    images, clips = find_clips([(one, one.path.name) for one in found], [str(clip)])
    assert [image.name for image, _ in images] == ["clip"]
    frames = clips[images[0][1]]
    assert [path.name for path, _ in frames.frames[:3]] == ["frame_0.png", "frame_1.png",
                                                            "frame_2.png"]  # fmt: skip
    assert [path.name for path, _ in frames.chosen(4)] == [
        "frame_1.png", "frame_4.png", "frame_7.png", "frame_10.png"
    ]  # fmt: skip
    assert frames.shown(4)[0].name == "frame_7.png"


def test_a_clip_of_as_many_frames_is_taken_whole_and_a_shorter_one_repeated(tmp_path):
    clip = Clip(tuple((tmp_path / str(at), 0) for at in range(3)))
    assert clip.chosen(3) == list(clip.frames)
    assert [path.name for path, _ in clip.chosen(6)] == ["0", "0", "1", "1", "2", "2"]


def test_class_folders_hold_clips(tmp_path):
    for name in ("run", "walk"):
        for number in (1, 2):
            folder_of_frames(tmp_path / "data" / name / f"clip{number}", 2)
    found, _ = find_images([str(tmp_path / "data")])
    images, clips = find_clips([(one, str(one.path)) for one in found], [str(tmp_path / "data")])
    assert [image.group for image, _ in images] == ["run", "run", "walk", "walk"]
    assert len(clips) == len({image.name for image, _ in images}) == 4


def test_each_frame_of_an_animation_is_decoded(tmp_path):
    path = animation(tmp_path / "a.gif", 5)
    assert count_frames(path) == 5
    for at in range(5):
        np.testing.assert_allclose(decode(path, frame=at).rgb, frame(at), atol=12)


@pytest.mark.slow
def test_a_clip_gives_what_keras_gives_for_its_frames(tmp_path):
    model = film()
    clip = folder_of_frames(tmp_path / "clip", 4)
    report = made(model, [clip], tmp_path, frames=True)
    wanted = model(np.stack([frame(at) for at in range(4)])[None].astype("float32"))
    np.testing.assert_allclose(probabilities(report), wanted[0], rtol=1e-4)
    assert not report.warnings
    (image,) = report.images
    assert (image.name, image.gradcam[0].status) == ("clip", "ok")
    shown = np.asarray(Image.open(tmp_path / "report" / image.photo))
    np.testing.assert_array_equal(shown, frame(2))
    conv = next(one for one in image.activations if one.layer == "each/conv")
    one = keras.Model(model.input, model.layers[2].output)
    values = one(np.stack([frame(at) for at in range(4)])[None].astype("float32"))[0, 2]
    np.testing.assert_allclose(conv.means, np.mean(values, (0, 1)), rtol=1e-3)


@pytest.mark.slow
def test_a_gif_is_a_clip(tmp_path):
    model = film(3)
    path = animation(tmp_path / "a.gif", 3)
    report = made(model, [path], tmp_path, frames=True)
    fed = np.stack([decode(path, frame=at).rgb for at in range(3)])
    wanted = model(fed[None].astype("float32"))
    np.testing.assert_allclose(probabilities(report), wanted[0], rtol=1e-4)


@pytest.mark.slow
def test_without_frames_a_picture_is_fed_as_equal_frames_and_that_is_said(tmp_path):
    model = film()
    Image.fromarray(frame(3)).save(tmp_path / "a.png")
    report = made(model, [tmp_path / "a.png"], tmp_path)
    wanted = model(np.stack([frame(3)] * 4)[None].astype("float32"))
    np.testing.assert_allclose(probabilities(report), wanted[0], rtol=1e-4)
    assert "4 identical frames" in " ".join(report.warnings)


def test_clips_need_a_network_that_takes_video(tmp_path):
    entry = keras.Input((8, 10, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 3)(entry))
    model = keras.Model(entry, layers.Dense(3, activation="softmax")(x))
    clip = folder_of_frames(tmp_path / "clip", 2)
    with pytest.raises(SettingsError, match="single images, not clips"):
        made(model, [clip], tmp_path, frames=True)


def test_what_is_for_single_images_is_refused():
    with pytest.raises(SettingsError, match="--trust"):
        make_settings({"frames": True, "trust": True})
