"""What changed in the filters that both models have: their patterns and their weights."""

from collections.abc import Sequence

from reportgen.comparison.matching import LayerPair
from reportgen.records.comparison import Filters, KernelChange, PatternChange
from reportgen.records.filters import Filter, Kernel
from reportgen.records.report import Report

Key = tuple[str, int, str]
"""Layer, channel, method."""


def patterns_by_key(report: Report) -> dict[Key, Filter]:
    """The first pattern of each filter and method."""
    found: dict[Key, Filter] = {}
    for pattern in report.filters:
        found.setdefault((pattern.layer, pattern.channel, pattern.method), pattern)
    return found


def filters_of(a: Report, b: Report, layers: Sequence[LayerPair]) -> Filters | None:
    """The changes, in the order of the second model; None where there is nothing in both."""
    ours, theirs = patterns_by_key(a), patterns_by_key(b)
    paths = {pair.b.path: pair.a.path for pair in layers}
    order = {path: at for at, path in enumerate(paths)}
    both = sorted(
        (
            (ours[paths[path], channel, method], pattern)
            for (path, channel, method), pattern in theirs.items()
            if path in paths and (paths[path], channel, method) in ours
        ),
        key=lambda pair: (order[pair[1].layer], pair[1].channel, pair[1].method),
    )
    kernels = list(_kernels(a, b, layers))
    if not both and not kernels:
        return None
    changed = [
        _pattern(pattern, other)
        for pattern, other in both
        if (pattern.status == "ok") != (other.status == "ok")
    ]
    return Filters(patterns=len(both), changed=changed, kernels=kernels)


def _pattern(pattern: Filter, other: Filter) -> PatternChange:
    return PatternChange(
        layer_a=pattern.layer,
        layer_b=other.layer,
        channel=other.channel,
        method=other.method,
        kind="stopped" if pattern.status == "ok" else "began",
        status_a=pattern.status,
        status_b=other.status,
    )


def _kernels(a: Report, b: Report, layers: Sequence[LayerPair]) -> list[KernelChange]:
    ours, theirs = ({kernel.layer: kernel for kernel in report.kernels} for report in (a, b))
    return [
        _kernel(ours[pair.a.path], theirs[pair.b.path])
        for pair in layers
        if pair.a.path in ours and pair.b.path in theirs
    ]


def _kernel(kernel: Kernel, other: Kernel) -> KernelChange:
    pairs_a, pairs_b = ({(i, j) for i, j, _ in side.nearest} for side in (kernel, other))
    return KernelChange(
        layer_a=kernel.layer,
        layer_b=other.layer,
        near_duplicates_a=kernel.near_duplicates,
        near_duplicates_b=other.near_duplicates,
        # A list that ends at 100 pairs says nothing of those below.
        appeared=[pair for pair in other.nearest if pair[:2] not in pairs_a]
        if len(kernel.nearest) == kernel.near_duplicates
        else [],
        disappeared=[pair for pair in kernel.nearest if pair[:2] not in pairs_b]
        if len(other.nearest) == other.near_duplicates
        else [],
        newly_dead=sorted(set(other.dead) - set(kernel.dead)),
        no_longer_dead=sorted(set(kernel.dead) - set(other.dead)),
    )
