"""``make attribution-model SEEDS=10 EXCHANGES=50000``: no wrong name, over seeds.

The last line is the verdict; exit code 1 on anything wrong. ``--first`` starts
at another seed, so that a long run can be split.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.model import nodes
from tests.model.scoring import Verdict, run
from tests.support.embedded import running


def main() -> int:
    """Run the seeds, two at a time."""
    parser = argparse.ArgumentParser(prog="make attribution-model")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--exchanges", type=int, default=50_000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--nodes", type=int, default=1)
    given = parser.parse_args()
    if given.nodes > 1:
        return behind_a_balancer(given)
    total = Verdict()
    seeds = range(given.first, given.first + given.seeds)
    with ProcessPoolExecutor(given.processes) as pool:
        for seed, verdict in zip(
            seeds, pool.map(run, seeds, [given.exchanges] * len(seeds)), strict=True
        ):
            total.add(verdict)
            print(
                f"seed {seed}: {verdict.exchanges:,} exchanges, "
                f"{verdict.named:,} named, "
                f"{verdict.unknowable:,} that cannot be; wrong {verdict.wrong}, "
                f"missing {verdict.missing}, lost {verdict.lost}",
                flush=True,
            )
    for example in total.examples[:20]:
        print(example)
    reasons = ", ".join(f"{why} {n:,}" for why, n in total.reasons.most_common())
    print(f"nameless, rightly: {reasons}; lost or doubled: {total.lost}")
    print(
        f"wrong names: {total.wrong}; wrongly unattributed: {total.missing}; "
        f"exchanges: {total.exchanges}; seeds: {given.seeds}"
    )
    return 0 if total.clean else 1


def behind_a_balancer(given: argparse.Namespace) -> int:
    """The same over several nodes, asked through an embedded store."""
    total = Verdict()
    with TemporaryDirectory() as directory, running(Path(directory)) as embedded:
        for seed in range(given.first, given.first + given.seeds):
            store = embedded.store()
            total.add(nodes.run(seed, given.exchanges, store, given.nodes))
            store.close()
    for example in total.examples[:20]:
        print(example)
    print(
        f"{given.nodes} nodes, clocks {nodes.SKEW // nodes.SECOND} s apart: "
        f"views named {total.named:,}, by another node's login {total.later:,}; "
        f"taken back {total.taken_back:,}; lost or doubled: {total.lost}"
    )
    print(
        f"wrong names: {total.wrong}; wrongly unattributed: {total.missing}; "
        f"exchanges: {total.exchanges}; seeds: {given.seeds}"
    )
    return 0 if total.clean else 1


if __name__ == "__main__":
    sys.exit(main())
