"""The advisors at work against the application itself, nothing in between."""

from __future__ import annotations

import socket
from pathlib import Path

from deploy.demo import advisors
from deploy.demo.advisors import work
from deploy.demo.application.server import Server
from deploy.demo.application.truth import read_truth


async def test_advisors_see_what_they_should_and_the_truth_agrees(
    tmp_path: Path,
) -> None:
    """Three hundred exchanges: no wrong page, and the same records on both sides."""
    seen: list[int] = []
    path = tmp_path / "truth.jsonl"

    async with Server(path) as server:
        report = await work(
            server.url, advisors=8, exchanges=300, seed=1, progress=seen.append
        )
        served = server.vesta.exchanges

    shown = sum(len(record.clients) for record in read_truth(path))
    assert report.failures == ()
    assert report.failed == 0
    assert 300 <= report.exchanges == served
    assert report.records == shown > 0
    assert report.logins >= 8
    assert seen == list(range(1, report.exchanges + 1))
    assert 0 < report.request_ms(0.5) <= report.request_ms(0.99)


async def test_habits_that_confuse_attribution_occur(tmp_path: Path) -> None:
    """Mistyped passwords, handovers with and without logout, every kind of page."""
    path = tmp_path / "truth.jsonl"

    async with Server(path) as server:
        report = await work(server.url, advisors=20, exchanges=1500, seed=2)

    actions = {record.action for record in read_truth(path)}
    assert report.wrong_passwords > 0
    assert report.handovers > report.logouts / 2 > 0
    assert actions == {"view", "list", "search", "export", "print", "mention", "update"}


async def test_an_application_that_is_not_there_ends_in_a_report(
    tmp_path: Path,
) -> None:
    """Failures in words, not an exception and not for ever."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]

    report = await work(f"http://127.0.0.1:{port}", advisors=40, exchanges=10)

    assert report.exchanges == 0
    assert report.failed >= advisors.MAX_FAILURES
    assert len(report.failures) == advisors.MAX_FAILURES_KEPT
    assert "ClientConnectorError" in report.failures[0]
