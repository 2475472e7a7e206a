"""What the tap link and the recorder cost, µs of CPU per DATA frame or exchange.

``python -m tests.bench.bench_recorder``: a client's page of 10 kB per exchange, a rule
that finds its id by regex, 32 connections, kept alive.
"""

from __future__ import annotations

import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import uvloop

from proxy.app.lifetime import spare_collections
from proxy.attribution.sessions import Sessions
from proxy.clock import SystemClock
from proxy.connection_context import ConnectionContext
from proxy.exchange.framing import ConnectionParser
from proxy.exchange.model import Exchange
from proxy.journal import Journal
from proxy.pipeline import Keys, Pipeline
from proxy.recorder import Limits, Recorder, RecorderSettings
from proxy.recorder.assembly import Assembly
from proxy.recorder.committer import Committer
from proxy.ruleset import RuleSet, load
from proxy.taplink import TapLink
from proxy.tapstream import FrameDecoder, Kind, Opened, Tap, pack
from tests.bench.page import client_page
from tests.support.frames import Conversation, hello
from tests.support.journals import MemoryJournal
from tests.support.recorders import ListeningRecorder

CONNECTIONS = 32
ROUNDS = 100

RULES = b"""
application: sonar
session: {cookie: SID}
login:
  - form: {request: "POST /login", user: form.user}
    confirmed_when: {status: 302, set_cookie: {SID: changed}}
records:
  search:
    request: "GET /clients"
    action: search
    each: {regex: 'data-id="(?P<id>[0-9]{6})"'}
    subject: {type: client, id: group.id}
"""

REQUEST = (
    b"GET /clients?name=jansen HTTP/1.1\r\nHost: sonar.example\r\n"
    b"Cookie: SID=0123456789abcdef0123456789abcdef\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101\r\n"
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    b"Accept-Language: nl,en-US;q=0.7,en;q=0.3\r\nAccept-Encoding: gzip, deflate\r\n"
    b"Connection: keep-alive\r\nReferer: http://sonar.example/search\r\n\r\n"
)
LOGIN = (
    b"POST /login HTTP/1.1\r\nHost: sonar.example\r\nContent-Length: 9\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nuser=anna"
)
LOGGED_IN = (
    b"HTTP/1.1 302 Found\r\nLocation: /home\r\nContent-Length: 0\r\n"
    b"Set-Cookie: SID=0123456789abcdef0123456789abcdef; Path=/\r\n\r\n"
)
PAGE = client_page()
RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Content-Length: %d\r\n\r\n" % len(PAGE)
) + PAGE


def rules() -> RuleSet:
    """The rule set of the benchmark."""
    loaded = load(RULES, "bench.yaml")
    assert isinstance(loaded, RuleSet), loaded
    return loaded


def pipeline() -> Pipeline:
    """A fresh one."""
    keys = Keys(session=b"s" * 32, subject=b"p" * 32, subject_key_id=1)
    return Pipeline(rules(), Sessions(), keys)


def timed(name: str, action: Callable[[], object], per: int) -> float:
    """Run once; print and return CPU µs per piece."""
    start = time.process_time()
    action()
    micros = (time.process_time() - start) / per * 1e6
    print(f"{name:58} {micros:8.2f} µs")
    return micros


def stream() -> bytes:
    """Frames of all exchanges, as a socket gives them."""
    parts: list[bytes] = []
    talks = [Conversation(number) for number in range(1, CONNECTIONS + 1)]
    now = 1_000

    def put(talk: Conversation, up: bool, data: bytes) -> None:
        frame = talk.data(up, data, now)
        parts.append(pack(Kind(frame.kind), *frame[1:4], frame.payload))

    for talk in talks:
        frame = talk.open(now)
        parts.append(pack(Kind.OPEN, *frame[1:4], frame.payload))
    put(talks[0], True, LOGIN)
    put(talks[0], False, LOGGED_IN)
    for _ in range(ROUNDS):
        for talk in talks:
            now += 1_000
            put(talk, True, REQUEST)
            put(talk, False, RESPONSE)
    return b"".join(parts)


class Output(Committer):
    """The committer with nobody to commit: encoding is measured too."""

    def forget(self, *_: object) -> None:
        """Nothing is forgotten here."""


