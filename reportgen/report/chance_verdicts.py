"""How the deletion and the insertion of a kind of map compare with those of random maps.

Every text and badge on this comparison rests on `against_chance`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reportgen.heatmap_methods import CAMS, CHANCE, CHANCE_PIXELS
from reportgen.records.trust import Trust, TrustMeasure
from reportgen.report.blocks import Badge
from reportgen.wording import number

Verdict = Literal["better", "uncertain", "no better"]

_BADGES: dict[Verdict, Badge] = {
    "better": Badge("better than random", "good"),
    "uncertain": Badge("not clearly better than random", "warn"),
    "no better": Badge("no better than random", "bad"),
}
_WORDS: dict[Verdict, str] = {
    "better": "better than random",
    "uncertain": "the difference is not certain",
    "no better": "no better than random",
}


@dataclass(frozen=True)
class AgainstChance:
    """The area of one test, 0..1, and those of random maps: their mean and where 95 % lie."""

    test: Literal["deletion", "insertion"]
    area: float
    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Better outside the interval on the good side; no better on the bad side of the mean.

        A small area is good in deletion, a large one in insertion.
        """
        sign = 1 if self.test == "deletion" else -1
        best = self.low if self.test == "deletion" else self.high
        if sign * (self.area - best) < 0:
            return "better"
        return "no better" if sign * (self.area - self.mean) > 0 else "uncertain"

    @property
    def badge(self) -> Badge:
        """The verdict in a table."""
        return _BADGES[self.verdict]

    @property
    def sentence(self) -> str:
        """The numbers, then the verdict: no capital, no full stop."""
        place = "below" if self.area < self.low else "above" if self.area > self.high else "inside"
        return (
            f"{self.test} {number(self.area)}, random mean {number(self.mean)}, {place} the"
            f" interval of 95 % of random maps ({number(self.low)} to {number(self.high)}):"
            f" {_WORDS[self.verdict]}"
        )


def against_chance(
    found: Trust, measure: TrustMeasure
) -> tuple[AgainstChance | None, AgainstChance | None]:
    """Deletion and insertion of a kind of map against random maps; None where one is unknown.

    The random maps have the resolution of the layer, or of the image for maps of single pixels.
    """
    name = CHANCE_PIXELS if CAMS[measure.method].of_image else CHANCE
    chance = next((candidate for candidate in found.measures if candidate.method == name), None)
    if chance is None:
        return None, None
    return (
        _compared(
            "deletion", measure.deletion_area, chance.deletion_area, chance.deletion_interval
        ),
        _compared(
            "insertion", measure.insertion_area, chance.insertion_area, chance.insertion_interval
        ),
    )


def _compared(
    test: Literal["deletion", "insertion"],
    area: float | None,
    mean: float | None,
    interval: list[float] | None,
) -> AgainstChance | None:
    if area is None or mean is None or interval is None:
        return None
    return AgainstChance(test, area, mean, *interval)


def chance_sentences(found: Trust) -> Iterator[str]:
    """A sentence for each kind of map: how its areas compare with those of random maps."""
    for measure in found.measures:
        if measure.method in CAMS:
            parts = [
                compared.sentence
                for compared in against_chance(found, measure)
                if compared is not None
            ]
            if parts:
                yield f"{CAMS[measure.method].title}: {'; '.join(parts)}."
