"""Large exports past a recorder of its own process, and what they cost it."""

from __future__ import annotations

import gzip
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from proxy.events import Event, ExchangeRecorded, ViewRecorded, decode
from proxy.journal import JournalReader
from proxy.tapstream import Frame, FrameDecoder, Kind, pack
from tests.bench.procfs import cpu_us, memory_mib, reset_peak
from tests.support.frames import Conversation, encode, hello
from tests.support.waiting import until

RULES = """\
application: sonar
session: {cookie: SID}
records:
  csv: {request: "GET /export.csv", action: export, each: csv, subject: {type: client, id: column.Nr}}
  jsonl: {request: "GET /export.jsonl", action: export, each: jsonl, subject: {type: client, id: json.id}}
"""  # noqa: E501
FRAME = 64 * 1024
FIRST = 100_000_000


def csv_rows(count: int) -> bytes:
    """An export as spreadsheets take it, some 110 bytes a row."""
    rows = (
        f'{FIRST + i};"Jansen, P.{i}";12-03-1970;"Straatweg {i}";3500 AA;Utrecht;'
        f"030-1234567;p{i}.jansen@example.org;WW\r\n"
        for i in range(count)
    )
    head = "Nr;Naam;Geboren;Adres;Postcode;Plaats;Telefoon;Mail;Regeling\r\n"
    return (head + "".join(rows)).encode()


def json_rows(count: int) -> bytes:
    """The same as JSON lines."""
    return b"".join(
        json.dumps({"id": FIRST + i, "naam": f"Jansen {i}", "plaats": "Utrecht"})
        .encode()
        .ljust(100)
        + b"\n"
        for i in range(count)
    )


def response(body: bytes, kind: str, *, zipped: bool = False) -> bytes:
    """The whole response to an export."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: " + kind.encode() + b"\r\n"
    if zipped:
        body = gzip.compress(body, 1)
        head += b"Content-Encoding: gzip\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


@dataclass(slots=True)
class Cost:
    """Of one export."""

    mib: float
    """Peak of the recorder's memory above what it was before."""
    cpu_ms: float


class RunningRecorder:
    """A recorder process that one wire talks to, frame by frame."""

    def __init__(self, directory: Path, process: subprocess.Popen[bytes]) -> None:
        self.pid = process.pid
        self._journal = directory / "journal"
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(directory / "recorder.sock"))
        self._socket.settimeout(60)
        self._decoder = FrameDecoder()
        self._talks = 0
        self._now = 1_000
        self._send(Kind.HELLO, payload=encode(hello()))
        self._send(Kind.WATERMARK)

    def export(self, target: str, answer: bytes, *, whole: bool = True) -> Cost:
        """A download on a new connection, until it is committed."""
        self._talks += 1
        talk = Conversation(self._talks)
        reset_peak(self.pid)
        before, cpu = memory_mib(self.pid, "VmRSS"), cpu_us(self.pid)
        self._frame(talk.open(self._now))
        request = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % target.encode()
        self._frame(talk.data(True, request, self._now))
        for at in range(0, len(answer), FRAME):
            self._now += 1_000
            self._frame(talk.data(False, answer[at : at + FRAME], self._now))
        if not whole:
            self._frame(talk.end(self._now))
        self._committed(talk.number, talk.down)
        peak = memory_mib(self.pid, "VmHWM")
        return Cost(peak - before, (cpu_us(self.pid) - cpu) / 1000)

    def events(self) -> list[Event]:
        """Everything in the journal."""
        reader = JournalReader(self._journal)
        events: list[Event] = []
        for found in reader.segments():
            after = found.first - 1
            while entries := reader.read(found.epoch, after, 10_000):
                events += [decode(entry.body) for entry in entries]
                after = entries[-1].seq
            break
        return events

    def close(self) -> None:
        """Say goodbye."""
        self._send(Kind.BYE)
        self._socket.close()

    def _frame(self, frame: Frame) -> None:
        self._send(Kind(frame.kind), *frame[1:4], payload=frame.payload)

    def _send(
        self,
        kind: Kind,
        connection: int = 0,
        offset: int = 0,
        time_ns: int = 0,
        payload: bytes = b"",
    ) -> None:
        time_ns = time_ns or self._now
        self._socket.sendall(pack(kind, connection, offset, time_ns, payload))

    def _committed(self, number: int, down: int) -> None:
        while True:
            for frame in self._decoder.feed(self._socket.recv(65536)):
                told = int.from_bytes(frame.payload[:8], "little")
                if frame.kind == Kind.COMMITTED and frame.connection == number:
                    if told >= down:
                        return
                elif frame.kind == Kind.ASK_WATERMARK:
                    self._send(Kind.WATERMARK)


@contextmanager
def recorder(directory: Path) -> Iterator[RunningRecorder]:
    """A recorder that reads ``RULES``."""
    rules = directory / "rules.yaml"
    rules.write_text(RULES)
    command = [sys.executable, "-m", "tests.support.recorder_process"]
    arguments = [directory / "recorder.sock", directory / "journal", rules]
    process = subprocess.Popen([*command, *map(str, arguments)])
    try:
        until((directory / "recorder.sock").exists, "the recorder's socket")
        running = RunningRecorder(directory, process)
        yield running
        running.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def views_of(events: list[Event]) -> tuple[ExchangeRecorded, list[ViewRecorded]]:
    """The only exchange, and its views."""
    (exchange,) = [each for each in events if isinstance(each, ExchangeRecorded)]
    return exchange, [each for each in events if isinstance(each, ViewRecorded)]
