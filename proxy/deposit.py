"""Hand events to the running recorder of this host; see ``proxy.recorder.deposits``.

Each frame waits for the one before it to be on disk.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from proxy.errors import UnavailableError
from proxy.events import Event, encode
from proxy.tapstream import FrameDecoder, Kind, pack

EVENTS = 2_000
"""Of one frame: one transaction of a few milliseconds."""
PATIENCE = 30.0
"""Seconds to wait for one answer; a commit takes milliseconds."""


def deposit(
    socket_path: Path, events: Iterable[Event], *, patience: float = PATIENCE
) -> int:
    """Have these recorded; how many there were.

    Raises:
        UnavailableError: no recorder listens, it refused, or it went away; the text
            says how many are on disk.
    """
    done = 0
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(patience)
        try:
            line.connect(str(socket_path))
        except OSError as error:
            raise UnavailableError(
                f"no recorder listens at {socket_path}: {error}; is it running?"
            ) from error
        decoder = FrameDecoder()
        try:
            for batch in _batches(events):
                payload = msgspec.msgpack.encode([encode(event) for event in batch])
                line.sendall(pack(Kind.DEPOSIT, 0, 0, 0, payload))
                _answered(line, decoder)
                done += len(batch)
        except OSError as error:
            raise UnavailableError(
                f"the recorder went away: {done} events are on disk, of the next "
                f"{EVENTS} it is not known; running it again does no harm"
            ) from error
    return done


def _answered(line: socket.socket, decoder: FrameDecoder) -> None:
    while True:
        data = line.recv(4096)
        if not data:
            raise ConnectionError
        if any(frame.kind == Kind.DEPOSITED for frame in decoder.feed(data)):
            return


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    for event in events:
        batch.append(event)
        if len(batch) == EVENTS:
            yield batch
            batch = []
    if batch:
        yield batch
