"""A small model, a few images and the program, as a process that may be killed at any moment."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 240.0
"""Seconds after which a build counts as hanging."""

_OPTIONS = ("--filters", "1", "--filter-method", "classic", "--filter-steps", "1",
            "--filter-size", "16", "--preprocess", "unit",
            "--sections", "activations,gradcam,evaluation")  # fmt: skip


class FaultError(AssertionError):
    """The program did what it must never do; the text says what."""


@dataclass(frozen=True)
class Done:
    """How a run of the program ended."""

    code: int
    said: str


@dataclass(frozen=True)
class World:
    """A folder with `model.keras` and `photos/`; `run` is the program in it."""

    folder: Path

    @property
    def model(self) -> Path:
        """The model's file."""
        return self.folder / "model.keras"

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start the program."""
        return subprocess.Popen(
            [sys.executable, "-m", "reportgen", *arguments],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": str(REPOSITORY),
                "SOURCE_DATE_EPOCH": "1700000000",
                "TF_CPP_MIN_LOG_LEVEL": "3",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def run(self, *arguments: str) -> Done:
        """Run it to its end; raises FaultError when it hangs or prints a traceback."""
        process = self.start(*arguments)
        try:
            said = process.communicate(timeout=PATIENCE)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise FaultError(f"it hangs: {' '.join(arguments)}") from None
        if "Traceback" in said or "Unexpected error" in said or process.returncode < 0:
            raise FaultError(f"it ended with {process.returncode}: {said[-1500:]}")
        if process.returncode and not said.strip():
            raise FaultError(f"it failed with {process.returncode} and said nothing")
        return Done(process.returncode, said)

    def build(self, *more: str, out: str = "report", cache: str = "cache") -> Done:
        """Build the report."""
        return self.run(*self.building(*more, out=out, cache=cache))

    def building(self, *more: str, out: str = "report", cache: str = "cache") -> tuple[str, ...]:
        """The words of a build."""
        return ("build", "model.keras", "photos", "-o", out, "--cache-dir", cache, *_OPTIONS, *more)

    def killed(self, seconds: float, *arguments: str) -> None:
        """Run the program and kill it after so many seconds, if it has not ended by itself."""
        process = self.start(*arguments)
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()

    def contents(self, folder: str = "report") -> dict[str, bytes]:
        """The files of a folder."""
        place = self.folder / folder
        return {
            path.relative_to(place).as_posix(): path.read_bytes()
            for path in sorted(place.rglob("*"))
            if path.is_file()
        }

    def whole(self, folder: str = "report") -> None:
        """Raise FaultError unless the report is as its list says."""
        done = self.run("verify", folder)
        if done.code:
            raise FaultError(f"{folder} is not whole: {done.said}")


def new_world(folder: Path) -> World:
    """A new world in an empty folder; its model has random weights of a fixed seed."""
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
            keras.layers.GlobalAveragePooling2D(name="mean"),
            keras.layers.Dense(2, activation="softmax", name="out"),
        ],
        name="small",
    )
    model.save(folder / "model.keras")
    model.save(folder / "model.h5")
    random = np.random.default_rng(0)
    for name in ("cats/a.png", "cats/b.jpg", "dogs/c.png"):
        (folder / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (20, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / name)
    return World(folder)


def copy_of(world: World, folder: Path) -> World:
    """The same world in another folder."""
    shutil.copytree(world.folder, folder, symlinks=True)
    return World(folder)
