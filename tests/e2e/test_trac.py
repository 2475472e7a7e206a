"""An application described from docs/rules.md alone, in forty lines: Trac.

Its own database is the truth. The config and the rule set are those of
``deploy/examples/trac``, with other ports.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from proxy.events import ExchangeRecorded
from proxy.keys import load as load_keys
from proxy.pseudonym import term_hash
from tests.support.sidecars import Front, Running, sidecar
from tests.support.trac import TOPICS, Browser, Tracker, tracker

pytest.importorskip("trac")

RULES = Path(__file__).parents[2] / "deploy" / "examples" / "trac" / "rules.yaml"
USERS = ("joan", "rik")
NOBODY = ""


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Tracker, Running]]:
    """A tracker with nine tickets, behind a sidecar."""
    directory = tmp_path_factory.mktemp("trac")
    with tracker(directory / "helpdesk", USERS, tickets=9) as served:
        upstream = f"http://127.0.0.1:{served.port}"
        front = Front(name="helpdesk", rules=RULES, upstream=upstream)
        with sidecar(directory / "sidecar", [front]) as running:
            yield served, running


def test_every_ticket_is_recorded_for_the_one_it_was_shown_to(
    place: tuple[Tracker, Running],
) -> None:
    """Anonymous and logged in: page, list, report, search, files, changes."""
    served, running = place
    shown: Counter[tuple[str, str, str]] = Counter()
    exchanges = int(str(running.asked("SELECT count() FROM exchanges")[0][0]))
    with closing(Browser(running.port())) as browser:

        def read(account: str, path: str, action: str, *tickets: str) -> str:
            nonlocal exchanges
            status, text = browser.get(path)
            assert status == 200, path
            exchanges += 1
            shown.update((account, action, ticket) for ticket in tickets)
            return text

        def browse(account: str) -> None:
            summaries = served.summaries()
            about = [number for number, said in summaries.items() if TOPICS[0] in said]
            page = read(account, "/ticket/4", "view", "4")
            assert summaries["4"] in page
            read(account, "/report/1", "list", *summaries)
            read(account, "/query?status=!closed", "list", *summaries)
            read(account, f"/search?q={TOPICS[0]}&ticket=on", "search", *about)
            read(account, "/search?q=nothing-of-this&ticket=on", "search")
            read(account, "/wiki", "view")
            text = read(
                account, "/query?status=!closed&format=csv&col=id", "export", *summaries
            )
            assert len(list(csv.DictReader(io.StringIO(text)))) == len(summaries)
            read(account, "/ticket/4?format=tab", "export", "4")

        browse(NOBODY)
        assert browser.login(USERS[0], "wrong") == 401
        assert browser.login(USERS[0], served.users[USERS[0]]) == 302
        assert "trac_auth" in browser.cookies
        read(USERS[0], "/", "view")
        exchanges += 4
        browse(USERS[0])
        filed = {"field_summary": "Heating is out", "field_type": "defect"}
        status, text = browser.post("/newticket", filed | {"submit": "Create"})
        assert status in (302, 303), text[-3000:]
        shown[USERS[0], "create", "10"] += 1
        status, page = browser.get("/ticket/10")
        assert "Heating is out" in page
        shown[USERS[0], "view", "10"] += 1
        said = {"action": "leave", "comment": "I called", "submit": "Submit"}
        for field in re.findall(r'<input[^>]* name="(?:start|view)_time"[^>]*>', page):
            name, value = re.search(r'name="(\w+)"', field), re.search(r"\d{6,}", field)
            assert name is not None
            assert value is not None
            said[name[1]] = value[0]
        status, text = browser.post("/ticket/10", said)
        assert status in (302, 303), text[-3000:]
        shown[USERS[0], "update", "10"] += 1
        exchanges += 3
        status, _ = browser.post("/logout", {})
        assert status in (302, 303), text[-3000:]
        exchanges += 1
        browser.cookies.clear()
        browse(NOBODY)
        status, _ = browser.get("/ticket/4711")
        assert status == 404
        exchanges += 1

    running.until_exchanges(exchanges)

    assert shown == running.shown("ticket", served.summaries())
    assert (
        running.asked(
            "SELECT path, toString(extraction), extraction_reason FROM exchanges "
            "WHERE extraction NOT IN ('recorded', 'nothing_expected')"
        )
        == []
    )
    assert running.asked("SELECT * FROM gaps") == []


def test_what_was_searched_for_is_kept_as_a_keyed_hash(
    place: tuple[Tracker, Running],
) -> None:
    """Whoever knows the word can ask for it; nobody reads it."""
    _, running = place
    with closing(Browser(running.port())) as browser:
        browser.get("/search?q=++NO++Such&ticket=on")

    key = load_keys(running.config.keys).subject_key
    wanted = term_hash(key, "term", "no such")
    running.until_stored(
        lambda: (
            running.asked(
                "SELECT count() FROM exchanges "
                f"WHERE arrayExists(t -> t.1 = 'term' AND t.2 = '{wanted}', context)"
            )
            == [(1,)]
        )
    )
    terms = [
        term.value
        for event in running.events()
        if isinstance(event, ExchangeRecorded)
        for term in event.context
    ]
    assert "such" not in " ".join(terms)
