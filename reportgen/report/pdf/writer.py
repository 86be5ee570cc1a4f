"""The report as a PDF, made by Typst from the records and the pictures: never from a model."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
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
from reportgen.report.pdf.fill import Fits, Mark, better_fits
from reportgen.report.pdf.fonts import TEXT_FONTS, printable
from reportgen.report.pdf.pictures import PdfPictures
from reportgen.report.pdf.plates import put_plates
from reportgen.report.pdf.result import PDF_NAME, PdfResult
from reportgen.report.templates import find_templates

_MOST_PASSES = 5


def write_pdf(report: Report, folder: Path, *, paper: str = "a4") -> PdfResult:
    """Write `folder/report.pdf` from a report whose pictures lie in `folder`.

    `paper` is "a4" or "letter". Otherwise as `write_document`.
    """

    def content(pictures: PdfPictures, fonts: Sequence[str]) -> Document:
        return document(report, pictures, paper=paper, fonts=fonts)

    return write_document(folder, content)


def write_document(
    folder: Path, content: Callable[[PdfPictures, Sequence[str]], Document]
) -> PdfResult:
    """Write `folder/report.pdf`; its pictures lie in `folder`.

    The PDF is tagged and meets PDF/UA-1 where it can; the same content gives the same bytes on
    machines with the same fonts. A damaged picture has a placeholder that says why. `content`
    makes the document from the pictures and the families of fonts that are there. Raises
    OutputError when the file cannot be written or made.
    """
    try:
        with (
            tempfile.TemporaryDirectory(prefix=".pdf-", dir=folder) as scratch,
            PdfPictures(folder, Path(scratch)) as pictures,
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
    """Sets the pages: once to see how they fill, and again until none is nearly empty."""

    def __init__(
        self, content: Document, data: Mapping[str, Any], pictures: PdfPictures, fonts: typst.Fonts
    ) -> None:
        self.content = content
        self.scratch = pictures.scratch
        template = self.scratch / "report.typ"
        template.write_bytes((find_templates() / template.name).read_bytes())
        (self.scratch / "content.json").write_text(json.dumps(data), encoding="utf-8")
        # One compiler for all passes: each new one takes another hundred megabytes.
        self.compiler = typst.Compiler(template, root=pictures.folder, font_paths=fonts)

    def compile(self) -> tuple[bytes, tuple[str, ...]]:
        """The PDF's bytes, and warnings. Raises OutputError when Typst cannot make it."""
        fits: Fits | None = Fits()
        warning: tuple[str, ...] = ()
        for _ in range(_MOST_PASSES):
            if fits is None:
                break
            try:
                made = self._made(fits, accessible=not warning)
            except RuntimeError as error:
                reason = _first_line(error).removeprefix("PDF/UA-1 error: ")
                warning = (f"The PDF is not fully accessible (PDF/UA-1): {reason}.",)
                made = self._plain(fits)
            marks = [Mark(**one) for one in json.loads(self.compiler.query("<mark>", "value"))]
            fits = better_fits(marks, self.content, fits)
        return made, warning

    def _plain(self, fits: Fits) -> bytes:
        try:
            return self._made(fits, accessible=False)
        except RuntimeError as error:
            raise OutputError(f"Typst cannot make {PDF_NAME}: {_first_line(error)}.") from error

    def _made(self, fits: Fits, *, accessible: bool) -> bytes:
        made = self.compiler.compile(
            format="pdf",
            sys_inputs={"fits": json.dumps(asdict(fits))},
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
