"""From exchanges to events: the story of one view, and what never leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxy.attribution.sessions import Sessions
from proxy.connection_context import ConnectionContext
from proxy.events import (
    Action,
    Event,
    ExchangeRecorded,
    Extraction,
    SessionChanged,
    SessionKind,
    ViewRecorded,
    encode,
)
from proxy.events.custody import SubjectSeen
from proxy.exchange.model import Exchange
from proxy.extraction.model import Reading
from proxy.extraction.view import View
from proxy.pipeline import Keys, Outcome, Pipeline
from proxy.pseudonym import pseudonym
from proxy.recovery import Recovery
from proxy.ruleset.model import RuleSet
from proxy.ruleset.reader import load
from tests.support.browsing import LATER, MS, exchange
from tests.support.dialects import later, layout, record

RULES = b"""
application: sonar
session: {cookie: SID}
login:
  - form: {request: "POST /login", user: form.username}
    confirmed_when: {status: 302, set_cookie: {SID: changed}}
logout:
  - {request: "GET /logout"}
records:
  client_detail:
    request: "GET /client/{id}"
    action: view
    subject: {type: client, id: path.id}
    data: {contact: {css: "#address"}, health: {css: "#medical"}}
  client_search:
    request: "GET /clients"
    action: search
    each: {css: "table#results tr[data-id]"}
    subject: {type: client, id: attr.data-id}
