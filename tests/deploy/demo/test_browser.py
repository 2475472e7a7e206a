"""The advisors' browser: what it sends, and what it reads off a page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.demo.application.server import Server
from deploy.demo.application.staff import ADVISORS
from deploy.demo.browser import Browser, Page

JANSEN = ADVISORS[0]


@pytest_asyncio.fixture(name="measured")
async def _measured(tmp_path: Path) -> AsyncIterator[tuple[Browser, list[int]]]:
    """A browser at the application's, and the times of its requests."""
    times: list[int] = []
    async with (
        Server(tmp_path / "truth.jsonl") as server,
        Browser(server.url, connections=2, measure=times.append) as browser,
    ):
        yield browser, times


async def log_in(browser: Browser) -> Page:
    """As Jansen."""
    form = await browser.get("/login.do")
    assert form.login_action is not None
    return await browser.post(
        form.login_action,
        {"j_username": JANSEN.account, "j_password": JANSEN.password},
    )


async def test_the_session_is_kept_and_redirects_are_not_followed(
    measured: tuple[Browser, list[int]],
) -> None:
    """The advisor goes where a browser would, one request at a time."""
    browser, times = measured

    answer = await log_in(browser)
    top = await browser.get("/top.do")

    assert (answer.status, answer.location) == (302, "/start.do")
    assert top.user == JANSEN.account
    assert len(times) == 3
    assert min(times) > 0


@pytest.mark.parametrize("gzip", [True, False])
async def test_clients_are_read_off_every_kind_of_page(
    measured: tuple[Browser, list[int]], gzip: bool
) -> None:
    """A client's page, a list, a CSV file, JSON; with gzip and without."""
    browser, _ = measured
    await log_in(browser)

    one = await browser.get("/client/view.do?id=900123", gzip=gzip)
    listed = await browser.get("/caseload.do", gzip=gzip)
    exported = await browser.get("/export.do?caseload=1", gzip=gzip)
    suggested = await browser.get("/suggest.do?q=jan", gzip=gzip)

    assert one.clients() == ["900123"]
    assert 0 < len(listed.clients()) <= 20
    assert set(listed.clients()) <= set(exported.clients())
    assert 0 < len(suggested.clients()) <= 8


async def test_a_page_that_shows_nobody_has_no_clients(
    measured: tuple[Browser, list[int]],
) -> None:
    """The login form in a 200, a client that is not there."""
    browser, _ = measured

    form = await browser.get("/client/view.do?id=900123")
    await log_in(browser)
    unknown = await browser.get("/client/view.do?id=1")

    assert (form.status, form.clients(), form.user) == (200, [], None)
    assert (unknown.status, unknown.clients()) == (404, [])
