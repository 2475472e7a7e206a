"""Findings reach a SIEM: each, in order, again after a failure, and bounded."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from proxy.detections.findings import Finding
from proxy.detections.pushing import (
    TRIES,
    HttpReceiver,
    Pusher,
    PushFailed,
    SyslogReceiver,
    syslog_message,
)
from proxy.detections.runner import Days, run
from tests.proxy.detections.conftest import DAY, Office, thresholds
from tests.proxy.detections.test_ocsf import FINDING

NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Collector:
    """A receiver that refuses as often as it is told to."""

    def __init__(self, refusals: int = 0) -> None:
        self.sent: list[str] = []
        self.refusals = refusals
        self.asked = 0

    def send(self, finding: Finding) -> None:
        """Take it, or not."""
        self.asked += 1
        if self.refusals:
            self.refusals -= 1
            raise PushFailed("not now")
        self.sent.append(finding.actor)


def found(office: Office, *actors: str, now: datetime = NOW) -> None:
    """A finding about each."""
    for who in actors:
        office.shows(who, range(10), hour=23)
    office.flush()
    quiet = (
        "suppress:\n  - {detection: outside-hours, employee: quiet, "
        "reason: on call, until: 2030-01-01}\n"
    )
    run(office.store, thresholds(quiet), Days(DAY, DAY + timedelta(days=1)), now)


def pusher(office: Office, receiver: Collector, place: Path) -> Pusher:
    """With pauses that are none."""
    return Pusher(office.store, receiver, place / "pushed.json", lambda _: None)


def test_what_is_new_is_sent_once_and_suppressed_is_not(
    office: Office, tmp_path: Path
) -> None:
    """Over runs of other processes, too."""
    found(office, "ann", "quiet")
    receiver = Collector()

    assert pusher(office, receiver, tmp_path).push() == 1
    found(office, "bob", now=NOW - timedelta(minutes=30))
    assert pusher(office, receiver, tmp_path).push() == 1
    assert pusher(office, receiver, tmp_path).push() == 0

    assert receiver.sent == ["ann", "bob"]


def test_a_receiver_that_fails_is_tried_again_now_and_later(
    office: Office, tmp_path: Path
) -> None:
    """A bounded number of times; nothing is skipped."""
    found(office, "ann", "bob")
    receiver = Collector(refusals=1)
    assert pusher(office, receiver, tmp_path).push() == 2

    found(office, "cas")
    broken = Collector(refusals=10**6)
    with pytest.raises(PushFailed):
        pusher(office, broken, tmp_path).push()

    assert broken.asked == TRIES
    assert pusher(office, receiver, tmp_path).push() == 1
    assert sorted(receiver.sent) == ["ann", "bob", "cas"]


def test_a_cursor_that_is_lost_sends_again_rather_than_not(
    office: Office, tmp_path: Path
) -> None:
    """The id of a finding tells the receiver."""
    found(office, "ann")
    receiver = Collector()
    pusher(office, receiver, tmp_path).push()
    (tmp_path / "pushed.json").write_text("{")

    pusher(office, receiver, tmp_path).push()

    assert receiver.sent == ["ann", "ann"]


@contextmanager
def http(status: int) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A receiver on a free port; what it got."""
    got: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers.get("Authorization", ""), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/in?token=canary", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_over_http_a_finding_is_one_event_with_the_token() -> None:
    """Any 2xx takes it."""
    with http(202) as (url, got):
        HttpReceiver(url, "word").send(FINDING)

    ((authorization, body),) = got
    assert authorization == "Bearer word"
    assert json.loads(body)["finding_info"]["uid"] == FINDING.id


@pytest.mark.parametrize("status", [302, 404, 500])
def test_over_http_anything_else_is_a_failure_without_the_address(status: int) -> None:
    """It may hold a token."""
    with http(status) as (url, _), pytest.raises(PushFailed) as error:
        HttpReceiver(url).send(FINDING)

    assert str(status) in str(error.value)
    assert "canary" not in str(error.value)


def test_a_receiver_that_is_not_there_is_a_failure_without_the_address() -> None:
    """Both kinds."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for receiver in (
            HttpReceiver(f"http://127.0.0.1:{port}/?token=canary"),
            SyslogReceiver("127.0.0.1", port, "north"),
        ):
            with pytest.raises(PushFailed) as error:
                receiver.send(FINDING)
            assert "canary" not in str(error.value)


def test_over_syslog_a_finding_is_one_framed_message() -> None:
    """RFC 5424 with a length before it (RFC 6587)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        SyslogReceiver("127.0.0.1", server.getsockname()[1], "north").send(FINDING)
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as read:
            data = read.read()

    length, _, message = data.partition(b" ")
    assert int(length) == len(message)
    assert message == syslog_message(FINDING, "north")
    head = rb"<106>1 2026-05-12T12:00:00\.250Z north whosaw - finding - (\{.*\})"
    match = re.fullmatch(head, message)
    assert match is not None
    assert json.loads(match[1])["message"] == FINDING.sentence