ignore: ["GET /static/**", "*.css"]
"""
KEYS = Keys(session=b"s" * 32, subject=b"p" * 32, subject_key_id=3)
WALL = 10**18
CONTEXT = ConnectionContext(
    application="sonar",
    wire=0xA1,
    connection=7,
    client_address="10.0.0.9",
    wall_minus_monotonic_ns=WALL,
)


def rules() -> RuleSet:
    """The small application of this file."""
    found = load(RULES, "sonar.yaml")
    assert isinstance(found, RuleSet), str(found)
    return found


def pipeline(sessions: Sessions | None = None) -> Pipeline:
    """A fresh one."""
    return Pipeline(rules(), sessions or Sessions(), KEYS)


def run(line: Pipeline, *exchanges: Exchange) -> list[Event]:
    """Events of these, each observed and finished at once."""
    return [event for one in exchanges for event in outcome(line, one).events]


def outcome(line: Pipeline, one: Exchange) -> Outcome:
    """Both halves."""
    return line.finish(line.observe(CONTEXT, one))


def login(name: str = "jansen", *, at: int = LATER, gives: str = "koekje") -> Exchange:
    """A login that succeeds."""
    return exchange(
        "/login",
        at=at,
        form=f"username={name}&password=wachtwoord-canary",
        status=302,
        location="/home;jsessionid=location-canary",
        set_cookie=f"SID={gives}; Path=/",
    )


def test_a_view_names_employee_client_action_and_data() -> None:
    """The row everything is about."""
    line = pipeline()
    page = exchange(
        "/client/900123?x=1",
        at=2 * LATER,
        cookie="SID=koekje",
        body=b"<p id=address>Dorpsstraat</p>",
        offset=555,
    )

    _, _, recorded, view = run(line, login(), page)

    assert isinstance(view, ViewRecorded)
    assert view.actor.name == "jansen"
    assert view.actor.binding == "a1-7-0"
    assert view.subject == pseudonym(KEYS.subject, "client", "900123")
    assert (view.subject_key, view.action) == (3, Action.VIEW)
    assert view.categories == ("contact",)
    assert view.started_ns == WALL + 2 * LATER
    assert isinstance(recorded, ExchangeRecorded)
    assert recorded.path == "/client/{id}"
    assert recorded.rule == "client_detail"
    assert (recorded.views, recorded.extraction) == (1, Extraction.RECORDED)
    assert (recorded.request_offset, recorded.request_bytes) == (555, 100)
    assert recorded.ended_ns == WALL + 2 * LATER + 10 * MS
    assert recorded.client_address == "10.0.0.9"
    assert recorded.content_type == "text/html"
    assert recorded.ruleset == rules().hash


def test_a_list_gives_a_view_per_row_with_its_place() -> None:
    """Search results are seen too."""
    rows = b"".join(b"<tr data-id=%d><td>x</td></tr>" % n for n in (5, 6, 7))
    body = b"<table id=results>" + rows + b"</table>"

    events = run(pipeline(), exchange("/clients", body=body))

    views = [event for event in events if isinstance(event, ViewRecorded)]
    assert [view.position for view in views] == [0, 1, 2]
    assert views[2].subject == pseudonym(KEYS.subject, "client", "7")
    assert views[0].actor.reason == "no_session"


def test_every_exchange_gets_its_row_whatever_it_was() -> None:
    """Ignored, unmapped, failed, unanswered: each says what it was."""
    line = pipeline()
    events = run(
        line,
        exchange("/static/logo.js"),
        exchange("/new/screen/12", body=b"<p>hello</p>"),
        exchange("/client/9", answered=False),
        exchange("/client/9", status=403),
    )

    rows = [event for event in events if isinstance(event, ExchangeRecorded)]
    assert [row.extraction for row in rows] == [
        Extraction.NOTHING_EXPECTED,
        Extraction.UNMAPPED,
        Extraction.FAILED,
        Extraction.NOTHING_EXPECTED,
    ]
    assert rows[1].path == "/new/screen/{}"
    assert [row.status for row in rows] == [200, 200, 0, 403]


def test_a_login_makes_a_session_change_beside_its_exchange() -> None:
    """What the binding rests on, with its time and key digests."""
    changed, recorded = run(pipeline(), login())

    assert isinstance(changed, SessionChanged)
    assert changed.kind is SessionKind.LOGGED_IN
    assert changed.at_ns == WALL + LATER + 10 * MS
    assert changed.actor.session
    assert isinstance(recorded, ExchangeRecorded)
    assert recorded.actor == changed.actor


def test_session_records_restore_the_binding_in_a_new_recorder() -> None:
    """Committed with the events; read at the next start."""
    stored: dict[bytes, bytes] = {}
    for key, blob in outcome(pipeline(), login()).sessions:
        assert blob is not None
        stored[key] = blob
    sessions = Sessions()
    sessions.load(stored.items(), WALL)

    page = exchange("/client/9", at=2 * LATER, cookie="SID=koekje")
    view = run(pipeline(sessions), page)[-1]

    assert isinstance(view, ViewRecorded)
    assert view.actor.name == "jansen"


def test_secrets_and_ids_are_nowhere_in_events_or_session_records() -> None:
    """Passwords, cookies, session keys in addresses, subject ids."""
    line = pipeline()
    first = outcome(line, login(gives="cookie-canary"))
    second = outcome(
        line,
        exchange(
            "/client/900123;jsessionid=path-canary?token=query-canary",
            at=2 * LATER,
            cookie="SID=cookie-canary; other=other-canary",
            body=b"<p>body-canary</p>",
            set_cookie="SID=rotated-canary",
        ),
    )
    third = outcome(
        line,
        exchange(
            "/login",
            at=3 * LATER,
            form="username=typed-canary&password=wachtwoord-canary",
        ),
    )
    fourth = outcome(
        line, exchange("/x9canary9/7;sid=path-canary", body=b"1", cookie="SID=q-canary")
    )

    written = b""
    for one in (first, second, third, fourth):
        written += b"".join(encode(event) for event in one.events)
        written += b"".join(key + (blob or b"") for key, blob in one.sessions)
    assert b"canary" not in written
    assert b"900123" not in written
    assert b"canary" not in repr(KEYS).encode()
    assert b"s" * 32 not in repr(KEYS).encode()


class _Broken(RuleSet):
    """Rules whose reading is a fault of our own."""

    def read(  # type: ignore[explicit-override] # @override needs Python 3.12
        self, exchange: Exchange | View
    ) -> Reading:
        """Fail."""
        raise RuntimeError("injected")


def test_a_fault_in_the_extraction_is_a_failed_exchange_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The recorder must go on; the row says ``internal``."""
    found = rules()
    broken = _Broken(
        application=found.application,
        hash=found.hash,
        attribution=found.attribution,
        records=found.records,
    )
    line = Pipeline(broken, Sessions(), KEYS)

    _, recorded = run(line, login())

    assert isinstance(recorded, ExchangeRecorded)
    assert recorded.extraction is Extraction.FAILED
    assert recorded.extraction_reason == "internal"
    assert recorded.actor.name == "jansen"
    assert line.counters.extraction_failed == 1
    assert "extraction failed" in caplog.text


def test_a_fault_in_the_attribution_costs_the_name_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The exchange and its views are recorded all the same."""
    line = pipeline()
    page = exchange("/client/9", cookie="SID=a")
    page.request.headers.append((b"cookie", None))  # type: ignore[arg-type]

    recorded, view = run(line, page)

    assert isinstance(recorded, ExchangeRecorded)
    assert recorded.actor.reason == "internal"
    assert isinstance(view, ViewRecorded)
    assert line.counters.attribution_failed == 1
    assert "attribution failed" in caplog.text


def test_an_overlong_method_is_cut() -> None:
    """Methods are free text of the client's."""
    recorded = run(pipeline(), exchange("/x", method="M" * 5000))[0]

    assert isinstance(recorded, ExchangeRecorded)
    assert len(recorded.method) == 32


def test_applications_do_not_share_cookies() -> None:
    """One table serves several; equal values stay apart."""
    sessions = Sessions()
    sonar = pipeline(sessions)
    other = Pipeline(replace(rules(), application="other"), sessions, KEYS)
    run(sonar, login(gives="a"))

    page = exchange("/client/9", at=2 * LATER, cookie="SID=a")

    foreign = run(other, page)[-1]
    assert isinstance(foreign, ViewRecorded)
    assert foreign.actor.name == ""


