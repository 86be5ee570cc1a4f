"""What the user says of outputs with --head, and how an output is described."""

from collections.abc import Callable, Sequence

from reportgen.errors import ModelError
from reportgen.records.outputs import Head, Output, TensorInfo


def asked_kinds(
    heads: Sequence[str],
    names: Sequence[str],
    main: str,
    known: Callable[[str | None], str | None],
) -> dict[str, str]:
    """The kinds asked for, by output; of `heads` those without a name mean the output `main`.

    `known` gives the name of an output that the model calls otherwise. Raises ModelError for an
    output that is not there.
    """
    asked = {}
    for text in heads:
        name, equals, kind = text.rpartition("=")
        found = known(name) if equals else main
        if found not in names:
            listed = ", ".join(f"“{output}”" for output in names)
            raise ModelError(f"--head {text}: the model has no output “{name}”; it has {listed}.")
        asked[str(found)] = kind
    return asked


def described(tensor: TensorInfo, head: Head, *, explained: bool) -> Output:
    """The record of an output."""
    single = head.kind == "values" and head.units == 1
    numbered = [head.name] if single else [f"{head.name} {i}" for i in range(head.units)]
    return Output(
        **tensor.model_dump(),
        kind=head.kind,
        why=head.why,
        activation=head.activation,
        units=head.units,
        classes=head.classes,
        names=numbered if head.kind == "values" else [],
        explained=explained,
    )
