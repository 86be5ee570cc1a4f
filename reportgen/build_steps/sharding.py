"""One shard of a report: its missing units are computed and kept, nothing is written."""

from dataclasses import dataclass
from typing import Any

from reportgen.build_steps.computing import scan_data_set
from reportgen.build_steps.context import BuildContext
from reportgen.build_steps.inputs import Inputs
from reportgen.build_steps.planning import (
    plan,
    plan_scan,
    with_telling_channels,
    without_telling_channels,
)
from reportgen.execution.runner import Failure, Plan
from reportgen.execution.shards import Shard


@dataclass
class ShardOutcome:
    """What became of a shard's units."""

    shard: Shard
    computed: int = 0
    failed: int = 0
    found: int = 0
    elsewhere: int = 0
    waiting: int = 0
    """Units of any shard that need others first: the last run computes them."""

    @property
    def text(self) -> str:
        """In one sentence."""
        parts = [f"{self.computed:,} computed", f"{self.found:,} found"]
        parts += [f"{self.failed:,} failed"] if self.failed else []
        parts += [f"{self.elsewhere:,} of other shards are missing"] if self.elsewhere else []
        if self.waiting:
            parts.append(f"{self.waiting:,} wait for others")
        return f"Shard {self.shard.number} of {self.shard.count}: units {', '.join(parts)}."


def compute_shard(context: BuildContext, inputs: Inputs, shard: Shard) -> ShardOutcome:
    """Compute the missing units of a shard.

    The images that get pages are known once a data set is scanned: their units are computed where
    all shards have finished the scan, else by the last run.
    """
    found = ShardOutcome(shard)
    scan = plan_scan(inputs.request(context))
    if not _computed(context, scan, found):
        return found
    inputs, _ = scan_data_set(context, inputs)
    request = inputs.request(context)
    planned = plan(request)
    telling = [_computed(context, part, found) for part in planned.telling]
    if all(telling):
        units = (unit for part in planned.telling for unit in part.units)
        seen = {unit.key: context.store.get(unit) for unit in units}
        planned = with_telling_channels(planned, request, seen)
    else:
        planned, waiting = without_telling_channels(planned, request)
        found.waiting += waiting
    for part in planned.after_telling:
        needed = part.needs is None or part.needs is scan or _computed(context, part.needs, found)
        if needed:
            _computed(context, part, found)
        else:
            found.waiting += len(part.units)
    return found


def _computed(context: BuildContext, part: Plan[Any], found: ShardOutcome) -> bool:
    """Compute what is missing of a plan in this shard; whether nothing of it is missing then."""
    store = context.store
    there = {unit.key for unit in part.units if store.get(unit)}
    missing = [unit for unit in part.units if unit.key not in there]
    own = [unit for unit in missing if found.shard.has(unit)]
    outcomes = context.run(Plan(part.analysis, own, part.needs))
    failed = sum(isinstance(outcome, Failure) for outcome in outcomes.values())
    found.found += len(there)
    found.failed += failed
    found.computed += len(own) - failed
    found.elsewhere += len(missing) - len(own)
    return len(missing) == len(own) and not failed
