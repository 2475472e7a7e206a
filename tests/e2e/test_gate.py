"""Wire and recorder together: no early byte, no dead-lock, every failure told."""

from __future__ import annotations

import asyncio
import resource
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

import pytest
from typing_extensions import override

from proxy.events import GapKind
from proxy.extraction.model import OnFailure
from proxy.taplink import GateLimits, markers
from proxy.taplink.markers import Mark
from tests.support.gated import Client, Serve, gated
from tests.support.waiting import until_async

QUICK = GateLimits(deadline=0.4)
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

Answer = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def serving(answer: Answer) -> Serve:
    """An application that reads request heads and answers each."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await answer(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    return serve


async def page(
    head: bytes, _: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Every page says hello."""
    del head
    writer.write(PAGE)


async def quiet() -> None:
    """Long enough for whatever is not held to have arrived."""
    await asyncio.sleep(0.15)


async def test_page_is_not_shown_before_its_record_is_on_disk(tmp_path: Path) -> None:
    """And then at once; what no gated rule may claim does not wait."""
    async with gated(tmp_path, serving(page)) as path:
        client = await path.client()
        path.journal.hold()
        client.ask("/style.css")
        await client.until(PAGE)
        client.got.clear()

        client.ask("/client/1")
        await until_async(lambda: path.held == len(PAGE), "the page is held")
        await quiet()

        assert not client.got
        assert path.journal.paths() == []
        path.journal.go()
        await client.until(PAGE)
        assert "/client/1" in path.journal.paths()
        assert not path.held


