"""``python -m tests.detections_report``: prints the report of a seeded month."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.detections_report.report import report
from tests.support.embedded import running

if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--users", type=int, default=600)
    words.add_argument("--days", type=int, default=31)
    words.add_argument("--each", type=int, default=5, help="cases of each kind")
    words.add_argument("--seed", type=int, default=2021)
    words.add_argument("--verbose", action="store_true", help="every finding")
    given = words.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="whosaw-detections-") as directory,
        running(Path(directory)) as store,
    ):
        found = report(
            store.store(),
            users=given.users,
            days=given.days,
            each=given.each,
            seed=given.seed,
        )
    for finding in found.findings if given.verbose else ():
        sys.stdout.write(f"{finding.detection} {finding.actor} {finding.sentence}\n")
    sys.stdout.write("\n".join(found.lines()) + "\n")
