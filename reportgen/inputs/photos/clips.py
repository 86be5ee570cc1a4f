"""Clips: folders of frames and animated pictures, for networks that take video."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reportgen.inputs.photos.decode import count_frames
from reportgen.inputs.photos.images import ImageFile
from reportgen.printable import distinct, printable


@dataclass(frozen=True)
class Clip:
    """The frames of a clip in order, each a file and the number of the frame in it."""

    frames: tuple[tuple[Path, int], ...]

    def chosen(self, count: int) -> list[tuple[Path, int]]:
        """So many frames, evenly spaced; of a shorter clip some are taken several times."""
        have = len(self.frames)
        return [self.frames[(2 * at + 1) * have // (2 * count)] for at in range(count)]

    def shown(self, count: int) -> tuple[Path, int]:
        """The frame that stands for the clip: the middle one of those that are fed."""
        return self.chosen(count)[count // 2]


def find_clips(
    found: Sequence[tuple[ImageFile, str]], arguments: Sequence[str]
) -> tuple[list[tuple[ImageFile, str]], dict[str, Clip]]:
    """Files with their digests, with each folder of frames and each animated picture as one clip.

    A folder that an argument names, or one below it, is a clip where it holds pictures itself; a
    clip's class is named by the first folder above it. Pictures named one by one stay single. The
    clips come by their digests, which are made from those of the frames in their order.
    """
    folders = [Path(argument).resolve() for argument in arguments if Path(argument).is_dir()]
    left: list[tuple[ImageFile, str]] = []
    together: dict[Path, list[tuple[ImageFile, str]]] = {}
    clips: dict[str, Clip] = {}
    for image, digest in found:
        count = count_frames(image.path)
        inside = any(folder in image.path.resolve().parents for folder in folders)
        if count > 1:
            key = _digest([digest])
            clips[key] = Clip(tuple((image.path, at) for at in range(count)))
            left.append((image, key))
        elif inside:
            together.setdefault(image.path.parent, []).append((image, digest))
        else:
            left.append((image, digest))
    names = distinct([printable(folder.resolve().name) for folder in together])
    for name, frames in zip(names, together.values(), strict=True):
        frames.sort(key=lambda pair: _natural(pair[0].path.name))
        key = _digest([digest for _, digest in frames])
        clips[key] = Clip(tuple((image.path, 0) for image, _ in frames))
        left.append((_as_clip(frames[0][0], name), key))
    return left, clips


def keyed(clips: Mapping[str, Clip], count: int) -> dict[str, str]:
    """For each clip's digest one that also says how many frames are fed."""
    return {digest: _digest([digest, str(count)]) for digest in clips}


def _as_clip(first: ImageFile, name: str) -> ImageFile:
    place = first.place[:-1]
    return replace(first, name=name, place=place, group=place[0] if place else None)


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(["clip", *parts]).encode()).hexdigest()


def _natural(name: str) -> list[tuple[int, int, str]]:
    """A key by which frame 2 comes before frame 10."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in re.split(r"(\d+)", name)
        if part
    ]
