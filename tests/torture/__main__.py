"""``python -m tests.torture --runs 1000 --from 1``: see the package.

A line of JSON per run is appended to ``build/torture.jsonl``; a run that found
something leaves its directory, with the processes' own words, for a person.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.torture.judge import summary
from tests.torture.run import Result, Run, Stand

OUTPUT = Path("build/torture.jsonl")


def run(seeds: range, directory: Path, output: Path | None) -> list[Result]:
    """Do these runs one after the other, on one store."""
    results: list[Result] = []
    with Stand(directory) as stand:
        for seed in seeds:
            before = time.monotonic()
            result = asyncio.run(Run(stand, seed).run())
            results.append(result)
            if output is not None:
                _append(output, result, time.monotonic() - before)
    return results


def _append(output: Path, result: Result, seconds: float) -> None:
    plan = result.plan
    line = {
        "seed": plan.seed,
        "steps": [str(step) for step in plan.steps],
        "wires": plan.wires,
        "closed": plan.closed,
        **asdict(result.verdict),
        **result.figures,
        "seconds": round(seconds, 2),
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("a") as file:
        file.write(json.dumps(line) + "\n")
    if not result.verdict.clean:
        print(f"seed {plan.seed}: {'; '.join(line['steps'])}")
        for example in result.verdict.examples:
            print(f"  {example}")
        sys.stdout.flush()


def main() -> int:
    """Exit code 1 when anything was found."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.torture", description=__doc__
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--from", dest="first", type=int, default=1, help="first seed")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="torture-"))
    results = run(
        range(arguments.first, arguments.first + arguments.runs),
        directory,
        arguments.output,
    )
    verdicts = [result.verdict for result in results]
    clean = all(verdict.clean for verdict in verdicts)
    if clean:
        shutil.rmtree(directory)
    else:
        print(f"what was found lies in {directory}")
    print(summary(verdicts))
    return 0 if clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
