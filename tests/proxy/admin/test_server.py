"""The admin server, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer

from proxy.admin import AdminSettings, application, serve
from proxy.errors import UnavailableError
from proxy.status import Report, Verdict
from proxy.telemetry.exporting import Exporting

RECORDING = Verdict(recording=True, line="recording everything")
REPORTS = {
    "recorder": Report(
        role="recorder",
        pid=1,
        at=1,
        figures={"exchanges_by": [["sonar", "recorded", "confirmed", 5]]},
    )
}


@asynccontextmanager
async def client(
    verdict: Verdict = RECORDING, token: str = ""
) -> AsyncIterator[ClientSession]:
    """A client of a running admin server; paths are relative."""
    exporting = Exporting(lambda: REPORTS, "test")
    settings = AdminSettings(
        host="127.0.0.1", port=0, token=token, verdict=lambda: verdict
    )
    async with TestClient(
        TestServer(application(settings, exporting.registry))
    ) as found:
        yield found  # type: ignore[misc]
    exporting.close()


async def test_readiness_says_what_is_not_ready() -> None:
    """503 with the reasons, one a line."""
    broken = Verdict(
        recording=False,
        line="not recording everything: the recorder is not running",
        problems=("the recorder is not running",),
    )
    async with client(broken) as asking:
        ready = await asking.get("/readyz")
        text = await ready.text()
        health = await asking.get("/healthz")

    assert ready.status == 503
    assert "the recorder is not running" in text.splitlines()
    assert health.status == 200


async def test_ready_is_when_everything_is_recorded() -> None:
    """A note, such as a store that is behind, does not take the sidecar away."""
    noted = Verdict(recording=True, line="recording everything; x", notes=("x",))
    async with client(noted) as asking:
        answer = await asking.get("/readyz")

    assert answer.status == 200


async def test_metrics_are_in_the_text_format_with_their_labels() -> None:
    """As a scrape reads them."""
    async with client() as asking:
        answer = await asking.get("/metrics")
        text = await answer.text()

    assert answer.headers["Content-Type"].startswith("text/plain")
    (line,) = (x for x in text.splitlines() if x.startswith("whosaw_exchanges_total"))
    assert 'whosaw_extraction="recorded"' in line
    assert 'whosaw_strength="confirmed"' in line
    assert line.endswith(" 5.0")


@pytest.mark.parametrize(
    "said", ["", "Bearer wrong", "bearer right", "Bearer rightly", "Bearer \udcff"]
)
async def test_without_the_token_nothing_is_told(said: str) -> None:
    """Only health, which tells nothing."""
    async with client(token="right") as asking:
        headers = {"Authorization": said} if said.isascii() else {}
        codes = [
            (await asking.get(path, headers=headers)).status
            for path in ("/metrics", "/status", "/readyz", "/healthz")
        ]

    assert codes == [401, 401, 401, 200]


async def test_with_the_token_all_is_told() -> None:
    """The status is that of the command line."""
    async with client(token="right") as asking:
        answer = await asking.get("/status", headers={"Authorization": "Bearer right"})
        told = await answer.json()

    assert told == RECORDING.plain()


async def test_an_address_that_is_taken_is_a_clear_error() -> None:
    """It names the address."""
    exporting = Exporting(dict, "test")
    listening = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    settings = AdminSettings(
        host="127.0.0.1", port=port, token="", verdict=lambda: RECORDING
    )

    with pytest.raises(UnavailableError, match=str(port)):
        await serve(settings, exporting, asyncio.Event())

    exporting.close()
    listening.close()
    await listening.wait_closed()
