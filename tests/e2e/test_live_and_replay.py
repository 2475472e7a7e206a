"""Two wires, one recorder, the real pipeline: names are right, live and replayed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path

from proxy.attribution.sessions import Sessions
from proxy.capture.replaying import replay
from proxy.capture.taking import Captured, capture
from proxy.clock import SystemClock
from proxy.events import (
    Event,
    ExchangeRecorded,
    GapRecorded,
    HeartbeatRecorded,
    ViewRecorded,
    decode,
)
from proxy.events.custody import CaptureMade
from proxy.journal import Journal, JournalReader
from proxy.pipeline import Keys, Pipeline
from proxy.pseudonym import pseudonym
from proxy.recorder import Limits, Recorder, RecorderSettings
from proxy.ruleset import RuleSet, load
from proxy.taplink import Limits as LinkLimits
from proxy.taplink import TapLink
from proxy.tapstream import Ended, Opened, Tap
from tests.support.captures import raw_order
from tests.support.waiting import until_async

RULES = b"""
application: sonar
session: {cookie: SID}
login:
  - form: {request: "POST /login", user: form.user}
    confirmed_when: {status: 302, set_cookie: {SID: changed}}
records:
  client_detail:
    request: "GET /client/{id}"
    action: view
    subject: {type: client, id: path.id}
"""
SUBJECT_KEY = b"p" * 32
OPENED = Opened(application="sonar", client=("192.0.2.1", 4711))
PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n"
    b"<p>client</p"
)


def pipeline() -> Pipeline:
    """A fresh one, with the keys the live one has."""
    rules = load(RULES, "rules.yaml")
    assert isinstance(rules, RuleSet), rules
    keys = Keys(session=b"s" * 32, subject=SUBJECT_KEY, subject_key_id=1)
    return Pipeline(rules, Sessions(), keys)


class Browser:
    """One employee; every request goes over one of the connections at random."""

    def __init__(self, user: int, taps: list[tuple[Tap, list[int]]]) -> None:
        self.user = user
        self._taps = taps

    def login(self, tap: tuple[Tap, list[int]]) -> None:
        """Credentials up, a new cookie down."""
        body = b"user=user%d" % self.user
        self._pass(
            tap,
            b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\n%s"
            % (len(body), body),
            b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n"
            b"Set-Cookie: SID=session-of-%d; Path=/\r\n\r\n" % self.user,
        )

    def view(self, tap: tuple[Tap, list[int]], client: int) -> None:
        """A client whose number says who looked."""
        self._pass(
            tap,
            b"GET /client/%d HTTP/1.1\r\nHost: a\r\nCookie: SID=session-of-%d\r\n\r\n"
            % (client, self.user),
            PAGE,
        )

    def _pass(self, tap: tuple[Tap, list[int]], up: bytes, down: bytes) -> None:
        tap[0].data(True, up, time.monotonic_ns())
        tap[0].data(False, down, time.monotonic_ns())
        tap[1][0] += len(up)
        tap[1][1] += len(down)


def entries(directory: Path) -> Iterator[Event]:
    """Everything in the journal."""
    reader = JournalReader(directory)
    epoch, last = reader.tail()
    after = 0
    while after < last:
        for entry in reader.read(epoch, after, 1000):
            event = decode(entry.body)
            if not isinstance(event, HeartbeatRecorded | CaptureMade):
                yield event
            after = entry.seq


async def test_every_view_has_the_right_name_and_a_replay_says_the_same(
    tmp_path: Path,
) -> None:
    """A view through one wire right after the login through the other."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    users, views = 30, 10
    socket_path, file = tmp_path / "tap.sock", tmp_path / "capture"
    stop, stop_capture, captured = asyncio.Event(), asyncio.Event(), Captured()
    with Journal.open(tmp_path / "journal", "test", clock=SystemClock()) as journal:
        recorder = Recorder(
            RecorderSettings(
                socket_path=socket_path,
                applications={"sonar": pipeline()},
                journal=journal,
                limits=Limits(commit_delay=0.001, patience=30),
            )
        )
        links = [
            TapLink(socket_path, boot, LinkLimits(reconnect_first=0.01))
            for boot in (1, 2)
        ]
        async with asyncio.TaskGroup() as group:
            group.create_task(recorder.run(stop))
            runs = [group.create_task(link.run()) for link in links]
            await until_async(lambda: recorder.status()["wires"] == 2, "two wires")
            taking = capture(socket_path, file, stop_capture, raw_order(), captured)
            group.create_task(taking)
            await until_async(lambda: captured.bytes, "capture")
            taps = [
                (link.opened(OPENED, time.monotonic_ns()), [0, 0])
                for link in links
                for _ in range(4)
            ]
            for user in range(users):
                browser = Browser(user, taps)
                # The second wire's bytes may well arrive first.
                browser.login(chance.choice(taps[4:]))
                if chance.random() < 0.5:
                    await asyncio.sleep(0)
                for number in range(views):
                    browser.view(chance.choice(taps), user * 100 + number)
                    if chance.random() < 0.2:
                        await asyncio.sleep(0)
            for tap, (up, down) in taps:
                tap.end(Ended(up=up, down=down), time.monotonic_ns())
            for link in links:
                assert await link.close(30), link.status()
            await until_async(
                lambda: captured.bytes == recorder.subscribers.sent_bytes, "capture"
            )
            stop_capture.set()
            await asyncio.gather(*runs)
            stop.set()
        events = list(entries(tmp_path / "journal"))

    shown = [e for e in events if isinstance(e, ViewRecorded)]
    truth = {
        pseudonym(SUBJECT_KEY, "client", str(user * 100 + number)): f"user{user}"
        for user in range(users)
        for number in range(views)
    }
    assert len(truth) == len(shown), f"seed {seed}"
    for view in shown:
        assert truth[view.subject] == view.actor.name, f"seed {seed}"
    assert not [e for e in events if isinstance(e, GapRecorded)]
    assert users * (views + 1) == sum(isinstance(e, ExchangeRecorded) for e in events)
    assert events == list(replay(file, {"sonar": pipeline()}))
