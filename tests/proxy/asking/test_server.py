"""Who asks is known, says why, and that is on disk before there is an answer."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import web

from proxy.asking.client import Access, ask
from proxy.asking.model import Ask, Rows, Views
from proxy.asking.people import Door, People, add
from proxy.asking.server import Bounds, Service
from proxy.clock import SystemClock
from proxy.errors import UnavailableError, UsageError, WhosawError
from proxy.events import decode, encode
from proxy.events.custody import InquiryRecorded
from proxy.journal import Batch, Journal, JournalReader, Limits
from proxy.keys import load_or_create
from proxy.store.client import ClickHouseStore, StoreSettings, connect
from tests.support.embedded import EmbeddedStore

END = datetime(2026, 6, 1, tzinfo=UTC)
GAPS = Ask(question="gaps", reason="case 7", start=END - timedelta(days=1), end=END)
WHO = msgspec.structs.replace(GAPS, question="who-saw", clients=("canary-4711",))
AWAY = StoreSettings(url="http://127.0.0.1:9", user="x", password="", database="w")


@dataclass
class Running:
    """A service that answers."""

    service: Service
    access: Access
    url: str
    token: str

    async def ask(self, question: Ask, answer: type) -> object:
        """As a command does."""
        return await asyncio.to_thread(ask, self.access, question, answer)

    async def post(self, body: bytes, token: str | None = None) -> tuple[int, str]:
        """As somebody who does not use the commands."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{self.url}/ask", data=io.BytesIO(body), headers=headers
            ) as said,
        ):
            return said.status, await said.text()


