"""A tracker that nobody here wrote, behind the sidecar: whom did it show what?

Roundup's own database is the truth. The config and the rule set are those of
``deploy/examples/roundup``, with other ports.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from xmlrpc.client import Fault

import pytest

from deploy.demo.sidecar import free_ports
from proxy.journal import JournalReader
from proxy.keys import load as load_keys
from proxy.pseudonym import pseudonym
from tests.support.roundup import TOPICS, Browser, Program, Tracker, tracker
from tests.support.sidecars import Running, run, whosaw_json
from tests.support.waiting import until

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "roundup"
USERS = ("joan", "rik", "femke")
NOBODY = ""

Shown = Counter[tuple[str, str, str]]
"""(account, action, issue) as often as it was shown."""


@dataclass(slots=True)
class Truth:
    """What the tracker showed, by what its database holds."""

    titles: dict[str, str]
    shown: Shown = field(default_factory=Counter)
    exchanges: int = 0

    def about(self, topic: str) -> list[str]:
        """Issues with this word in their title."""
        return [number for number, title in self.titles.items() if topic in title]


@dataclass(slots=True)
class Employee:
    """Uses the tracker in one browser and writes down what it must have shown."""

    browser: Browser
    tracker: Tracker
    truth: Truth
    account: str = NOBODY

    def log_in(self, account: str) -> None:
        """Mistype the password once, then log in; the front page comes first."""
        for word, accepted in ((f"not-{account}", False), (None, True)):
            self._front_page_shown()
            password = word or self.tracker.users[account]
            status, answer = self.browser.login(account, password)
            self.truth.exchanges += 2
            assert status == 302
            assert accepted == (f"Welcome+{account}" in answer)
        self.account = account

    def log_out(self) -> None:
        """By the link of the menu."""
        status, _ = self._get("/?@action=logout")
        assert status == 302
        self.account = NOBODY

    def list(self, path: str = "/issue") -> None:
        """All issues there are."""
        status, page = self._get(path)
        assert status == 200
        assert set(re.findall(r'href="issue(\d+)"', page)) == set(self.truth.titles)
        self._shown("list", *self.truth.titles)

    def open(self, issue: str) -> None:
        """One issue, with its title."""
        status, page = self._get(f"/issue{issue}")
        assert status == 200
        assert self.truth.titles[issue] in page
        self._shown("view", issue)

    def search(self, topic: str) -> None:
        """By a word of the title."""
        columns = "@columns=id,activity,title,status&@sort=activity&@pagesize=50"
        status, page = self._get(f"/issue?{columns}&@search_text={topic}")
        found = self.truth.about(topic)
        assert status == 200
        assert set(re.findall(r'href="issue(\d+)"', page)) == set(found)
        self._shown("search", *found)

    def turn_pages(self, size: int) -> None:
        """All issues, a few at a time, as the links below the list lead."""
        start = 0
        while True:
            columns = "@columns=id,title&@sort=id"
            path = f"/issue?{columns}&@pagesize={size}&@startwith={start}"
            status, page = self._get(path)
            found = re.findall(r'href="issue(\d+)"', page)
            assert status == 200
            assert found == list(self.truth.titles)[start : start + size]
            self._shown("list", *found)
            start += size
            if f"@startwith={start}" not in page:
                break

    def export(self, topic: str) -> None:
        """A search as CSV."""
        status, text = self._get(
            "/issue?@action=export_csv&@columns=id,title,status&@sort=id"
            f"&@search_text={topic}"
        )
        found = self.truth.about(topic)
        assert status == 200
        assert [row["id"] for row in csv.DictReader(io.StringIO(text))] == found
        self._shown("export", *found)

    def retitle(self, issue: str) -> None:
        """Open an issue, change it, and be led back to it."""
        _, page = self._get(f"/issue{issue}")
        self._shown("view", issue)
        fields = dict(
            re.findall(r'name="(@[a-z]+)" type="hidden" value="([^"]*)"', page)
        )
        status, _ = self._post(
            f"/issue{issue}", {**fields, "title": self.truth.titles[issue]}
        )
        assert status == 302
        self._shown("update", issue)

    def see_nothing(self) -> None:
        """Pages without an issue, and issues that are not there."""
        for path in ("/issue?@template=search", "/user", "/@@file/style.css"):
            assert self._get(path)[0] == 200
        for path in ("/issue9999", "/msg9999", "/file9999", "/issue/x"):
            assert self._get(path)[0] == 404
        assert self._get("/?@action=show&@type=issue&@number=1")[0] == 302

    def _get(self, path: str) -> tuple[int, str]:
        self.truth.exchanges += 1
        return self.browser.get(path)

    def _post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        self.truth.exchanges += 1
        return self.browser.post(path, fields)

    def _shown(self, action: str, *issues: str) -> None:
        self.truth.shown.update((self.account, action, issue) for issue in issues)

    def _front_page_shown(self) -> None:
        self._shown("list", *self.truth.titles)


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Tracker, Running]]:
    """The tracker behind a sidecar with two wires, from the example's files."""
    directory = tmp_path_factory.mktemp("roundup")
    public, store = free_ports(2)
    home = directory / "home"
    home.mkdir()
    shutil.copy(EXAMPLE / "rules.yaml", directory)
    with tracker(home, public, USERS, issues=12) as served:
        config = directory / "whosaw.yaml"
        text = (EXAMPLE / "whosaw.yaml").read_text()
        for documented, free in ((8080, public), (9080, served.port), (8123, store)):
            text = text.replace(f"127.0.0.1:{documented}", f"127.0.0.1:{free}")
        config.write_text(text)
        with run(config) as running:
            yield served, running


