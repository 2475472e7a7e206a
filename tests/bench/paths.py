"""One path, measured: speed, latency, CPU, memory, and whether all was recorded."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.bench import procfs
from tests.bench.load import wrk
from tests.bench.peers import Running, served


@dataclass(slots=True, kw_only=True)
class Row:
    """The figures of one path."""

    path: str
    rps_c32: float
    p50_ms_c1: float
    p99_ms_c1: float
    cpu_us_per_exchange: float
    peak_rss_mib: float
    answered: int
    recorded: int
    cpu_us_by_process: dict[str, float] = field(default_factory=dict)
    errors: str = ""

    def plain(self) -> dict[str, Any]:
        """For build/bench.json."""
        return {
            name: (round(value, 3) if isinstance(value, float) else value)
            for name in self.__slots__
            if not isinstance(value := getattr(self, name), dict)
            and not (isinstance(value, float) and math.isnan(value))
        } | {
            "cpu_us_by_process": {
                name: round(us, 1) for name, us in self.cpu_us_by_process.items()
            }
        }


def measure(
    name: str,
    running: Running,
    app: Running,
    *,
    seconds: float,
    recorded: Callable[[int], int],
    close: bool = False,
    url: str | None = None,
) -> Row:
    """Load one path and account for it.

    ``answered`` is what the application counted: a request that wrk gave up at
    the end was answered all the same. CPU per exchange is over the saturated run
    and counts the path's own processes, not wrk and not the application.

    Args:
        name: of the row.
        running: the path; its process tree is accounted.
        app: the application behind it.
        seconds: of the saturated run; half of it with one connection.
        recorded: given how many were answered, how many were recorded.
        close: send ``Connection: close``.
        url: instead of the path's own.
    """
    url = url or running.url
    wrk(url, connections=8, seconds=1, close=close)
    before = served(app)
    pids = procfs.tree(running.pid)
    cpu = procfs.by_name(pids)
    loaded = wrk(url, connections=32, seconds=seconds, close=close)
    spent = {key: used - cpu.get(key, 0) for key, used in procfs.by_name(pids).items()}
    exchanges = max(1, served(app) - before)
    single = wrk(url, connections=1, seconds=max(2, seconds // 2), close=close)
    answered = served(app)
    return Row(
        path=name,
        rps_c32=loaded.rps,
        p50_ms_c1=single.p50_ms,
        p99_ms_c1=single.p99_ms,
        cpu_us_per_exchange=sum(spent.values()) / exchanges,
        peak_rss_mib=sum(procfs.memory_mib(pid) for pid in pids),
        answered=answered,
        recorded=recorded(answered),
        cpu_us_by_process={key: used / exchanges for key, used in spent.items()},
        errors=loaded.errors or single.errors,
    )
