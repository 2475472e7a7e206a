"""``make bench``: every path in one run, a table, and build/bench.json.

``--only NAME[,NAME]`` measures some paths; ``--seconds`` sets the length of the
saturated run; ``--part NAME`` what to run: paths, open-loop, wire, connections, gate,
attribution, extraction, ship, verify or all.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import (
    bench_attribution,
    bench_extraction,
    bench_shipper,
    bench_verify,
    peers,
    whosaw,
)
from tests.bench.page import LIST_PATH
from tests.bench.paths import Row, measure
from tests.bench.peers import Running
from tests.support import debian
from tests.support.certificates import Authority

ROOT = Path(__file__).parents[2]
NEEDED = ("wrk", "nginx", "libnginx-mod-http-lua")

Start = Callable[[Path, Running], "Iterator[tuple[Running, Callable[[int], int]]]"]


def _certificate(place: Path) -> tuple[Path, Path]:
    place.mkdir(parents=True, exist_ok=True)
    issued = Authority(place).issue("127.0.0.1")
    return issued.certificate, issued.key


@contextmanager
def _direct(_: Path, app: Running) -> Iterator[tuple[Running, Callable[[int], int]]]:
    yield app, lambda _: 0


def _nginx(**more: bool) -> Callable[..., object]:
    @contextmanager
    def start(
        place: Path, app: Running
    ) -> Iterator[tuple[Running, Callable[[int], int]]]:
        pair = _certificate(place) if more.get("tls") else None
        with peers.nginx_proxy(
            place, app, lua=more.get("lua", False), certificate=pair
        ) as running:
            # The log is written when its buffer is full, or nginx ends.
            yield running, lambda _: -1

    return start


@contextmanager
def _mitmproxy(
    place: Path, app: Running
) -> Iterator[tuple[Running, Callable[[int], int]]]:
    with peers.mitmproxy_addon(place, app) as running:
        yield running, lambda _: -1


def _whosaw(
    wires: int, selector: str = "regex", *, tls: bool = False
) -> Callable[..., object]:
    @contextmanager
    def start(
        place: Path, app: Running
    ) -> Iterator[tuple[Running, Callable[[int], int]]]:
        pair = _certificate(place) if tls else None
        with whosaw.sidecar(
            place / "sidecar", app, wires=wires, selector=selector, certificate=pair
        ) as running:
            yield running, lambda answered: running.settled(answered).exchanges

    return start


PATHS: dict[str, tuple[Callable[..., object], bool, str | None]] = {
    # name: (how to start it, Connection: close, another page)
    "direct": (_direct, False, None),
    "nginx": (_nginx(), False, None),
    "nginx-lua": (_nginx(lua=True), False, None),
    "whosaw-1": (_whosaw(1), False, None),
    "whosaw-2": (_whosaw(2), False, None),
    "whosaw-css": (_whosaw(1, "css"), False, None),
    "mitmproxy-addon": (_mitmproxy, False, None),
    "nginx-lua-tls": (_nginx(lua=True, tls=True), False, None),
    "whosaw-tls": (_whosaw(1, tls=True), False, None),
    "nginx-lua-close": (_nginx(lua=True), True, None),
    "whosaw-close": (_whosaw(1), True, None),
    "nginx-lua-list": (_nginx(lua=True), False, LIST_PATH),
    "whosaw-list": (_whosaw(1), False, LIST_PATH),
}


def run_paths(names: list[str], seconds: float) -> list[Row]:
    """Measure each path with an application of its own."""
    rows = []
    for name in names:
        start, close, path = PATHS[name]
        with tempfile.TemporaryDirectory(prefix="whosaw-bench-") as directory:
            place = Path(directory)
            with peers.application(place / "application") as app:
                with start(place / "path", app) as (running, recorded):  # type: ignore[attr-defined]
                    url = None
                    if path is not None:
                        url = running.url.split("/client/")[0] + path
                    row = measure(
                        name,
                        running,
                        app,
                        seconds=seconds,
                        recorded=recorded,
                        close=close,
                        url=url,
                    )
                if row.recorded < 0:  # the peer has ended, its log is complete
                    row.recorded = peers.lines(running.log)
        rows.append(row)
        sys.stderr.write(f"{name}: {row.rps_c32:,.0f} requests/s {row.errors}\n")
    return rows


def table(rows: list[Row]) -> Table:
    """The figures for people."""
    shown = Table(box=None, header_style="bold")
    for column in (
        "path",
        "requests/s c32",
        "p50 ms c1",
        "p99 ms c1",
        "CPU µs/exchange",
        "peak MiB",
        "answered",
        "recorded",
        "by process µs",
    ):
        justify = "left" if column in {"path", "by process µs"} else "right"
        shown.add_column(column, justify=justify)  # type: ignore[arg-type]
    for row in rows:
        shown.add_row(
            row.path,
            f"{row.rps_c32:,.0f}",
            f"{row.p50_ms_c1:.3f}",
            f"{row.p99_ms_c1:.3f}",
            f"{row.cpu_us_per_exchange:.0f}",
            f"{row.peak_rss_mib:.0f}",
            f"{row.answered:,}",
            f"{row.recorded:,}",
            " ".join(f"{k} {v:.0f}" for k, v in row.cpu_us_by_process.items()),
        )
    return shown


def ratios(rows: list[Row]) -> list[str]:
    """The figures the paths are judged by, each from this one run."""
    by = {row.path: row for row in rows}
    lines = []

    def rate(mine: str, peer: str, aim: float) -> None:
        if mine in by and peer in by:
            ratio = by[mine].rps_c32 / by[peer].rps_c32
            lines.append(f"{mine} / {peer}: {ratio:.2f}x requests/s (aim {aim}x)")

    def median(mine: str, peer: str, aim: float) -> None:
        if mine in by and peer in by:
            ratio = by[mine].p50_ms_c1 / by[peer].p50_ms_c1
            lines.append(f"{mine} / {peer}: {ratio:.2f}x p50 at 1 (aim at most {aim}x)")

    for mine in ("whosaw-1", "whosaw-2"):
        rate(mine, "mitmproxy-addon", 8)
        rate(mine, "nginx-lua", 0.6)
        median(mine, "nginx-lua", 1.5)
    rate("whosaw-css", "nginx-lua", 0.6)
    rate("whosaw-tls", "nginx-lua-tls", 0.4)
    rate("whosaw-close", "nginx-lua-close", 0.4)
    rate("whosaw-list", "nginx-lua-list", 0.6)
    return lines


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default=",".join(PATHS))
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--part", default="all")
    given = parser.parse_args()
    if given.part in {"all", "attribution"}:
        bench_attribution.main()
        if given.part == "attribution":
            return 0
    if given.part in {"all", "extraction"}:
        bench_extraction.main()
        if given.part == "extraction":
            return 0
    if given.part in {"all", "ship"}:
        bench_shipper.main(200_000)
        if given.part == "ship":
            return 0
    if given.part in {"all", "verify"}:
        bench_verify.main([])
        if given.part == "verify":
            return 0
    missing = [package for package in NEEDED if not debian.have(package)]
    if missing:
        sys.stderr.write(f"bench needs Debian's {' '.join(missing)}\n")
        return 2
    console = Console(width=200)
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    if given.part in {"all", "paths"}:
        rows = run_paths(given.only.split(","), given.seconds)
        (build / "bench.json").write_text(
            json.dumps([row.plain() for row in rows], indent=2) + "\n"
        )
        console.print(table(rows))
        for line in ratios(rows):
            console.print(line)
    if given.part in {"all", "wire"}:
        from tests.bench.wire import main as wire

        wire(console)
    if given.part in {"all", "connections"}:
        from tests.bench.connections import main as connections

        connections(console)
    if given.part in {"all", "gate"}:
        from tests.bench.gate import main as gate

        gate(console, given.seconds)
    if given.part in {"all", "open-loop"}:
        from tests.bench.open_loop import main as open_loop

        open_loop(console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
