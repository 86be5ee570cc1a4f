"""A finished PDF as bytes: the same for the same content."""

from io import BytesIO

import pikepdf


def saved(pdf: pikepdf.Pdf) -> bytes:
    """The bytes of a PDF, its streams as they are and its identifier a digest of its content."""
    buffer = BytesIO()
    pdf.save(
        buffer,
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
    )
    return buffer.getvalue()