@asynccontextmanager
async def serving(
    directory: Path,
    store: ClickHouseStore,
    record: Callable[[InquiryRecorded], None],
    bounds: Bounds | None = None,
) -> AsyncIterator[Running]:
    """A service that Joan may ask."""
    add(directory / "people", "joan", directory / "joan")
    keys = load_or_create(directory / "keys")
    service = Service(
        people=People(directory / "people", Door(failures=3)),
        keys=lambda: keys,
        store=store,
        record=record,
        clock=SystemClock(),
        bounds=bounds or Bounds(),
    )
    runner = web.AppRunner(service.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    token = (directory / "joan").read_text().strip()
    try:
        yield Running(service, Access(url=url, token=token), url, token)
    finally:
        await runner.cleanup()


@asynccontextmanager
async def journalled(
    directory: Path, store: ClickHouseStore, limits: Limits | None = None
) -> AsyncIterator[tuple[Running, Path]]:
    """One with a journal, and where that is."""
    path = directory / "journal"
    with Journal.open(path, "q", limits or Limits(), clock=SystemClock()) as journal:

        def record(inquiry: InquiryRecorded) -> None:
            journal.commit(Batch(events=[encode(inquiry)]))

        async with serving(directory, store, record) as running:
            yield running, path


def inquiries(path: Path) -> list[InquiryRecorded]:
    """What is on disk."""
    reader = JournalReader(path)
    found = []
    for epoch in reader.epochs():
        for entry in reader.read(epoch, 0, 1000, 1 << 20):
            event = decode(entry.body)
            assert isinstance(event, InquiryRecorded)
            found.append(event)
    return found


async def test_an_answer_is_an_inquiry(
    tmp_path: Path, embedded_store: EmbeddedStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Who, what, about whom as a pseudonym, why; the id stands nowhere."""
    caplog.set_level("INFO")
    store = embedded_store.store()
    async with journalled(tmp_path, store) as (running, path):
        answer = await running.ask(WHO, Views)
        rows = await running.ask(GAPS, Rows)

        kept = inquiries(path)

    assert isinstance(answer, Views)
    assert answer.identity is not None
    assert answer.identity.identifiers[0].pseudonym == kept[0].subjects[0]
    assert isinstance(rows, Rows)
    assert rows.complete
    assert [each.question for each in kept] == ["who-saw", "gaps"]
    assert {(each.person, each.reason) for each in kept} == {("joan", "case 7")}
    assert b"canary" not in b"".join(map(encode, kept))
    assert "canary" not in caplog.text
    assert running.token.split(":")[1] not in caplog.text
    assert running.service.answered == 2
    store.close()


async def test_without_room_for_the_inquiry_there_is_no_answer(
    tmp_path: Path, embedded_store: EmbeddedStore
) -> None:
    """Though the store is there."""
    store = embedded_store.store()
    async with journalled(tmp_path, store, Limits(total_bytes=1)) as (running, path):
        with pytest.raises(UnavailableError, match="cannot be recorded"):
            await running.ask(GAPS, Rows)

        assert inquiries(path) == []
    assert (running.service.answered, running.service.unrecorded) == (0, 1)
    store.close()


async def test_the_store_is_not_asked_before_the_inquiry_is_on_disk(
    tmp_path: Path,
) -> None:
    """A store that is away would be another refusal."""

    def refuse(_: InquiryRecorded) -> None:
        raise WhosawError("no room")

    async with serving(tmp_path, connect(AWAY), refuse) as running:
        status, said = await running.post(msgspec.json.encode(GAPS))

    assert (status, "cannot be recorded" in said) == (503, True)


async def test_an_inquiry_stands_without_an_answer(tmp_path: Path) -> None:
    """The store was away when it was asked."""
    async with journalled(tmp_path, connect(AWAY)) as (running, path):
        with pytest.raises(UnavailableError, match="the inquiry is recorded"):
            await running.ask(GAPS, Rows)

        assert [each.person for each in inquiries(path)] == ["joan"]


async def test_nobody_asks_without_a_token_or_a_reason(tmp_path: Path) -> None:
    """Nothing is recorded then, and nothing of a question is repeated."""
    body = msgspec.json.encode
    reasonless = msgspec.structs.replace(WHO, reason=" ")
    cases = [
        (b"", 400), (b"{", 400), (b"[]", 400), (body(reasonless), 400),
        (body({**msgspec.to_builtins(WHO), "canary": 1}), 400),
        (body({**msgspec.to_builtins(WHO), "limit": 0}), 400),
        (body({**msgspec.to_builtins(WHO), "start": "2026-05-01T00:00:00"}), 400),
        (b"x" * (1 << 21), 413),
    ]  # fmt: skip
    async with journalled(tmp_path, connect(AWAY)) as (running, path):
        for data, expected in cases:
            status, said = await running.post(data)
            assert status == expected, data[:80]
            assert "canary" not in said
        for _ in range(3):
            assert (await running.post(body(GAPS), "joan:guess"))[0] == 401
        with pytest.raises(UsageError, match="not known here"):
            await running.ask(GAPS, Rows)

        assert inquiries(path) == []
    assert running.service.people.refused == 4


async def test_more_than_can_wait_are_turned_away(tmp_path: Path) -> None:
    """At once, and told to come again."""
    inside, go = threading.Event(), threading.Event()

    def slowly(_: InquiryRecorded) -> None:
        inside.set()
        go.wait(30)

    bounds = Bounds(at_once=1, waiting=0)
    async with serving(tmp_path, connect(AWAY), slowly, bounds) as running:
        first = asyncio.create_task(running.post(msgspec.json.encode(GAPS)))
        await asyncio.to_thread(inside.wait, 30)
        status, _ = await running.post(msgspec.json.encode(GAPS))
        go.set()
        await first

    assert status == 503
    assert running.service.turned_away == 1


async def test_a_question_that_does_not_arrive_is_not_waited_for(
    tmp_path: Path,
) -> None:
    """Somebody who sends half of it holds nobody up."""
    bounds = Bounds(patience=0.05)

    def never(_: InquiryRecorded) -> None:
        raise AssertionError

    async with serving(tmp_path, connect(AWAY), never, bounds) as running:
        port = int(running.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /ask HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
            b"Authorization: Bearer " + running.token.encode() + b"\r\n\r\n{"
        )
        line = await reader.readline()
        writer.close()

    assert b" 408 " in line
