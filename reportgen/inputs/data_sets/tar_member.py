"""An image inside a tar archive, read where it lies: nothing is unpacked."""

import io
import os
import stat
import sys
from pathlib import Path
from typing import IO, Any, Self

if sys.platform == "win32":
    from pathlib import WindowsPath as _Base
else:
    from pathlib import PosixPath as _Base


class TarMember(_Base):
    """The path `archive/name`, which opens as the bytes of an archive's member.

    Its size is the member's, its times are the archive's: what changes the archive changes all of
    its members.

    Attributes:
        archive: the tar, without compression.
        offset, size: of the member's content in it, in bytes.

    """

    archive: Path
    offset: int
    size: int

    def __new__(cls, archive: Path, name: str, *_: int) -> Self:
        """Make the path as any other."""
        return super().__new__(cls, archive, name)

    def __init__(self, archive: Path, name: str, offset: int, size: int) -> None:
        if sys.version_info >= (3, 12):
            super().__init__(archive, name)
        self.archive, self.offset, self.size = archive, offset, size

    def with_segments(self, *segments: Any) -> Path:
        """Paths derived from this one, such as its parent, are no members."""
        return Path(*segments)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with the place in the archive."""
        name = self.relative_to(self.archive).as_posix()
        return TarMember, (self.archive, name, self.offset, self.size)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """A regular file of the member's size, with the archive's times. Raises OSError."""
        about = self.archive.stat(follow_symlinks=follow_symlinks)
        size = self.size if about.st_size >= self.offset + self.size else 0
        basic = (stat.S_IFREG | 0o444, 0, 0, 1, 0, 0, size, 0, 0, 0)
        times = {"st_mtime_ns": about.st_mtime_ns, "st_ctime_ns": about.st_ctime_ns}
        return os.stat_result(basic, times)

    def open(self, mode: str = "r", *_: Any, **__: Any) -> IO[Any]:  # type: ignore[override]
        """The member's bytes, read only. Raises OSError."""
        if mode != "rb":
            raise PermissionError(f"{self.name} lies in an archive, which is only read")
        with self.archive.open("rb") as file:
            file.seek(self.offset)
            return io.BytesIO(file.read(self.size))
