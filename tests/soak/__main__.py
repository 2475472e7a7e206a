"""``python -m tests.soak --seconds 600 [--exchanges N --from K]``: see the package."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.soak.load import NEEDED
from tests.soak.run import Found, soak
from tests.support import debian

OUTPUT = Path("build/soak.jsonl")


def main() -> int:
    """Exit code 1 when something grew, or a connection was sent away."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--exchanges", type=int, default=0, help="end after so many")
    parser.add_argument("--from", dest="first", type=int, default=0, help="first one")
    parser.add_argument("--idle", type=int, default=10_000, help="silent connections")
    parser.add_argument("--rate", type=float, default=1_000.0, help="a second, most")
    parser.add_argument("--state", type=Path, help="go on in this directory")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    given = parser.parse_args()
    missing = [package for package in NEEDED if not debian.have(package)]
    if missing:
        sys.stderr.write(f"the soak needs Debian's {' '.join(missing)}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="soak-") as temporary:
        found = soak(
            given.state or Path(temporary),
            seconds=given.seconds,
            exchanges=given.exchanges,
            first=given.first,
            idle=given.idle,
            rate=given.rate,
        )
    given.output.parent.mkdir(parents=True, exist_ok=True)
    with given.output.open("a") as file:
        file.write(json.dumps({"from": given.first, **found.plain()}) + "\n")
    _print(found, given.output)
    return 0 if found.flat else 1


def _print(found: Found, output: Path) -> None:
    to = Console(width=120)
    table = Table(box=None, header_style="bold")
    for column in ("process", "figure", "2nd quarter", "last quarter", "a minute"):
        table.add_column(column, justify="left" if column == "process" else "right")
    table.add_column("")
    for (role, what), each in sorted(found.series.items()):
        table.add_row(
            role,
            what.replace("_", " "),
            f"{each.first:,.1f}",
            f"{each.last:,.1f}",
            f"{each.a_minute:+,.2f}",
            "flat" if each.flat else "GREW",
        )
    to.print(table)
    parts = [json.loads(line) for line in output.read_text().splitlines()]
    rate = found.exchanges / found.seconds
    to.print(
        f"{found.exchanges:,} exchanges recorded of {found.served:,} served in "
        f"{found.seconds:,.0f} s ({rate:,.0f}/s); {found.idle_open:,} of "
        f"{found.idle:,} idle connections open; gaps {found.gaps or 'none'}; "
        f"the store {found.lag_ms / 1e3:.1f} s behind at the end"
    )
    total = sum(part["exchanges"] for part in parts)
    to.print(f"{total:,} exchanges in {len(parts)} parts in {output}")


if __name__ == "__main__":
    raise SystemExit(main())
