"""The two loads: wrk as fast as it can, and an open loop at a constant rate."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from dataclasses import dataclass, field

UNITS_US = {"us": 1.0, "ms": 1_000.0, "s": 1_000_000.0, "m": 60_000_000.0}


@dataclass(frozen=True, slots=True)
class WrkResult:
    """What wrk printed; latencies in milliseconds."""

    requests: int
    rps: float
    p50_ms: float
    p99_ms: float
    errors: str


def wrk(
    url: str, *, connections: int, seconds: float, close: bool = False
) -> WrkResult:
    """Run wrk with one thread and read its answer."""
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{int(seconds)}s",
        "--latency",
        "--timeout",
        "10s",
    ]
    if close:
        command += ["-H", "Connection: close"]
    printed = subprocess.run(
        [*command, url], capture_output=True, text=True, check=True
    ).stdout
    requests = re.search(r"(\d+) requests in", printed)
    rps = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    if requests is None or rps is None:
        raise RuntimeError(f"wrk said something else: {printed}")
    errors = [
        line.strip()
        for line in printed.splitlines()
        if "Socket errors" in line or "Non-2xx" in line
    ]
    return WrkResult(
        requests=int(requests[1]),
        rps=float(rps[1]),
        p50_ms=_percentile(printed, "50%"),
        p99_ms=_percentile(printed, "99%"),
        errors="; ".join(errors),
    )


def _percentile(printed: str, label: str) -> float:
    found = re.search(rf"^\s*{label}\s+([\d.]+)(us|ms|s|m)\s*$", printed, re.MULTILINE)
    return float(found[1]) * UNITS_US[found[2]] / 1000 if found else float("nan")


@dataclass(slots=True)
class OpenLoop:
    """Latencies in milliseconds, counted from when a request was *due*."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0

    def percentile(self, share: float) -> float:
        """The latency below which this share of the answers lies."""
        ordered = sorted(self.latencies)
        if not ordered:
            return float("nan")
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def open_loop(
    host: str,
    port: int,
    path: str,
    *,
    rate: float,
    seconds: float,
    connections: int = 16,
) -> OpenLoop:
    """Send requests at their due times, whatever the answers do.

    A request that finds every connection busy waits in a queue and its wait
    counts: that is what a user would feel.
    """
    result = OpenLoop()
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        "Cookie: JSESSIONID=0123456789ABCDEF\r\n\r\n"
    ).encode()
    due: asyncio.Queue[float | None] = asyncio.Queue()

    async def worker() -> None:
        stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while (at := await due.get()) is not None:
            try:
                if stream is None:
                    stream = await asyncio.open_connection(host, port)
                stream[1].write(request)
                await read_answer(stream[0])
                result.latencies.append((time.perf_counter() - at) * 1000)
            except (OSError, asyncio.IncompleteReadError, ValueError):
                result.failed += 1
                if stream is not None:
                    stream[1].close()
                stream = None
        if stream is not None:
            stream[1].close()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(worker())
        begun = time.perf_counter()
        for number in range(int(rate * seconds)):
            at = begun + number / rate
            wait = at - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            due.put_nowait(at)
        for _ in range(connections):
            due.put_nowait(None)
    return result


async def read_answer(reader: asyncio.StreamReader) -> int:
    """Read one response with a Content-Length; its body size."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])  # type: ignore[index]
    await reader.readexactly(length)
    return length
