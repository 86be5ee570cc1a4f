"""Protocol buffers without their schema (protobuf.dev/programming-guides/encoding)."""

from collections.abc import Iterator

from reportgen.errors import ModelFileError


def fields(message: bytes, file_name: str) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) of one message: a whole number, or bytes for text and messages.

    Raises `ModelFileError` when the bytes are no message.
    """
    position = 0
    while position < len(message):
        key, position = _whole_number(message, position, file_name)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, position = _whole_number(message, position, file_name)
            yield number, value
            continue
        if kind == 2:
            length, position = _whole_number(message, position, file_name)
        elif kind in {1, 5}:
            length = 8 if kind == 1 else 4
        else:
            raise _damaged(file_name)
        if position + length > len(message):
            raise _damaged(file_name)
        yield number, message[position : position + length]
        position += length


def _whole_number(message: bytes, position: int, file_name: str) -> tuple[int, int]:
    value = shift = 0
    while position < len(message) and shift < 70:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise _damaged(file_name)


def _damaged(file_name: str) -> ModelFileError:
    return ModelFileError(f"{file_name} is damaged; copy or download it again.")