async def test_page_in_many_chunks_is_held_to_its_end(tmp_path: Path) -> None:
    """A gate that blocked the layer dead-locked at the second read."""
    chunk = b"3e8\r\n" + bytes(1000) + b"\r\n"

    async def slowly(
        _: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _count in range(30):
            writer.write(chunk)
            await asyncio.sleep(0.002)
        writer.write(b"0\r\n\r\n")

    async with gated(tmp_path, serving(slowly)) as path:
        client = await path.client()

        client.ask("/client/1")
        await until_async(lambda: path.held > 10_000, "some of it is held")
        early = bytes(client.got)
        shown = await client.until(b"\r\n0\r\n\r\n")

        assert early == b""
        assert len(shown) > 30 * len(chunk)
        assert path.journal.paths() == ["/client/1"]


async def test_page_that_takes_longer_than_the_deadline_is_waited_for(
    tmp_path: Path,
) -> None:
    """The deadline is the recorder's: a slow application owes nobody anything."""

    async def slowly(
        _: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        await asyncio.sleep(1.6)
        writer.write(b"world")

    limits = GateLimits(deadline=1.0)
    async with gated(
        tmp_path, serving(slowly), on_failure=OnFailure.CLOSED, limits=limits
    ) as path:
        client = await path.client()
        client.ask("/client/1")

        await until_async(lambda: path.held, "the first half is held")
        await asyncio.sleep(1.3)
        assert not client.got
        shown = await client.until(b"helloworld")

        assert shown.startswith(b"HTTP/1.1 200")
        assert path.link.status()["gate_deadlines"] == 0


async def test_pipelined_pages_each_wait_for_their_own_record(tmp_path: Path) -> None:
    """Gated and not, sent ahead, in the order they were asked for."""
    async with gated(tmp_path, serving(page)) as path:
        client = await path.client()
        targets = ["/a", "/client/1", "/b", "/client/2", "/client/3", "/c"]

        for target in targets:
            client.ask(target)
        await until_async(lambda: len(client.got) == 6 * len(PAGE), "all are shown")

        assert path.journal.paths() == targets


async def test_100_continue_passes_a_gate_that_waits_for_the_request(
    tmp_path: Path,
) -> None:
    """Held, it would be waited for by a client that sends nothing before it."""

    async def upload(
        head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        assert b"100-continue" in head
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await reader.readexactly(4)
        writer.write(PAGE)

    async with gated(tmp_path, serving(upload)) as path:
        client = await path.client()
        path.journal.hold()
        client.writer.write(
            b"POST /client/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        await client.until(b"100 Continue\r\n\r\n")

        client.writer.write(b"body")
        await until_async(lambda: path.held, "the page is held")
        await quiet()

        assert client.got == b"HTTP/1.1 100 Continue\r\n\r\n"
        path.journal.go()
        await client.until(PAGE)


async def test_handshake_in_401s_does_not_wait(tmp_path: Path) -> None:
    """NTLM: two refusals on one connection before the page."""
    refused = (
        b"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM x\r\nContent-Length: 0\r\n\r\n"
    )

    async def handshake(
        head: bytes, _: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(PAGE if b"third" in head else refused)

    async with gated(tmp_path, serving(handshake)) as path:
        client = await path.client()
        path.journal.hold()
        for turn in (b"first", b"second"):
            client.ask("/client/1", b"Authorization: NTLM " + turn + b"\r\n")
            await client.until(refused)
            client.got.clear()

        client.ask("/client/1", b"Authorization: NTLM third\r\n")
        await until_async(lambda: path.held, "the page is held")
        await quiet()

        assert not client.got
        path.journal.go()
        await client.until(PAGE)


@pytest.mark.parametrize(
    ("target", "head"),
    [
        ("/client/1", b"Content-Type: text/event-stream\r\n"),
        ("/news", b"Content-Type: text/event-stream\r\n"),
        ("/download", b"Transfer-Encoding: identity\r\nContent-Length: 999999\r\n"),
    ],
)
async def test_stream_that_has_no_end_to_wait_for_passes_as_it_comes(
    tmp_path: Path, target: str, head: bytes
) -> None:
    """Server-sent events and what no gated rule claims."""
    more = asyncio.Event()

    async def stream(
        _: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + head.partition(b"Transfer")[0] + b"\r\n")
        for number in range(3):
            writer.write(b"data: %d\n\n" % number)
            await more.wait()
            more.clear()

    async with gated(tmp_path, serving(stream)) as path:
        client = await path.client()
        path.journal.hold()

        client.ask(target)
        for number in range(3):
            await client.until(b"data: %d\n\n" % number)
            more.set()


async def test_websocket_passes_after_its_upgrade(tmp_path: Path) -> None:
    """It is not HTTP any more, by agreement: an intended gap."""

    async def echo(
        head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        assert b"websocket" in head
        writer.write(
            b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n"
            b"Connection: upgrade\r\n\r\n"
        )
        while data := await reader.read(100):
            writer.write(data)

    async with gated(tmp_path, serving(echo), on_failure=OnFailure.CLOSED) as path:
        client = await path.client()
        path.journal.hold()
        client.ask("/ws", b"Upgrade: websocket\r\nConnection: Upgrade\r\n")

        await client.until(b"Connection: upgrade\r\n\r\n")
        for word in (b"one", b"two"):
            client.writer.write(word)
            await client.until(word)


async def test_connection_that_the_server_closes_ends_behind_the_held_page(
    tmp_path: Path,
) -> None:
    """HTTP/1.0 style: the page ends with the connection."""

    async def once(
        _: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nhello")
        writer.close()

    async with gated(tmp_path, serving(once)) as path:
        client = await path.client()
        path.journal.hold()
        client.ask("/client/1")
        await until_async(lambda: path.held, "the page is held")
        await quiet()
        assert (bytes(client.got), client.over) == (b"", "")

        path.journal.go()
        await until_async(lambda: client.over, "it ends")

        assert (bytes(client.got[-5:]), client.over) == (b"hello", "end")
        assert path.journal.paths() == ["/client/1"]


async def test_reset_reaches_the_client_behind_the_held_bytes(tmp_path: Path) -> None:
    """A page that was cut never looks whole, and what came of it is recorded."""

    async def cut(
        _: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        await asyncio.sleep(0.05)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with gated(tmp_path, serving(cut)) as path:
        client = await path.client()

        client.ask("/client/1")
        await until_async(lambda: client.over, "it ends")

        assert client.over == "reset"
        assert path.journal.paths() == ["/client/1"]


@pytest.mark.parametrize("on_failure", list(OnFailure))
async def test_stalled_commit_is_bounded_by_the_deadline(
    tmp_path: Path, on_failure: OnFailure
) -> None:
    """Open shows the page with a gap, closed ends the connection; both are told."""
    async with gated(
        tmp_path, serving(page), on_failure=on_failure, limits=QUICK
    ) as path:
        client = await path.client()
        path.journal.hold()
        client.ask("/client/1")

        if on_failure is OnFailure.OPEN:
            await client.until(PAGE)
            assert list((tmp_path / "open-gaps").glob("*.json"))
        else:
            await until_async(lambda: client.over, "it is ended")
            assert (bytes(client.got), client.over) == (b"", "reset")
        assert path.journal.paths() == []

        path.journal.go()
        await until_async(path.journal.gaps, "the gap is recorded")
        (gap,) = path.journal.gaps()
        assert gap.kind is (
            GapKind.GATE_OPENED if on_failure is OnFailure.OPEN else GapKind.GATE_CLOSED
        )
        assert (gap.reason, gap.connections) == ("deadline", 1)
        await until_async(
            lambda: not list((tmp_path / "open-gaps").glob("*.json")),
            "the marker has served",
        )
        assert path.journal.paths() == ["/client/1"]


@pytest.mark.parametrize("at_once", [False, True])
async def test_failure_is_that_of_the_rules_concerned(
    tmp_path: Path, at_once: bool
) -> None:
    """In an application that is closed, a rule that is open shows its page."""
    async with gated(
        tmp_path, serving(page), on_failure=OnFailure.CLOSED, limits=QUICK
    ) as path:
        strict, lax = await path.client(), await path.client()
        path.journal.hold()
        if at_once:  # request and response reach the recorder together
            path.stop_reading()
        strict.ask("/client/1")
        lax.ask("/open/1")
        if at_once:
            await until_async(lambda: path.held == 2 * len(PAGE), "both are held")
            path.go_on_reading()

        await lax.until(PAGE)
        await until_async(lambda: strict.over, "it is ended")

        assert (bytes(strict.got), strict.over) == (b"", "reset")


async def test_half_a_second_of_stalled_commits_costs_half_a_second(
    tmp_path: Path,
) -> None:
    """No page is early, none is lost, and the gate did not fail."""
    async with gated(tmp_path, serving(page), on_failure=OnFailure.CLOSED) as path:
        clients = [await path.client() for _ in range(8)]
        path.journal.hold()
        for number, client in enumerate(clients):
            client.ask(f"/client/{number}")
        await asyncio.sleep(0.5)
        early = [bytes(client.got) for client in clients]
        commits = path.journal.commits

        path.journal.go()
        for client in clients:
            await client.until(PAGE)

        assert early == [b""] * 8
        assert path.link.status()["gate_deadlines"] == 0
        assert path.journal.commits - commits <= 3, "pages share commits"


@pytest.mark.parametrize("on_failure", list(OnFailure))
async def test_recorder_that_comes_back_in_time_is_not_noticed(
    tmp_path: Path, on_failure: OnFailure
) -> None:
    """What was held is sent again, recorded by the next one, and shown."""
    async with gated(
        tmp_path, serving(page), on_failure=on_failure, recorder=False
    ) as path:
        client = await path.client()
        client.ask("/client/1")
        await until_async(lambda: path.held, "the page is held")

        await path.start_recorder()
        await client.until(PAGE)

        assert path.journal.paths() == ["/client/1"]


async def test_absent_recorder_opens_the_gate_once_for_everybody(
    tmp_path: Path,
) -> None:
    """The first page waits for the deadline, those after it do not."""
    async with gated(tmp_path, serving(page), limits=QUICK, recorder=False) as path:
        first, second = await path.client(), await path.client()
        first.ask("/client/1")
        await first.until(PAGE)

        second.ask("/client/2")
        await second.until(PAGE)
        assert path.link.status()["gate_deadlines"] == 1
        assert path.link.status()["gates_open"] == ["sonar"]

        await path.start_recorder()
        await until_async(path.journal.gaps, "the gap is recorded")
        gap = path.journal.gaps()[0]
        assert (gap.kind, gap.connections) == (GapKind.GATE_OPENED, 2)
        assert sorted(path.journal.paths()) == ["/client/1", "/client/2"]
        path.journal.hold()
        first.got.clear()
        first.ask("/client/3")
        await until_async(lambda: path.held, "pages are held again")


@pytest.mark.parametrize("on_failure", list(OnFailure))
async def test_full_disk_is_a_failure_and_recovers_without_a_restart(
    tmp_path: Path, on_failure: OnFailure
) -> None:
    """Open goes on with a gap, closed stops; afterwards pages are held as before."""
    async with gated(
        tmp_path, serving(page), on_failure=on_failure, limits=QUICK
    ) as path:
        path.journal.full = True
        client = await path.client()
        client.ask("/client/1")
        if on_failure is OnFailure.OPEN:
            await client.until(PAGE)
        else:
            await until_async(lambda: client.over, "it is ended")

        path.journal.full = False
        await until_async(path.journal.gaps, "the gap is recorded")
        other = await path.client()
        other.ask("/client/2")
        await other.until(PAGE)

        assert path.journal.paths() == ["/client/1", "/client/2"]
        assert path.link.status()["gates_open"] == []


async def test_page_that_our_own_fault_left_unread_is_refused_by_a_closed_rule(
    tmp_path: Path,
) -> None:
    """Its views are not on disk and never will be; open shows it with a gap."""
    async with gated(tmp_path, serving(page), on_failure=OnFailure.CLOSED) as path:
        strict, lax = await path.client(), await path.client()

        strict.ask("/client/fault-finish")
        lax.ask("/open/fault-finish")

        await lax.until(PAGE)
        await until_async(lambda: strict.over, "it is ended")
        assert bytes(strict.got) == b""


async def test_marker_of_a_wire_that_died_becomes_a_gap(tmp_path: Path) -> None:
    """Power was cut while a gate was open: the disk of the wire remembers."""
    left = tmp_path / "open-gaps"
    markers.write(left, 99, {"sonar": Mark(since_ns=5, reason="deadline")})

    async with gated(tmp_path, serving(page)) as path:
        await until_async(path.journal.gaps, "the gap is recorded")
        await until_async(lambda: not list(left.iterdir()), "the marker has served")

        (gap,) = path.journal.gaps()
        assert (gap.kind, gap.wire, gap.from_ns) == (GapKind.GATE_OPENED, 99, 5)


async def test_unreadable_connection_of_a_closed_application_is_refused(
    tmp_path: Path,
) -> None:
    """A page might hide behind framing that can be read in two ways."""
    smuggled = (
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    async with gated(tmp_path, serving(page), on_failure=OnFailure.CLOSED) as path:
        client = await path.client()
        client.writer.write(smuggled)

        await until_async(lambda: client.over, "it is ended")

        assert (bytes(client.got), client.over) == (b"", "reset")
        await until_async(lambda: len(path.journal.gaps()) > 1, "both gaps")
        kinds = {gap.kind for gap in path.journal.gaps()}
        assert kinds == {GapKind.UNPARSEABLE, GapKind.GATE_CLOSED}


async def test_response_too_large_to_hold_is_recorded_from_its_beginning(
    tmp_path: Path,
) -> None:
    """What there is of it is read and committed, then the rest passes."""
    size = 3_000_000

    async def large(
        head: bytes, _: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if b"/client/2" in head:
            writer.write(PAGE)
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _count in range(size // 10_000):
            writer.write(bytes(10_000))
            await writer.drain()

    limits = GateLimits(connection=200_000, total=400_000)
    async with gated(
        tmp_path, serving(large), on_failure=OnFailure.CLOSED, limits=limits
    ) as path:
        client = await path.client()
        path.journal.hold()
        client.ask("/client/1")
        await until_async(lambda: path.held >= 200_000, "as much as may be is held")
        await quiet()
        assert (path.held < 800_000, bytes(client.got)) == (True, b"")

        path.journal.go()
        await until_async(lambda: len(client.got) > size, "it passes")
        client.got.clear()
        client.ask("/client/2")
        await client.until(PAGE)

        assert path.journal.paths() == ["/client/1", "/client/2"]
        (gap,) = path.journal.gaps()
        assert gap.kind is GapKind.TRUNCATED
        assert path.link.status()["gate_deadlines"] == 0


async def test_600_megabytes_cost_what_may_be_held(tmp_path: Path) -> None:
    """Without a pause in reading, they once cost 643 MiB."""
    size = 600_000_000
    piece = bytes(1_000_000)

    async def huge(
        _: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _count in range(size // len(piece)):
            writer.write(piece)
            await writer.drain()

    class Counting(bytearray):
        """Counts what a client would keep."""

        total = 0

        @override
        def __iadd__(self, data: object) -> Self:
            self.total += len(data)  # type: ignore[arg-type]
            return self

    limits = GateLimits(connection=4 << 20, total=8 << 20)
    async with gated(
        tmp_path, serving(huge), on_failure=OnFailure.CLOSED, limits=limits
    ) as path:
        client = await path.client()
        client.got = got = Counting()
        path.journal.hold()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        client.ask("/client/1")
        await until_async(lambda: path.held >= 4 << 20, "as much as may be is held")
        path.journal.go()

        await until_async(lambda: got.total > size, "it passes", 60)

        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 100_000, f"{grown} KiB"
        assert not path.held


async def test_rule_set_that_begins_to_gate_holds_connections_that_are_open(
    tmp_path: Path,
) -> None:
    """And one that ceases to lets go."""
    async with gated(tmp_path, serving(page), on_failure=None) as path:
        client: Client = await path.client()
        client.ask("/client/1")
        await client.until(PAGE)
        path.pipeline.gated = OnFailure.CLOSED
        await until_async(lambda: path.link.gates.gated("sonar"), "the wire is told")
        client.got.clear()
        path.journal.hold()

        client.ask("/client/2")
        await until_async(lambda: path.held, "the page is held")
        await quiet()
        assert not client.got

        path.pipeline.gated = None
        await client.until(PAGE)
