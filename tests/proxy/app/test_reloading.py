"""Rule sets are replaced whole or not at all, while traffic goes on."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

import pytest

from proxy.app.reloading import Reloading, Replaceable, start
from proxy.app.rulesets import load_file
from proxy.attribution.sessions import Sessions
from proxy.connection_context import ConnectionContext
from proxy.errors import UsageError
from proxy.events import Event, ExchangeRecorded
from proxy.pipeline import Keys, Pipeline
from proxy.ruleset import RuleSet
from tests.support.pages import exchange
from tests.support.waiting import until_async

RULES = """\
application: tickets
session: {cookie: SID}
names: {aliases: aliases.csv}
login:
  - form: {request: "POST /login", user: form.u}
    confirmed_when: {set_cookie: {SID: changed}}
records:
  client: {request: "GET /client/{id}", action: view, subject: {type: c, id: path.id}}
"""
MORE = RULES + (
    "  report: {request: GET /report, action: list, subject: {type: c, id: query.c}}\n"
)
KEYS = Keys(session=bytes(32), subject=bytes(32), subject_key_id=1)
CONTEXT = ConnectionContext(
    application="tickets",
    wire=1,
    connection=1,
    client_address="",
    wall_minus_monotonic_ns=0,
)


@dataclass(slots=True)
class Place:
    """A rule file, and what watches it."""

    path: Path
    application: Replaceable
    reloading: Reloading

    def write(self, text: str) -> None:
        """As editors save: another file takes the place."""
        beside = self.path.with_suffix(".new")
        beside.write_text(text)
        beside.replace(self.path)

    def read(self, target: str) -> ExchangeRecorded:
        """What becomes of one request."""
        return recorded(
            self.application.finish(
                self.application.observe(CONTEXT, exchange(target, "x"))
            ).events
        )


def recorded(events: list[Event]) -> ExchangeRecorded:
    """The exchange among them."""
    return next(event for event in events if isinstance(event, ExchangeRecorded))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """The first version is in force."""
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    (tmp_path / "aliases.csv").write_text("alias,name\njansen,jan\n")
    loaded = load_file(path)
    assert isinstance(loaded, RuleSet), str(loaded)
    application = Replaceable(Pipeline(loaded, Sessions(), KEYS))
    files, kept = {"tickets": path}, tmp_path / "kept"
    reloading = Reloading(files, {"tickets": application}, kept)
    return Place(path, application, reloading)


def test_a_file_that_changed_takes_over_with_its_hash(place: Place) -> None:
    """From the next exchange on, without a restart."""
    before = place.read("/report?c=1")

    place.write(MORE)
    place.reloading.look()
    after = place.read("/report?c=1")

    assert (before.rule, after.rule) == ("", "report")
    assert before.ruleset != after.ruleset
    assert {"tickets": after.ruleset} == place.reloading.figures()["rulesets"]
    assert place.reloading.reloads == 1


def test_what_was_observed_is_finished_by_the_same_version(place: Place) -> None:
    """No exchange is read by two."""
    prepared = place.application.observe(CONTEXT, exchange("/report?c=1", "x"))

    place.write(MORE)
    place.reloading.look()
    event = recorded(place.application.finish(prepared).events)

    assert event.rule == ""
    assert event.ruleset != place.read("/report?c=1").ruleset


def test_a_wrong_file_leaves_the_old_in_force_and_is_told(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log and in the report, until the file is right."""
    before = place.read("/client/1")

    place.write(MORE.replace("action: list", "action: lst"))
    place.reloading.look()
    during = place.read("/client/1")
    refused = dict(place.reloading.refused)
    place.write(MORE)
    place.reloading.look()

    assert before.ruleset == during.ruleset
    assert "did you mean list?" in refused["tickets"]
    assert f"rule set {before.ruleset} stays in force" in caplog.text
    assert place.reloading.refused == {}
    assert place.read("/report?c=1").rule == "report"


def test_a_file_that_is_gone_changes_nothing(place: Place) -> None:
    """Editors take a file away before they put the new one there."""
    place.path.unlink()
    place.reloading.look()
    gone = dict(place.reloading.refused)
    place.path.write_text(RULES)
    place.reloading.look()

    assert "cannot read the rule set" in gone["tickets"]
    assert place.reloading.refused == {}
    assert place.reloading.reloads == 0


def test_a_file_it_refers_to_is_watched_as_well(place: Place) -> None:
    """Aliases, certificates, key sets."""
    (place.path.parent / "aliases.csv").write_text("alias,name\njansen,janssen\n")
    place.reloading.look()

    assert place.reloading.reloads == 1


def test_who_is_logged_in_stays_so(place: Place) -> None:
    """Sessions are not the rule set's."""
    login = exchange(
        "/login",
        method="POST",
        form="u=jansen",
        headers=[(b"set-cookie", b"SID=a; Path=/")],
    )
    opened = exchange("/client/1", "x")
    opened.request.start_ns = 10
    opened.request.headers.append((b"cookie", b"SID=a"))
    place.application.finish(place.application.observe(CONTEXT, login))

    place.write(MORE)
    place.reloading.look()
    event = recorded(
        place.application.finish(place.application.observe(CONTEXT, opened)).events
    )

    assert event.actor.name == "jan"


def test_a_start_with_a_wrong_file_goes_on_with_the_version_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A recorder that has to start again records; the first start of all stops."""
    path, kept = tmp_path / "rules.yaml", tmp_path / "kept"
    (tmp_path / "aliases.csv").write_text("alias,name\njansen,jan\n")
    path.write_text(MORE.replace("action: list", "action: lst"))
    with pytest.raises(UsageError, match="did you mean list"):
        start({"tickets": path}, kept)

    path.write_text(MORE)
    first, _ = start({"tickets": path}, kept)
    path.write_text(MORE.replace("action: list", "action: lst"))
    again, refused = start({"tickets": path}, kept)

    assert first["tickets"].hash == again["tickets"].hash
    assert "did you mean list?" in refused["tickets"]
    assert "stays in force" in caplog.text


async def test_asking_reads_again_without_waiting_for_a_change(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """SIGHUP; a look a second finds what changed by itself."""
    caplog.set_level(logging.INFO)
    task = asyncio.create_task(place.reloading.run())
    place.write(MORE)
    place.reloading.ask()

    await until_async(lambda: place.reloading.reloads == 1, "the new version")

    place.write(RULES)
    await until_async(lambda: place.reloading.reloads == 2, "the change is seen")
    assert "follows" in caplog.text
    task.cancel()
