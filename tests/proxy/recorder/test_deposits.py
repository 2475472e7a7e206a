"""Events of other commands: taken, committed, answered; other kinds refused."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from proxy.deposit import deposit
from proxy.events import IdentifiersPaired, encode
from proxy.recorder.deposits import MOST_WAITING, DepositRefused, read
from proxy.tapstream import FrameDecoder, Kind, pack
from tests.proxy.recorder.test_server import recording
from tests.support.journals import MemoryJournal
from tests.support.rows import PAIRED, VIEW, paired


def _frame(*bodies: bytes) -> bytes:
    return pack(Kind.DEPOSIT, 0, 0, 0, msgspec.msgpack.encode(list(bodies)))


async def test_what_is_deposited_is_on_disk_when_it_is_answered(tmp_path: Path) -> None:
    """In order, in as many frames as it takes."""
    journal = MemoryJournal()
    events = [paired(request_offset=n) for n in range(4_500)]
    path = tmp_path / "tap.sock"
    async with recording(path, journal) as recorder:
        done = await asyncio.to_thread(deposit, path, iter(events))

        kept = [e for e in journal.events() if isinstance(e, IdentifiersPaired)]
        assert done == 4_500
        assert kept == events
        assert recorder.status()["deposited"] == 4_500


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode([b"no event"]),
        msgspec.msgpack.encode([encode(PAIRED), encode(VIEW)]),
        msgspec.msgpack.encode("text"),
    ],
)
def test_what_only_traffic_makes_is_not_taken(payload: bytes) -> None:
    """Nor what is no event; nothing of the frame is."""
    with pytest.raises(DepositRefused):
        read(payload)


async def test_a_peer_that_deposits_something_else_is_turned_away(
    tmp_path: Path,
) -> None:
    """And nothing of it is recorded."""
    journal = MemoryJournal()
    path = tmp_path / "tap.sock"
    async with recording(path, journal) as recorder:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(_frame(encode(VIEW)))

        with suppress(ConnectionError):
            assert await reader.read() == b""
        assert recorder.refused == 1
        writer.close()
    assert VIEW not in journal.events()


async def test_a_peer_that_does_not_wait_is_turned_away(tmp_path: Path) -> None:
    """What waits for a commit is bounded."""
    journal = MemoryJournal()
    path = tmp_path / "tap.sock"
    async with recording(path, journal) as recorder:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(_frame(encode(PAIRED)) * (MOST_WAITING + 1))

        try:
            answers = FrameDecoder().feed(await reader.read())
        except ConnectionError:
            answers = []
        assert len(answers) <= MOST_WAITING
        assert recorder.refused == 1
        writer.close()
