"""What a release changes in a checkout, before it is built: see `.github/RELEASING.md`.

python .github/release.py check v0.1.0
python .github/release.py address https://github.com/OWNER/NAME COMMIT
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FROM_CHECKOUT = "In a checkout of this repository, in a few minutes:\n\n    pip install .\n"
FROM_PYPI = "In a few minutes:\n\n    pip install keras-reportgen\n"


def version(root: Path) -> str:
    """The version that the package states."""
    text = (root / "reportgen" / "version.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    if not found:
        raise SystemExit("reportgen/version.py states no version.")
    return found[1]


def check(root: Path, tag: str) -> None:
    """Stop where a tag is not the version."""
    if tag != f"v{version(root)}":
        raise SystemExit(f"The tag {tag} is not v{version(root)}, the version of the package.")


def readme(text: str, address: str, commit: str) -> str:
    """README for PyPI: it installs from there, and links lead to the repository."""
    if FROM_CHECKOUT not in text:
        raise SystemExit("README does not say how to install from a checkout.")
    text = text.replace(FROM_CHECKOUT, FROM_PYPI)
    text = re.sub(r"(!\[[^\]]*\])\((?!https?:)([^)]+)\)", rf"\1({address}/raw/{commit}/\2)", text)
    return re.sub(r"\]\((?!https?:|#|mailto:)([^)]+)\)", rf"]({address}/blob/{commit}/\1)", text)


def metadata(text: str, address: str) -> str:
    """pyproject.toml with the addresses of the project."""
    urls = {
        "Repository": address,
        "Documentation": f"{address}#documentation",
        "Changelog": f"{address}/blob/main/CHANGELOG.md",
        "Issues": f"{address}/issues",
    }
    table = "".join(f'{name} = "{url}"\n' for name, url in urls.items())
    before, scripts, after = text.partition("[project.scripts]\n")
    if not scripts or "[project.urls]" in text:
        raise SystemExit("pyproject.toml has no [project.scripts], or [project.urls] already.")
    return f"{before}[project.urls]\n{table}\n{scripts}{after}"


def write_address(root: Path, address: str, commit: str) -> None:
    """Change README.md and pyproject.toml of a checkout."""
    for name, change in (
        ("README.md", lambda text: readme(text, address, commit)),
        ("pyproject.toml", lambda text: metadata(text, address)),
    ):
        file = root / name
        file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check", tag]:
            check(ROOT, tag)
        case ["address", address, commit]:
            write_address(ROOT, address, commit)
        case _:
            raise SystemExit(__doc__)
