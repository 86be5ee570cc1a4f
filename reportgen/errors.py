"""Every error that a user can meet: one sentence saying what is wrong, where, and what to do."""

from typing import Any


class ReportgenError(Exception):
    """An error with a message for the user; the command line prints it and exits with 1."""

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state: an error's constructor may take other arguments than its message."""
        return _restored, (type(self), self.args, dict(vars(self)))


def _restored(
    cls: type[ReportgenError], args: tuple[Any, ...], state: dict[str, Any]
) -> ReportgenError:
    error = cls.__new__(cls, *args)
    vars(error).update(state)
    return error


class SettingsError(ReportgenError):
    """An option or a key of the configuration file that cannot be used; exits with 2."""

    exit_code = 2


class ModelFileError(ReportgenError):
    """A model file that cannot be opened."""


class ModelError(ReportgenError):
    """A model that opened but does not hold what was asked of it (a layer, a class, an input)."""


class ImageError(ReportgenError):
    """An image that cannot be read, or no image at all."""


class UnreadableImageError(ImageError):
    """One image file that cannot be shown; `reason` says why, without the file's name or folder."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot be shown: {reason}")
        self.reason = reason


class OutputError(ReportgenError):
    """The output folder cannot be written or must not be replaced."""


class DamagedWorkError(OutputError):
    """Finished work that is no longer as it was kept."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"Finished work in {place} was damaged, or removed during the build: build again, what "
            "is missing is computed anew."
        )


class InputChangedError(ReportgenError):
    """A file of the user's that was written while the report was made from it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is being written: it changed while the report was made from it; build again "
            "when it is finished."
        )
        self.name = name


class DeviceError(ReportgenError):
    """The computing device that was asked for is not there."""


class NotebookError(ReportgenError):
    """The working notebook cannot be written, or one of its cells failed."""


class GatesFailedError(ReportgenError):
    """A gate that failed, once the report is written; exits with 3."""

    exit_code = 3


class BundleError(ReportgenError):
    """A report that cannot be bundled, or a bundle that cannot be trusted or read."""