@dataclass(frozen=True, slots=True)
class Stage:
    """The tracker behind the sidecar, and where the journal was at the start."""

    tracker: Tracker
    running: Running
    truth: Truth
    before: int

    def employee(self, truth: Truth | None = None) -> Employee:
        """Somebody in a fresh browser."""
        browser = Browser(self.running.port())
        return Employee(browser, self.tracker, truth or self.truth)

    def asked(self, sql: str) -> list[tuple[object, ...]]:
        """Rows; ``{mine}`` in the statement keeps to rows of this test."""
        with closing(self.running.store()) as store:
            found = store.query(sql.format(mine=f"seq > {self.before}"))
        return [tuple(row) for row in found.rows]

    def until_stored(self) -> None:
        """Wait for all exchanges of the truth."""
        self.running.until_stored(
            lambda: (
                self.asked("SELECT count() FROM exchanges WHERE {mine}")
                == [(self.truth.exchanges,)]
            )
        )

    def recorded(self) -> Shown:
        """The views in the store, with the issues' numbers again."""
        key = load_keys(self.running.config.keys).subject_key
        names = {pseudonym(key, "issue", str(n)): str(n) for n in range(10_000)}
        rows = self.asked(
            "SELECT actor, toString(action), subject FROM views WHERE {mine}"
        )
        return Counter(
            (str(actor), str(action), names[subject])
            for actor, action, subject in rows
            if isinstance(subject, bytes)
        )


@pytest.fixture
def stage(place: tuple[Tracker, Running]) -> Stage:
    """What was shown before does not count for this test."""
    served, running = place
    _, tail = JournalReader(running.config.journal_directory).tail()
    return Stage(served, running, Truth(served.titles()), tail)


def test_every_issue_is_recorded_for_the_user_it_was_shown_to(stage: Stage) -> None:
    """Two users at once on one machine, and one after the other in one browser."""
    issues = stage.tracker.issues
    apart = [Truth(stage.truth.titles), Truth(stage.truth.titles)]

    def work(number: int) -> None:
        mine = stage.employee(apart[number])
        mine.open(issues[-1])
        mine.log_in(USERS[number])
        mine.list()
        for issue in issues[number::2]:
            mine.open(issue)
        mine.turn_pages(5)
        mine.search(TOPICS[number])
        mine.see_nothing()
        mine.export(TOPICS[number])
        mine.log_out()
        mine.open(issues[number])
        mine.log_in(USERS[2] if number else USERS[number])
        mine.list("/")
        mine.retitle(issues[number])
        mine.log_out()
        mine.list()
        mine.browser.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    for part in apart:
        stage.truth.shown += part.shown
        stage.truth.exchanges += part.exchanges
    stage.until_stored()

    assert stage.truth.shown == stage.recorded()
    assert (
        stage.asked(
            "SELECT path, toString(extraction), extraction_reason FROM exchanges "
            "WHERE {mine} AND extraction NOT IN ('recorded', 'nothing_expected')"
        )
        == []
    )
    assert stage.asked("SELECT * FROM gaps WHERE {mine}") == []


def test_whosaw_answers_with_the_users_who_opened_an_issue(stage: Stage) -> None:
    """The question the project exists for, asked of a real application."""
    issue = stage.tracker.issues[4]
    begun = datetime.now(UTC).isoformat()
    for account in USERS[:2]:
        employee = stage.employee()
        employee.log_in(account)
        employee.open(issue)
        employee.browser.close()
    stage.until_stored()
    asked = ("--from", begun, "--reason", "case 7")
    more = ("--json", *asked, "--config", stage.running.config.file)

    who_saw = whosaw_json("who-saw", issue, "--type", "issue", *more)
    seen_by = whosaw_json("seen-by", USERS[0], *more)

    opened = [view for view in who_saw["views"] if view["opened"]]
    assert list(USERS[:2]) == [view["actor"] for view in opened]
    assert [view["strength"] for view in opened] == ["confirmed"] * 2
    assert [view["categories"] for view in opened] == [["history"]] * 2
    assert [
        [view["rule"] for view in each["views"] if view["opened"] is wanted]
        for each, wanted in ((seen_by, True), (seen_by, False))
    ] == [["issue_item"], []]
    assert [] == who_saw["gaps"] == who_saw["unread"]


