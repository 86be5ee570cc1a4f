"""Pillow's settings for the whole process, while pictures are decoded in several threads.

Its limit of pixels, Python's warning filters, TIFF's decoder and the process's stderr are the same
for all threads. The first thread that decodes sets them and the last one puts them back; TIFFs,
whose settings differ from file to file, are decoded one at a time.
"""

import contextlib
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

one_at_a_time = threading.RLock()
"""Held while a TIFF or a very large picture is decoded."""

_changing = threading.Lock()
_decoding = 0
_earlier = contextlib.ExitStack()


@contextmanager
def pillow_settings(maximum_pixels: int) -> Iterator[None]:
    """Have Pillow refuse pictures of over twice so many pixels, and warn of nothing."""
    _enter(maximum_pixels)
    try:
        yield
    finally:
        _leave()


def _enter(maximum_pixels: int) -> None:
    global _decoding  # noqa: PLW0603 - the settings are those of the process
    with _changing:
        if not _decoding:
            _earlier.enter_context(warnings.catch_warnings())
            _earlier.callback(setattr, Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
            warnings.simplefilter("ignore")
            Image.MAX_IMAGE_PIXELS = 0
            Image.init()
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, maximum_pixels)
        _decoding += 1


def _leave() -> None:
    global _decoding  # noqa: PLW0603 - the settings are those of the process
    with _changing:
        _decoding -= 1
        if not _decoding:
            _earlier.close()


@contextmanager
def silent_libtiff() -> Iterator[None]:
    """Keep libtiff's C code from printing a line for every damaged row on the process's stderr.

    Only under `one_at_a_time`: another thread would put the wrong file back.
    """
    try:
        kept = os.dup(2)
    except OSError:  # a program without a console has no stderr
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
