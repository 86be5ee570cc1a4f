"""The report as a PDF, made by Typst from the records and the pictures: never from a model."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import typst

from reportgen.errors import OutputError
from reportgen.records.report import Report
from reportgen.report.pdf.bytes import saved
from reportgen.report.pdf.content import document
from reportgen.report.pdf.contexts import Document
from reportgen.report.pdf.extent import Extent, smaller_extents
from reportgen.report.pdf.fonts import TEXT_FONTS, printable
from reportgen.report.pdf.pictures import PdfPictures
from reportgen.report.pdf.plates import put_plates
from reportgen.report.pdf.result import PDF_NAME, PdfResult
from reportgen.report.templates import find_templates
from reportgen.wording import count

DEFAULT_EXTENT = Extent()


def write_pdf(
    report: Report,
    folder: Path,
    *,
    paper: str = "a4",
    extent: Extent = DEFAULT_EXTENT,
    most_bytes: int | None = None,
) -> PdfResult:
    """Write `folder/report.pdf` from a report whose pictures lie in `folder`.

    `paper` is "a4" or "letter"; `extent` says how much is shown. A PDF of more than `most_bytes` is
    made again with less; a warning says what it has, or that it is still too large. Otherwise as
    `write_document`.
    """
    for tried in smaller_extents(extent) if most_bytes else (extent,):
        content = partial(_content, report, paper, tried)
        result = write_document(folder, content, photo_side=tried.side)
        size = result.path.stat().st_size
        if most_bytes is None or size <= most_bytes:
            break
    warnings = list(result.warnings)
    if most_bytes is not None and size > most_bytes:
        warnings.append(
            f"{PDF_NAME} takes {size / 1e6:.1f} MB; it cannot be made smaller than --pdf-size."
        )
    elif tried != extent:
        warnings.append(f"To stay under --pdf-size, {PDF_NAME} {_less(extent, tried)}.")
    return PdfResult(result.path, tuple(warnings))


def _less(extent: Extent, tried: Extent) -> str:
    """What a smaller PDF has less of."""
    photos = f"photos of at most {tried.side} pixels"
    if tried == replace(extent, side=tried.side):
        return f"has {photos}"
    images = count(tried.images or 0, "image")
    return f"shows {images} in full, fewer feature maps and patterns, and {photos}"


def _content(
    report: Report, paper: str, extent: Extent, pictures: PdfPictures, fonts: Sequence[str]
) -> Document:
    return document(report, pictures, paper=paper, fonts=fonts, extent=extent)


def write_document(
    folder: Path,
    content: Callable[[PdfPictures, Sequence[str]], Document],
    *,
    photo_side: int | None = None,
) -> PdfResult:
    """Write `folder/report.pdf`; its pictures lie in `folder`.

    Photos have at most `photo_side` pixels either way.

    The PDF is tagged and meets PDF/UA-1 where it can; the same content gives the same bytes on
    machines with the same fonts. A damaged picture has a placeholder that says why. `content`
    makes the document from the pictures and the families of fonts that are there. Raises
    OutputError when the file cannot be written or made.
    """
    try:
        with (
            tempfile.TemporaryDirectory(prefix=".pdf-", dir=folder) as scratch,
            PdfPictures(folder, Path(scratch), photo_side) as pictures,
        ):
            return _write(content, pictures)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{PDF_NAME} cannot be written: {reason}.") from error


def _write(
    make: Callable[[PdfPictures, Sequence[str]], Document], pictures: PdfPictures
) -> PdfResult:
    fonts = typst.Fonts()
    families = [name for name in TEXT_FONTS if name in fonts.families()]
    content = make(pictures, families)
    data, missing = printable({**asdict(content), "moment": content.moment.timetuple()[:6]}, fonts)
    pictures.finish()
    setter = _Setter(content, data, pictures, fonts)
    made, warnings = setter.compile()
    path = pictures.folder / PDF_NAME
    path.write_bytes(_finished(made, pictures))
    return PdfResult(path, (*pictures.problems, *missing, *warnings))


class _Setter:
    """Sets the pages."""

    def __init__(
        self, content: Document, data: Mapping[str, Any], pictures: PdfPictures, fonts: typst.Fonts
    ) -> None:
        self.content = content
        template = pictures.scratch / "report.typ"
        template.write_bytes((find_templates() / template.name).read_bytes())
        (pictures.scratch / "content.json").write_text(json.dumps(data), encoding="utf-8")
        # One compiler for both tries: each new one takes another hundred megabytes.
        self.compiler = typst.Compiler(template, root=pictures.folder, font_paths=fonts)

    def compile(self) -> tuple[bytes, tuple[str, ...]]:
        """The PDF's bytes, and warnings. Raises OutputError when Typst cannot make it."""
        try:
            return self._made(accessible=True), ()
        except RuntimeError as error:
            reason = _first_line(error).removeprefix("PDF/UA-1 error: ")
        try:
            made = self._made(accessible=False)
        except RuntimeError as error:
            raise OutputError(f"Typst cannot make {PDF_NAME}: {_first_line(error)}.") from error
        return made, (f"The PDF is not fully accessible (PDF/UA-1): {reason}.",)

    def _made(self, *, accessible: bool) -> bytes:
        made = self.compiler.compile(
            format="pdf",
            timestamp=self.content.moment,
            pdf_standards=["ua-1"] if accessible else [],
        )
        if not isinstance(made, bytes):
            raise OutputError(f"Typst made no {PDF_NAME}.")
        return made


def _first_line(error: RuntimeError) -> str:
    return str(error).partition("\n")[0].strip().rstrip(".")


def _finished(made: bytes, pictures: PdfPictures) -> bytes:
    """The PDF with the pictures' own streams, the same bytes for the same content."""
    with pikepdf.open(BytesIO(made)) as pdf:
        # Typst states that no tag is suspect, which is what counts without a word (ISO 32000-1,
        # table 321), and which poppler's programs take for an error: they miss a name there.
        if "/MarkInfo" in pdf.Root and not pdf.Root.MarkInfo.get("/Suspects", True):
            del pdf.Root.MarkInfo["/Suspects"]
        put_plates(pdf, pictures.plates)
        return saved(pdf)
