"""From finished units to the records of decisions, with their pictures."""

from collections.abc import Mapping, Sequence
from math import isfinite

from reportgen.analysis.ascent.filters import FilterUnit, PatternData, kind_of
from reportgen.analysis.decisions import DecisionData, DecisionShares, DecisionUnit
from reportgen.analysis.feature_maps.grids import ActivationData
from reportgen.assembly.assembly import Assembly
from reportgen.execution.runner import Outcome
from reportgen.execution.store import Stored
from reportgen.records.decisions import ChannelShare, Decision, Decisions
from reportgen.records.linearity import is_linear_behind


def assemble_decisions(
    assembly: Assembly,
    names: Mapping[str, str],
    units: Sequence[DecisionUnit],
    outcomes: Mapping[str, Outcome],
    activations: Mapping[str, Outcome],
    patterns: Sequence[FilterUnit],
) -> Decisions | None:
    """The decisions on the images whose units succeeded; None where there is none.

    `names` are those of the images, `activations` their outcomes with the class scores, both by
    digest; `patterns` are the units of filter patterns.
    """
    if not units:
        return None
    layer = units[0].options.layer
    drawn = _patterns(assembly, layer, patterns, outcomes)
    decisions: list[Decision] = []
    for at, unit in enumerate(units):
        digest = unit.photo
        stored = assembly.usable(outcomes[unit.key], "decision on", names[digest])
        seen = activations.get(digest)
        if stored is None or not isinstance(seen, Stored):
            continue
        scores = seen.read(ActivationData).scores
        maker = _DecisionRecords(assembly, stored, names[digest], scores, drawn)
        found = stored.read(DecisionData).decisions
        decisions += [maker.decision(about, f"pictures/decisions/{at}") for about in found]
    if not decisions:
        return None
    exact = is_linear_behind(assembly.model, layer)
    return Decisions(layer=layer, exact=exact, images=len(names), decisions=decisions)


class _DecisionRecords:
    """The records of the decisions on one image."""

    def __init__(
        self,
        assembly: Assembly,
        stored: Stored,
        image: str,
        scores: Sequence[float],
        patterns: Mapping[int, str],
    ) -> None:
        self._assembly, self._stored, self._image = assembly, stored, image
        self._scores, self._patterns = scores, patterns

    def decision(self, about: DecisionShares, base: str) -> Decision:
        """The record of one score, or of the difference of two."""
        index, against = about.index, about.against
        labels = self._assembly.model.target_labels
        score = self._scores[index] - (0.0 if against is None else self._scores[against])
        return Decision(
            image=self._image,
            index=index,
            label=labels[index],
            against=against,
            against_label=None if against is None else labels[against],
            score=score if isfinite(score) else None,
            total=about.total,
            raising=about.raising,
            lowering=about.lowering,
            channels=about.channels,
            strongest=[self._share(k, value, base) for k, value in about.strongest],
            opposing=[self._share(k, value, base) for k, value in about.opposing],
        )

    def _share(self, channel: int, contribution: float, base: str) -> ChannelShare:
        name = f"channel-{channel}"
        return ChannelShare(
            channel=channel,
            contribution=contribution,
            picture=self._assembly.copy(self._stored, f"{name}.jpg", f"{base}/{name}"),
            pattern=self._patterns.get(channel),
        )


def _patterns(
    assembly: Assembly, layer: str, units: Sequence[FilterUnit], outcomes: Mapping[str, Outcome]
) -> dict[int, str]:
    """A pattern for each channel that has one: of the layer, or of the one that makes its channels.

    Fourier patterns are taken where there are both, since they are clearer in deep layers.
    """
    known = next(
        (candidate for candidate in assembly.model.layers if candidate.path == layer), None
    )
    sources = {layer, known.origin if known else None}
    found: dict[int, str] = {}
    for method in ("fourier", "classic"):
        for unit in units:
            stored, channel = outcomes.get(unit.key), unit.options.channel
            usable = (
                unit.options.layer in sources
                and kind_of(unit.options) == method
                and isinstance(stored, Stored)
                and stored.read(PatternData).status != "silent"
            )
            if usable and channel not in found and isinstance(stored, Stored):
                target = f"pictures/decisions/patterns/{channel}"
                found[channel] = assembly.copy(stored, "pattern.png", target)
    return found
