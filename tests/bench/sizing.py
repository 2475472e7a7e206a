"""How large a sidecar and its store must be: ``python -m tests.bench.sizing``.

From figures that were measured, printed as the table of docs/sizing.md:

* processor time and memory from ``build/bench.json`` (``make bench``): the path
  ``whosaw-list``, a page of ten records read by CSS, the dearest that is measured;
* bytes a view from ``build/bench-store.json`` (``make bench-store``);
* bytes an event in the journal and an exchange in the store: measured here, on rows
  of 300 accounts whose pages, sizes, times and durations vary as traffic does.

What an advisor does in a day is an assumption and stands beside the table.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proxy.events import Actor, Extraction, Strength, encode
from tests.support.embedded import running
from tests.support.rows import NOON_NS, exchange
from tests.support.sealing import sealing

ADVISORS = (100, 1_000, 5_000, 16_000)
EXCHANGES = 1_200
"""Of an advisor in a day: 150 pages of eight requests, six of them ignored files."""
VIEWS = 440
"""Records shown to an advisor in a day: 40 opened, ten lines of lists for each."""
WORKING_DAYS = 250
PEAK = 0.2
"""Of a day's exchanges in its busiest hour."""
HEADROOM = 2.0
"""A busy minute in the busiest hour, and room to catch up after an outage."""
ROWS = 200_000
_BATCH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the table rests on."""

    cpu_us: float
    """Processor time an exchange, wire and recorder."""
    memory_mib: float
    """Peak of all processes."""
    journal_bytes: float
    """An event."""
    exchange_bytes: float
    """A row of ``exchanges`` in the store."""
    view_bytes: float
    """A row of ``views`` in the store, both access paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What so many advisors need."""

    advisors: int
    peak_per_s: float
    """Exchanges in a second of the busiest hour."""
    cores: float
    journal_gib_day: float
    """While the store is away."""
    store_gib_year: float


def size(advisors: int, found: Measured) -> Size:
    """The arithmetic; pure."""
    peak = advisors * EXCHANGES * PEAK / 3600
    day = advisors * (EXCHANGES + VIEWS) * found.journal_bytes
    year = (
        advisors
        * WORKING_DAYS
        * (EXCHANGES * found.exchange_bytes + VIEWS * found.view_bytes)
    )
    return Size(
        advisors=advisors,
        peak_per_s=peak,
        cores=peak * found.cpu_us / 1e6 * HEADROOM,
        journal_gib_day=day / 2**30,
        store_gib_year=year / 2**30,
    )


def lines(sizes: Sequence[Size], found: Measured) -> list[str]:
    """The table, and what it rests on, as Markdown."""
    columns = (
        "advisors",
        "exchanges/s, busiest hour",
        "cores for wires and recorder",
        "journal a day without store",
        "ClickHouse a year",
    )
    head = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    body = [
        f"| {each.advisors:,} | {each.peak_per_s:,.0f} | {each.cores:.2f} "
        f"| {each.journal_gib_day:.2f} GiB | {each.store_gib_year:,.1f} GiB |"
        for each in sizes
    ]
    rests = (
        f"{found.cpu_us:.0f} µs of processor time an exchange, {found.memory_mib:.0f} "
        f"MiB of memory at the peak, {found.journal_bytes:.0f} bytes an event in the "
        f"journal, {found.exchange_bytes:.0f} an exchange and {found.view_bytes:.0f} a "
        "view in the store"
    )
    return [*head, *body, "", f"It rests on: {rests}."]


def measured(build: Path) -> Measured:
    """The figures of other benchmarks, and those that are measured here.

    Raises:
        SystemExit: one of those has not been run.
    """
    paths = _read(build / "bench.json", "make bench")
    store = _read(build / "bench-store.json", "make bench-store")
    row = next(each for each in paths if each["path"] == "whosaw-list")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with running(place / "store") as served, sealing(place / "sidecar") as line:
            client = served.store()
            for batch in _traffic(ROWS):
                line.record(batch)
            journal = sum(
                each.stat().st_size
                for each in (place / "sidecar").rglob("*")
                if each.is_file()
            )
            line.sealer.period()
            line.ship(client)
            client.command("OPTIMIZE TABLE exchanges FINAL")
            ((exchange_bytes,),) = client.query(
                "SELECT sum(bytes_on_disk) / sum(rows) FROM system.parts WHERE active "
                "AND table = 'exchanges' AND database = {database:String}",
                {"database": client.settings.database},
            ).rows
            client.close()
    return Measured(
        cpu_us=row["cpu_us_per_exchange"],
        memory_mib=row["peak_rss_mib"],
        journal_bytes=journal / ROWS,
        exchange_bytes=float(exchange_bytes),
        view_bytes=store["bytes_per_view"],
    )


def _traffic(number: int) -> Iterator[list[bytes]]:
    """Exchanges of an office, in batches: one page in eight shows records."""
    chance = random.Random(7)
    at = NOON_NS
    for begin in range(0, number, _BATCH):
        bodies = []
        for n in range(begin, begin + _BATCH):
            account = chance.randrange(300)
            shows = n % 8 == 0
            at += int(chance.expovariate(1 / 15e6))
            took = int(chance.lognormvariate(18, 1))
            page = chance.randrange(12) if shows else chance.randrange(150)
            event = exchange(
                connection=n // 40,
                request_offset=n % 40 * 700 + chance.randrange(200),
                started_ns=at,
                ended_ns=at + took,
                monotonic_ns=at - NOON_NS,
                path=f"/page/{page}/{{}}" if shows else f"/static/{page}",
                rule=f"page_{page}" if shows else "",
                request_bytes=chance.randint(400, 1_400),
                response_bytes=int(chance.lognormvariate(9, 1.2)),
                content_type="text/html" if shows else "application/javascript",
                client_address=f"10.0.{account // 250}.{account % 250}",
                actor=Actor(
                    name=f"account{account}",
                    on_wire=f"ACCOUNT{account}",
                    scheme="form",
                    strength=Strength.CONFIRMED,
                    binding=f"{account:x}-{n // 400:x}-{account * 131:x}",
                    session=f"{account * 2654435761 % 2**64:016x}",
                ),
                extraction=Extraction.RECORDED
                if shows
                else Extraction.NOTHING_EXPECTED,
                views=chance.randrange(1, 12) if shows else 0,
                context=(),
            )
            bodies.append(encode(event))
        yield bodies


def _read(path: Path, command: str) -> Any:
    if not path.exists():
        sys.exit(f"{path} is not there: run {command} first")
    return json.loads(path.read_text())


def main() -> None:
    """Measure and print."""
    found = measured(Path("build"))
    sizes = [size(advisors, found) for advisors in ADVISORS]
    sys.stdout.write("\n".join(lines(sizes, found)) + "\n")


if __name__ == "__main__":
    main()
