"""The campaign: attacks with random seeds until the time is over.

python -m tests.faults --minutes 30
python -m tests.faults --attack kill --seed 123
"""

import argparse
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.attacks import ATTACKS, attack
from tests.faults.world import new_world


def main() -> int:
    """Run the campaign; the code is 1 when an attack found a fault."""
    words = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    words.add_argument("--minutes", type=float, default=30.0, help="how long new seeds are tried")
    words.add_argument("--seed", type=int, help="try this seed alone")
    words.add_argument("--attack", choices=sorted(ATTACKS), help="try this attack alone")
    given = words.parse_args()
    names = [given.attack] if given.attack else sorted(ATTACKS)
    end = time.monotonic() + 60 * given.minutes
    tried, failed = 0, 0
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as root:
        (Path(root) / "finished").mkdir()
        finished = new_world(Path(root) / "finished")
        if finished.build().code:
            print("The build itself fails.")
            return 1
        while True:
            seed = secrets.randbelow(10**9) if given.seed is None else given.seed
            for name in names:
                place = Path(root) / f"{name}-{seed}"
                try:
                    attack(name, seed, finished, place)
                except Exception as error:
                    failed += 1
                    print(f"FAILED  --attack {name} --seed {seed}: {error}", flush=True)
                shutil.rmtree(place, ignore_errors=True)
                tried += 1
                if time.monotonic() > end and given.seed is None:
                    break
            if given.seed is not None or time.monotonic() > end:
                break
    print(f"{tried} attacks, {failed} found a fault.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
