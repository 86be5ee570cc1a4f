"""What making a PDF gives, whichever engine makes it."""

from dataclasses import dataclass
from pathlib import Path

PDF_NAME = "report.pdf"


@dataclass(frozen=True)
class PdfResult:
    """The file that was written, and sentences on what is not in it as it should be."""

    path: Path
    warnings: tuple[str, ...]
