"""Which characters the installed fonts can show, and warnings about the others."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import typst

TEXT_FONTS = (
    "Libertinus Serif",
    "Noto Serif CJK SC",
    "Noto Sans CJK SC",
    "Source Han Serif SC",
    "Songti SC",
    "Hiragino Mincho ProN",
    "SimSun",
    "Yu Mincho",
    "Malgun Gothic",
    "Noto Naskh Arabic",
    "Noto Sans Arabic",
    "Geeza Pro",
    "Segoe UI",
    "DejaVu Sans",
    "Noto Color Emoji",
    "Apple Color Emoji",
    "Segoe UI Emoji",
)
"""Families tried in this order, where the machine has them; the first is inside Typst itself.

Typst falls back to any other font of the machine for what these lack.
"""

REPLACEMENT = "\N{WHITE SQUARE}"
"""Stands for what no font can show; it is in the fonts inside Typst."""

_HELP = {
    "CJK": "Noto Serif CJK",
    "HIRAGANA": "Noto Serif CJK",
    "KATAKANA": "Noto Serif CJK",
    "HANGUL": "Noto Serif CJK",
    "EMOJI": "Noto Color Emoji",
}
_RARE = re.compile(r"[^ -~\u00a0-\u017f\u2010-\u2026]")
# Control characters, lone surrogates, marks that would turn the text after them around, and that of
# byte order.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]"
)


def printable(content: Any, fonts: typst.Fonts) -> tuple[Any, list[str]]:
    """The content with every character that no font has replaced, and warnings naming the scripts.

    A glyph that is missing would be an empty box that says nothing to a screen reader, and PDF/UA
    forbids it.
    """
    cleaned = _mapped(content, partial(_UNPRINTABLE.sub, REPLACEMENT))
    clusters = sorted({cluster for text in _texts(cleaned) for cluster in _clusters(text)})
    missing = set(_missing(clusters, fonts))
    if not missing:
        return cleaned, []

    def shown(text: str) -> str:
        return "".join(REPLACEMENT if cluster in missing else cluster for cluster in _split(text))

    return _mapped(cleaned, shown), list(_warnings(missing))


def script_of(character: str) -> str:
    """The script of a character by the first word of its Unicode name, such as "CHEROKEE"."""
    if unicodedata.category(character) == "So" and ord(character) > 0x1F000:
        return "EMOJI"
    return unicodedata.name(character, "UNKNOWN").split()[0].split("-")[0]


def _warnings(missing: Iterable[str]) -> Iterator[str]:
    by_script: dict[str, list[str]] = {}
    for cluster in sorted(missing):
        by_script.setdefault(script_of(cluster[0]), []).append(cluster)
    for script, found in by_script.items():
        code = f"U+{ord(found[0][0]):04X}"
        many = f"{len(found)} characters" if len(found) > 1 else "1 character"
        name = script if script in ("CJK", "UNKNOWN") else script.capitalize()
        font = _HELP.get(script, f"Noto Sans {name}")
        yield (
            f"No font of this machine has {many} of the script {name} ({code}"
            f"{' and others' if len(found) > 1 else ''}); the PDF shows {REPLACEMENT} instead."
            f" A font such as {font} helps."
        )


def _split(text: str) -> list[str]:
    """The text cut into characters, each with the marks and joiners that belong to it."""
    parts: list[str] = []
    joined = False
    for character in text:
        mark = unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf")
        skin = 0x1F3FB <= ord(character) <= 0x1F3FF
        if parts and (mark or skin or joined):
            parts[-1] += character
        else:
            parts.append(character)
        joined = character == "\N{ZERO WIDTH JOINER}"
    return parts


def _clusters(text: str) -> Iterator[str]:
    if _RARE.search(text):
        yield from (cluster for cluster in _split(text) if _RARE.search(cluster))


def _missing(clusters: Sequence[str], fonts: typst.Fonts) -> list[str]:
    """Those that Typst cannot show, found by halving what cannot be set as a whole."""
    if not clusters or _can_be_set(clusters, fonts):
        return []
    if len(clusters) == 1:
        return list(clusters)
    half = len(clusters) // 2
    return _missing(clusters[:half], fonts) + _missing(clusters[half:], fonts)


def _can_be_set(clusters: Sequence[str], fonts: typst.Fonts) -> bool:
    import json

    source = (
        b'#set document(title: "probe")\n#set text(font: "Libertinus Serif")\n'
        b"#for one in json(bytes(sys.inputs.all)) [#one \\ ]"
    )
    try:
        typst.compile(source, font_paths=fonts, pdf_standards=["ua-1"], format="pdf",
                      sys_inputs={"all": json.dumps(clusters)})  # fmt: skip
    except RuntimeError:
        return False
    return True


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from _texts(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _texts(value)


def _mapped(content: Any, change: Any) -> Any:
    if isinstance(content, str):
        return change(content)
    if isinstance(content, dict):
        return {key: _mapped(value, change) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_mapped(value, change) for value in content]
    return content