async def link_cost() -> None:
    """Per DATA call, and per flush of it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "tap.sock"
        async with ListeningRecorder(path):
            link = TapLink(path, 1)
            task = asyncio.get_running_loop().create_task(link.run())
            while not link.live:
                await asyncio.sleep(0.001)
            opened = Opened(application="sonar", client=("192.0.2.1", 1))
            taps = [link.opened(opened, 1) for _ in range(CONNECTIONS)]
            sizes = [[0, 0] for _ in taps]
            called = flushed = 0.0
            for _ in range(ROUNDS * 2):
                start = time.perf_counter()
                now = time.monotonic_ns()
                for tap in taps:
                    tap.data(True, REQUEST, now)
                    tap.data(False, RESPONSE, now)
                middle = time.perf_counter()
                await asyncio.sleep(0)
                flushed += time.perf_counter() - middle
                called += middle - start
                await asyncio.sleep(0.001)
                for number, size in enumerate(sizes, start=1):
                    size[0] += len(REQUEST)
                    size[1] += len(RESPONSE)
                    link.tracked[number].commit(*size)
            count = ROUNDS * 2 * CONNECTIONS * 2
            print(f"{'taplink: one DATA call':58} {called / count * 1e6:8.2f} µs")
            share = flushed / count * 1e6
            print(f"{'taplink: its share of the flush':58} {share:8.2f} µs")
            task.cancel()


async def recorder_cost() -> None:
    """The parts of the recorder's path, then the whole."""
    data, count = stream(), ROUNDS * CONNECTIONS
    chunks = [data[i : i + 262144] for i in range(0, len(data), 262144)]

    def decode() -> None:
        decoder = FrameDecoder()
        for chunk in chunks:
            decoder.feed(chunk)

    exchanges: list[Exchange] = []

    def parse() -> None:
        parser = ConnectionParser()
        for _ in range(count):
            parser.data(True, REQUEST, 1)
            for item in parser.data(False, RESPONSE, 2):
                assert isinstance(item, Exchange)
                exchanges.append(item)

    def decide() -> None:
        pipe = pipeline()
        context = ConnectionContext(
            application="sonar",
            wire=1,
            connection=1,
            client_address="192.0.2.9",
            wall_minus_monotonic_ns=0,
        )
        for exchange in exchanges:
            pipe.finish(pipe.observe(context, exchange))

    def whole() -> None:
        clock = SystemClock()
        output = Output(MemoryJournal(), clock, Limits(), lambda _: None)
        assembly = Assembly({"sonar": pipeline()}, output)
        source = assembly.connected(hello())
        decoder = FrameDecoder()
        for chunk in chunks:
            assembly.feed(source, decoder.feed(chunk))
        assert assembly.figures.exchanges == count + 1
        assert assembly.figures.views == count

    timed("recorder: frames decoded, per exchange", decode, count)
    parsing = timed("exchange: parsing", parse, count)
    deciding = timed("pipeline: attribution and a view by regex", decide, count)
    everything = timed("recorder: all of it, events encoded", whole, count)
    own = everything - parsing - deciding
    print(f"{'recorder: own share, decoding and encoding in it':58} {own:8.2f} µs")


def _record(socket_path: str, journal_path: str, figures: object) -> None:
    """A recorder process; puts its CPU time on the queue when it ends."""
    journal = Journal.open(Path(journal_path), "bench", clock=SystemClock())
    spare_collections()

    async def record() -> None:
        stop = asyncio.Event()
        settings = RecorderSettings(
            socket_path=Path(socket_path),
            applications={"sonar": pipeline()},
            journal=journal,
        )
        recorder = Recorder(settings)

        async def wait_for_all() -> None:
            while recorder.assembly.figures.exchanges < ROUNDS * CONNECTIONS + 1:
                await asyncio.sleep(0.01)
            while recorder.status()["pending_events"]:
                await asyncio.sleep(0.01)
            stop.set()

        async with asyncio.TaskGroup() as group:
            group.create_task(wait_for_all())
            group.create_task(recorder.run(stop))
        usage = resource.getrusage(resource.RUSAGE_SELF)
        figures.put(  # type: ignore[attr-defined]
            (usage.ru_utime + usage.ru_stime - before, recorder.committer.commits)
        )

    usage = resource.getrusage(resource.RUSAGE_SELF)
    before = usage.ru_utime + usage.ru_stime
    uvloop.run(record())
    journal.close()


async def process_cost() -> None:
    """A recorder process of its own with a journal on disk."""
    context = get_context("spawn")
    figures = context.Queue()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "tap.sock"
        process = context.Process(
            target=_record,
            args=(os.fspath(path), os.fspath(Path(directory) / "journal"), figures),
        )
        process.start()
        link = TapLink(path, 1)
        task = asyncio.get_running_loop().create_task(link.run())
        while not link.live:
            await asyncio.sleep(0.01)
        opened = Opened(application="sonar", client=("192.0.2.1", 1))
        taps = [link.opened(opened, time.monotonic_ns()) for _ in range(CONNECTIONS)]

        def say(tap: Tap, up: bool, data: bytes) -> None:
            tap.data(up, data, time.monotonic_ns())

        say(taps[0], True, LOGIN)
        say(taps[0], False, LOGGED_IN)
        for _ in range(ROUNDS):
            for tap in taps:
                say(tap, True, REQUEST)
                say(tap, False, RESPONSE)
                while link.backlog.size > 200_000:
                    await asyncio.sleep(0.0005)
            await asyncio.sleep(0)
        cpu, commits = await asyncio.to_thread(figures.get)
        count = ROUNDS * CONNECTIONS
        per = cpu / count * 1e6
        print(f"{'recorder process: CPU with journal':58} {per:8.2f} µs")
        print(f"{'recorder process: commits':58} {commits:8d}")
        task.cancel()
        process.join()


def main() -> None:
    """Print the figures."""
    spare_collections()
    uvloop.run(link_cost())
    asyncio.run(recorder_cost())
    uvloop.run(process_cost())


if __name__ == "__main__":
    main()
