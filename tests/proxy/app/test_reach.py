"""Which applications answer: from traffic where there is some, else by trying."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from addons.status import Counters, WireStatus
from proxy.app.reach import Reach
from proxy.config import Config, load
from tests.support.certificates import Authority
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES
from tests.support.waiting import until_async


def config(directory: Path, url: str, more: str = "") -> Config:
    """One application at this address."""
    front = Front(name="tickets", rules=RULES, upstream=url, more=more)
    return load(write_config(directory, [front]))


@contextlib.asynccontextmanager
async def watching(reach: Reach) -> AsyncIterator[None]:
    """Probe while the block lasts."""
    task = asyncio.create_task(reach.watch())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def status(connected_ns: int, failed_ns: int) -> WireStatus:
    """What a listener saw last."""
    counters = Counters(connected_ns=connected_ns, last_connect_error_ns=failed_ns)
    seen = counters.snapshot(
        application="tickets", address="127.0.0.1:1", accepting=True, up=0, down=0
    )
    return WireStatus(listeners=(seen,), draining=False)


async def test_an_application_that_does_not_listen_is_not_reachable(
    tmp_path: Path,
) -> None:
    """With the reason, in words; and found again when it listens."""
    with socket.socket() as later:
        later.bind(("127.0.0.1", 0))
        reach = Reach(config(tmp_path, f"http://127.0.0.1:{later.getsockname()[1]}"))
        async with watching(reach):
            await until_async(lambda: reach.unreachable, "it is missed")
            assert reach.unreachable == {"tickets": "Connection refused"}

            later.listen()
            await until_async(lambda: not reach.unreachable, "it is found")


async def test_traffic_says_it_before_a_probe_does(tmp_path: Path) -> None:
    """A connection that succeeded makes it reachable at once."""
    reach = Reach(config(tmp_path, "http://127.0.0.1:1"))
    async with watching(reach):
        await until_async(lambda: reach.unreachable, "it is missed")

    reach.heard(status(connected_ns=2, failed_ns=1))

    assert reach.unreachable == {}


async def test_a_connection_that_failed_is_looked_into(tmp_path: Path) -> None:
    """What was reachable is tried again once a connection failed."""
    reach = Reach(config(tmp_path, "http://127.0.0.1:1"))
    reach.heard(status(connected_ns=1, failed_ns=0))

    reach.heard(status(connected_ns=1, failed_ns=2))
    async with watching(reach):
        await until_async(lambda: reach.unreachable, "it is missed")

    assert reach.unreachable == {"tickets": "Connection refused"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("application.test", ""),
        ("another.test", "certificate verify failed: Hostname mismatch"),
    ],
)
async def test_under_tls_the_application_has_to_prove_its_name(
    tmp_path: Path, name: str, said: str
) -> None:
    """A port that answers is not enough."""
    authority = Authority(tmp_path)
    issued = authority.issue("application.test")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    tried = asyncio.Event()

    def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tried.set()
        writer.close()

    server = await asyncio.start_server(met, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    more = f"upstream_tls: {{ca: {authority.path}, server_name: {name}}}"
    reach = Reach(config(tmp_path / "c", f"https://127.0.0.1:{port}", more))

    async with server, watching(reach):
        if said:
            await until_async(lambda: reach.unreachable, "it is refused")
            assert reach.unreachable["tickets"].startswith(said)
        else:
            await until_async(tried.is_set, "it is tried")
            assert reach.unreachable == {}


async def test_an_application_that_hangs_does_not_keep_others_waiting(
    tmp_path: Path,
) -> None:
    """Each is tried by itself."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        first = config(tmp_path, f"http://127.0.0.1:{full.getsockname()[1]}")
        hanging = first.applications[0]
        away = replace(hanging, name="away", upstream=replace(hanging.upstream, port=1))
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                each.connect(full.getsockname())
        reach = Reach(replace(first, applications=(hanging, away)))

        async with watching(reach):
            await until_async(lambda: "away" in reach.unreachable, "it is missed")

        assert "tickets" not in reach.unreachable
        for each in waiting:
            each.close()
