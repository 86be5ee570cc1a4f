"""Things of a report by name: a name that is not there is an error that lists near ones."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from reportgen.errors import ReportgenError


class UnknownNameError(ReportgenError, KeyError):
    """An image, a layer or a filter that the report does not have."""

    def __str__(self) -> str:
        """The sentence, not its quoted form as of a KeyError."""
        return str(self.args[0])


class Named(Mapping[str, Any]):
    """A mapping whose missing names are an error that lists near ones."""

    def __init__(self, names: Sequence[str], what: str, make: Callable[[str], Any]) -> None:
        self._names, self._what, self._make = list(names), what, make

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise unknown_name(name, self._names, self._what)
        return self._make(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def unknown_name(name: str, known: Sequence[str], what: str) -> UnknownNameError:
    """The error for a name that is not among the `known` ones; lists the nearest of them."""
    near = difflib.get_close_matches(name, known, 3) or list(known)[:3]
    listed = ", ".join(f"“{similar}”" for similar in near)
    return UnknownNameError(f"The report has no {what} “{name}”; it has {listed or 'none'}.")
