"""The texts are in plain technical English: phrases that were replaced stay away."""

import re
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

BANNED = (
    *("you see", "is said", "are said", "taken for", "mistaken for", "surest", "likeliest"),
    *("speaks for", "speak for", "speaks against", "speak against", "came out as"),
    *("comes out as", "answers to", "answer to", "answers more", "fed by", "dreamt"),
    *("forgotten", "forgets", "no whole number", "of yours"),
    *("the sparser", "order of chance", "holds here", "what the network says"),
    *("what the network was given", "written anew"),
    *("no region of this image", "no region raises"),
)
"""In lower case. Better: misclassified, predicted class, most confident, responds to, untrained."""

ENDINGS = {".py", ".html", ".j2", ".typ", ".js", ".md", ".toml", ".txt"}
PLACES = ("reportgen", "templates", "examples", "README.md")


def texts() -> list[Path]:
    found = []
    for place in PLACES:
        path = REPOSITORY / place
        found += [path] if path.is_file() else sorted(path.rglob("*"))
    return [
        path
        for path in found
        if path.suffix in ENDINGS and path.is_file() and path.name != "imagenet_classes.txt"
    ]


def phrases_in(text: str) -> list[str]:
    """The banned phrases of a text, also where a line or a string literal divides them."""
    joined = re.sub(r'"\s*\n\s*f?"|\n\s*#?\s*', lambda found: " " if "\n" in found[0] else "", text)
    folded = re.sub(r"\s+", " ", joined).casefold()
    return [phrase for phrase in BANNED if re.search(rf"\b{re.escape(phrase)}\b", folded)]


def findings(paths: list[Path], look_for: Callable[[str], list[str]]) -> dict[str, list[str]]:
    """What is found in each file, by its path in the repository; files without are left out."""
    found = {
        path.relative_to(REPOSITORY).as_posix(): look_for(path.read_text(encoding="utf-8"))
        for path in paths
    }
    return {name: phrases for name, phrases in found.items() if phrases}


def test_no_text_has_a_banned_phrase() -> None:
    assert findings(texts(), phrases_in) == {}


def test_a_divided_phrase_is_found() -> None:
    assert phrases_in('say("It was taken"\n    f" for a cat")') == ["taken for"]
    assert phrases_in("# what is\n# said here") == ["is said"]
    assert phrases_in("mistaken form") == []


STRAIGHT = re.compile(r"""(?<![=\w({\[,+!/<])'\{[^'{}\n]*\}'|\{[^{}\n]*!r\}""")
"""A name in straight quotation marks in a message; names stand in “ ”."""

OF_CODE = {
    "reportgen/__init__.py",  # Python's own error of a module
    "reportgen/api/building.py",  # a call, as Python writes it
    "reportgen/ci/openmetrics.py",  # numbers
    "reportgen/ci/step_outputs.py",  # numbers
    "reportgen/inputs/model_files/naming.py",  # NAME=EXPR as a shell takes it
    "reportgen/pictures/charts/depth.py",  # an error for programmers
}


def test_messages_have_quotation_marks_of_one_kind() -> None:
    modules = [path for path in texts() if path.suffix == ".py" and "reportgen" in path.parts]
    found = findings(modules, STRAIGHT.findall)
    assert [
        name
        for name in found
        if name not in OF_CODE and not name.startswith("reportgen/report/notebook/")
    ] == []


def test_straight_quotation_marks_are_found() -> None:
    assert STRAIGHT.findall("""f"there is no file '{name}'\"""")
    assert STRAIGHT.findall('f"there is no file {name!r}"')
    assert not STRAIGHT.findall('f"there is no file “{name}”"')


def test_pages_have_quotation_marks_of_one_kind() -> None:
    assert findings(texts(), re.compile("[‘„«»‹›]").findall) == {}
