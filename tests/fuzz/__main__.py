"""``make fuzz INPUTS=1000000``: mutated traffic, no crash, no hang, flat memory.

The last line is the verdict; exit code 1 on anything found. ``--only TARGET`` takes
one of the targets, ``--again NUMBER`` plays one input of it and lets it raise.
"""

from __future__ import annotations

import argparse
import os
import sys

from tests.fuzz.run import TARGETS, Verdict, one, run

_TELL_EVERY = 50_000


def main() -> int:
    """Run the inputs."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", choices=TARGETS)
    parser.add_argument("--again", type=int)
    given = parser.parse_args()
    names = [given.only] if given.only else list(TARGETS)
    if given.again is not None:
        one(names[0], given.seed, given.again)
        return 0
    told = 0

    def tell(total: Verdict) -> None:
        nonlocal told
        if total.inputs.total() - told >= _TELL_EVERY:
            told = total.inputs.total()
            print(f"{told:,} inputs, {len(total.failures)} found", flush=True)

    verdict = run(given.inputs, given.seed, given.processes, names, tell)
    for failure in verdict.failures[:20]:
        print(failure)
    print(f"{verdict.line()}; seed {given.seed}, {given.processes} processes")
    return 0 if verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main())
