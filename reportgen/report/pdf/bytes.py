"""A finished PDF as bytes: the same for the same content."""

from datetime import UTC, datetime
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


def moment_of(created: str) -> datetime:
    """The time of the build; the beginning of Unix time where the report states none."""
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
