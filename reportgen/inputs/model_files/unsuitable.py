"""Files that cannot hold a Keras model, recognised by their content and named for the user."""

import re

HEAD = 4096
"""How many bytes from a file's start `explain_unsuitable` wants to see."""

MODEL_FIRST = "Give the model first: reportgen build MODEL IMAGE..."

_MAGIC_NUMBERS: list[tuple[bytes, str]] = [
    (b"\x89PNG", f"an image (PNG), not a model. {MODEL_FIRST}"),
    (b"\xff\xd8\xff", f"an image (JPEG), not a model. {MODEL_FIRST}"),
    (b"GIF8", f"an image (GIF), not a model. {MODEL_FIRST}"),
    (b"%PDF", "a PDF document, not a model"),
    (b"\x1f\x8b", "a gzip archive; unpack it and give the model inside"),
    (b"Rar!", "a RAR archive; unpack it and give the model inside"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it and give the model inside"),
    (b"BZh", "a bzip2 archive; unpack it and give the model inside"),
    (b"\xfd7zXZ", "an xz archive; unpack it and give the model inside"),
    (b"\x93NUMPY", "a NumPy array; it holds no network"),
    (b"MATLAB", "a MATLAB file; reportgen opens Keras models only"),
]
_TAR = "a tar archive; unpack it and give the model inside"


def explain_unsuitable(head: bytes, size: int) -> str | None:
    """Say what a file is when it cannot hold a Keras model; None when it may.

    `head` is the file's first bytes (up to `HEAD`), `size` its length in bytes. The answer goes on
    with the sentence "NAME is ...".
    """
    if size == 0 or not head.strip(b"\0"):
        return "empty; copy or download it again"
    return _explain_magic(head) or _explain_model(head, size) or _explain_text(head)


def _explain_magic(head: bytes) -> str | None:
    for magic, explanation in _MAGIC_NUMBERS:
        if head.startswith(magic):
            return explanation
    return _TAR if head[257:262] == b"ustar" else None


def _explain_model(head: bytes, size: int) -> str | None:
    """Files of other frameworks."""
    if head[4:8] == b"TFL3":
        return "a TensorFlow Lite model, without Keras layers; give the model it was made from"
    if re.match(rb"\x80[\x02-\x05]", head):
        return (
            "a Python pickle (a PyTorch or scikit-learn file), which is never opened;"
            " reportgen opens Keras models only"
        )
    if re.match(rb".{8}\{\s*\"", head, re.DOTALL) and int.from_bytes(head[:8], "little") < size:
        return "a safetensors file: weights without a Keras network"
    if _looks_like_onnx(head):
        return "an ONNX model; reportgen opens Keras models only: give the model it was made from"
    return None


def _looks_like_onnx(head: bytes) -> bool:
    """An ONNX file starts with the field `ir_version` (1) and names its producer (2) soon after."""
    return bool(re.match(rb"\x08[\x01-\x20](\x12|:|B)", head)) and (
        head[2:3] == b"\x12" or b"onnx" in head.lower()
    )


def _explain_text(head: bytes) -> str | None:
    """Pages and pointers that are downloaded in place of a model."""
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        return "a Git LFS pointer, not the model itself; fetch the model with `git lfs pull`"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if start.startswith((b"<!doctype html", b"<html")) or (
        start.startswith(b"<") and b"<html" in head.lower()
    ):
        return (
            "a web page, not a model: the download gave an HTML page; download the file itself"
            " (the raw file, or the page's download button)"
        )
    if start.startswith(b"<?xml"):
        return "an XML document (often a server's error message), not a model; download it again"
    if start.startswith(b"model_checkpoint_path:"):
        return "the index of a TensorFlow checkpoint: weights without a Keras network"
    return None