def test_the_page_greets_the_one_who_logged_in(stage: Stage) -> None:
    """``confirm_user`` reads Roundup's greeting: it agrees with every login."""
    for account in USERS:
        employee = stage.employee()
        employee.log_in(account)
        employee.open(stage.tracker.issues[0])
        employee.log_out()
        employee.browser.close()
    stage.until_stored()

    happened = Counter(
        stage.asked("SELECT toString(kind), actor FROM sessions WHERE {mine}")
    )

    assert happened == Counter(
        (kind, account if kind != "login_failed" else NOBODY)
        for kind in ("login_failed", "logged_in", "logged_out")
        for account in USERS
    )


def test_programs_are_recorded_by_the_name_they_send(stage: Stage) -> None:
    """REST and XML-RPC: lists in pages, items, parts, changes, and what is missing."""
    truth, issues = stage.truth, stage.tracker.issues
    words = stage.tracker.users
    program = Program(stage.running.port(), "joan", words["joan"])
    nobody = Program(stage.running.port())
    wrong = Program(stage.running.port(), "joan", "canary-not-the-word")

    def shown(action: str, *found: str) -> None:
        truth.shown.update(("joan", action, issue) for issue in found)

    _, everything = program.rest("GET", "issue")
    shown("list", *issues)
    _, second = program.rest("GET", "issue?@page_size=5&@page_index=2")
    shown("list", *issues[5:10])
    _, one = program.rest("GET", f"issue/{issues[2]}")
    _, part = program.rest("GET", f"issue/{issues[3]}/title")
    shown("view", issues[2], issues[3])
    etag = one["data"]["@etag"]
    changed, _ = program.rest(
        "PATCH", f"issue/{issues[2]}", {"priority": "1"}, **{"If-Match": etag}
    )
    shown("update", issues[2])
    missing, _ = program.rest("GET", "issue/9999")
    refused, _ = wrong.rest("GET", f"issue/{issues[0]}")
    unnamed, _ = nobody.rest("GET", f"issue/{issues[0]}")
    with program.rpc() as rpc:
        listed = rpc.list("issue", "id")
        shown("list", *issues)
        found = rpc.filter("issue", None, {"title": TOPICS[0]})
        shown("list", *truth.about(TOPICS[0]))
        title = rpc.display(f"issue{issues[4]}", "title")
        shown("view", issues[4])
        with pytest.raises(Fault):
            rpc.display("issue9999")
    with nobody.rpc() as rpc, pytest.raises(Fault):
        rpc.display(f"issue{issues[5]}")
    truth.exchanges += 13
    stage.until_stored()

    assert [each["id"] for each in everything["data"]["collection"]] == list(issues)
    assert [each["id"] for each in second["data"]["collection"]] == list(issues[5:10])
    assert part["data"]["data"] == truth.titles[issues[3]]
    assert (changed, missing, refused, unnamed) == (200, 404, 401, 403)
    assert sorted(cast("list[str]", listed), key=int) == list(issues)
    assert sorted(cast("list[str]", found), key=int) == truth.about(TOPICS[0])
    assert title == {"title": truth.titles[issues[4]]}
    assert truth.shown == stage.recorded()
    assert (
        stage.asked(
            "SELECT path, toString(extraction), extraction_reason FROM exchanges "
            "WHERE {mine} AND extraction NOT IN ('recorded', 'nothing_expected')"
        )
        == []
    )


def test_what_cannot_be_read_of_a_list_is_told(stage: Stage) -> None:
    """Titles without numbers, and a page of messages that no rule knows."""
    program = Program(stage.running.port(), "rik", stage.tracker.users["rik"])

    with program.rpc() as rpc:
        rpc.list("issue")
        rpc.schema()
    stage.truth.exchanges += 2
    stage.until_stored()

    assert stage.asked(
        "SELECT rule, toString(extraction), extraction_reason, actor FROM exchanges "
        "WHERE {mine} ORDER BY rule"
    ) == [
        ("", "unmapped", "no_rule", "rik"),
        ("rpc_list", "failed", "unreadable_rows", "rik"),
    ]
    until(
        lambda: stage.running.verdict().startswith(
            "recording everything; not read since the recorder started: "
        ),
        "status tells of them first",
    )