SIEBEL = b"""
application: sonar
session: {cookie: SID}
login:
  - form: {request: "POST /start.swe", form: {SWECmd: ExecuteLogin}, user: form.SWEUserName}
    confirmed_when: {set_cookie: {SID: changed}}
dialect: siebel
records:
  account:
    request: "/start.swe"
    operation: [GotoView, Drilldown]
    action: view
    each: {siebel: Account}
    subject: {type: account, id: json.Id}
"""  # noqa: E501


def test_a_view_chained_onto_a_login_is_of_the_new_actor_and_explains_later_ones() -> (
    None
):
    """The layout is remembered under the key that the login issued."""
    found = load(SIEBEL, "siebel.yaml")
    assert isinstance(found, RuleSet), str(found)
    line = Pipeline(found, Sessions(), KEYS)
    full = layout("Account", ("Name", "Id"), record("1-A", "Jansen"))
    chained = exchange(
        "/start.swe",
        form="SWECmd=ExecuteLogin&SWEUserName=jansen&SWEPassword=x&SWEAC=SWECmd=Gv",
        cookie="SID=before",
        set_cookie="SID=after",
        body=full.encode(),
    )
    drilldown = exchange(
        "/start.swe",
        at=2 * LATER,
        form="SWECmd=InvokeMethod&SWEMethod=Drilldown",
        cookie="SID=after",
        body=later(record("1-B", "de Vries")).encode(),
    )

    events = run(line, chained, drilldown)

    views = [event for event in events if isinstance(event, ViewRecorded)]
    assert [(view.actor.name, view.subject, view.rule) for view in views] == [
        ("jansen", pseudonym(KEYS.subject, "account", "1-A"), "account"),
        ("jansen", pseudonym(KEYS.subject, "account", "1-B"), "account"),
    ]


def listed(number: int, body: bytes, *, at: int = LATER) -> Exchange:
    """A search by somebody in a session of his own."""
    return exchange("/clients?q=x", at=at, cookie=f"SID=s{number}", body=body)


def test_a_screen_that_changed_is_failed_also_after_a_restart() -> None:
    """Not "nothing viewed"; what the rule used to find is kept with the sessions."""
    rows = b'<table id="results"><tr data-id="7"></tr></table>'
    line = pipeline()
    kept: dict[bytes, bytes] = {}

    def records(number: int, body: bytes) -> ExchangeRecorded:
        found = outcome(line, listed(number, body))
        kept.update((key, blob) for key, blob in found.sessions if blob is not None)
        (event,) = [one for one in found.events if isinstance(one, ExchangeRecorded)]
        return event

    before = [records(number, rows) for number in range(64)]
    line = pipeline()
    line.drift.load(kept.items())
    after = [records(number, b"<table id=new>") for number in range(64, 74)]

    assert {one.extraction for one in before} == {Extraction.RECORDED}
    assert [(one.extraction.value, one.extraction_reason) for one in after] == (
        [("recorded", "no_rows")] * 5 + [("failed", "drift")] * 5
    )


def test_an_id_that_was_recorded_is_a_sign_on_a_page_that_no_rule_reads() -> None:
    """Also when the rule set ignores the page; a version later still."""
    line = pipeline()
    page = exchange("/client/900123", body=b"<p id=address>x")

    def reasons(body: bytes) -> list[str]:
        found = []
        for path in ("/new/screen", "/static/x"):
            events = run(line, exchange(path, body=body))
            found += [
                one.extraction_reason
                for one in events
                if isinstance(one, ExchangeRecorded)
            ]
        return found

    assert reasons(b"<p>900123") == ["no_rule", "ignored"]
    run(line, page)
    assert reasons(b"<p>900123") == ["subject", "subject"]
    line = line.succeeded_by(replace(rules(), hash="newer"))
    assert reasons(b"<p>900123") == ["subject", "subject"]
    assert reasons(b"<p>900124") == ["no_rule", "ignored"]


def test_ids_are_recorded_once() -> None:
    """Under a recovery key only; whatever the version of the rules."""
    keys = replace(KEYS, recovery=Recovery(b"r" * 64, 1))
    line = Pipeline(rules(), Sessions(), keys)
    page = exchange("/client/4711")

    first = run(line, page)
    again = run(line.succeeded_by(rules()), page)

    seen = [each for each in first if isinstance(each, SubjectSeen)]
    assert len(seen) == 1
    assert seen[0].recovery_key == 1
    assert not [each for each in again if isinstance(each, SubjectSeen)]
    without = run(pipeline(), page)
    assert not [each for each in without if isinstance(each, SubjectSeen)]
