"""``trace_context`` and ``processing_activity``: what of them reaches the events."""

from __future__ import annotations

from proxy.attribution.sessions import Sessions
from proxy.connection_context import ConnectionContext
from proxy.events import Event, ExchangeRecorded, ViewRecorded
from proxy.pipeline import Keys, Pipeline
from proxy.ruleset import RuleSet, load
from tests.support.browsing import exchange

RULES = """\
application: app
processing_activity: https://register.example/service
client_address: {forwarded_for: {peers: [10.1.0.0/16]}}
trace_context:
  - {peers: [10.1.0.0/16], processor: "https://intake.example"}
records:
  file:
    request: "GET /client/{id}"
    action: view
    subject: {type: client, id: path.id}
  medical:
    request: "GET /medical/{id}"
    action: view
    processing_activity: https://register.example/medical
    subject: {type: client, id: path.id}
"""
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def events(path: str, peer: str) -> list[Event]:
    """Of one page, asked for with a ``traceparent``."""
    rules = load(RULES.encode(), "rules.yaml")
    assert isinstance(rules, RuleSet), str(rules)
    keys = Keys(session=b"s" * 32, subject=b"p" * 32, subject_key_id=1)
    line = Pipeline(rules, Sessions(), keys)
    context = ConnectionContext(
        application="app",
        wire=1,
        connection=1,
        client_address=peer,
        wall_minus_monotonic_ns=10**18,
    )
    page = exchange(path, body=b"<p>file</p>")
    page.request.headers += [
        (b"traceparent", f"00-{TRACE}-{SPAN}-00".encode()),
        (b"x-forwarded-for", b"192.0.2.7"),
    ]
    return line.finish(line.observe(context, page)).events


def test_a_listed_peer_says_which_trace_it_is() -> None:
    """By its own address, not by that of whom it asks for; view and exchange alike."""
    recorded, view = events("/client/7", "10.1.0.5")

    assert isinstance(recorded, ExchangeRecorded)
    assert isinstance(view, ViewRecorded)
    assert recorded.client_address == "192.0.2.7"
    assert (recorded.trace_id, recorded.parent_span) == (TRACE, SPAN)
    assert recorded.processor == "https://intake.example"
    assert view.trace_id == TRACE


def test_nobody_else_does() -> None:
    """A browser can send any ``traceparent``: that of a colleague's, too."""
    recorded, view = events("/client/7", "192.0.2.7")

    assert isinstance(recorded, ExchangeRecorded)
    assert isinstance(view, ViewRecorded)
    assert recorded.trace_id == recorded.parent_span == recorded.processor == ""
    assert view.trace_id == ""


def test_a_rule_has_its_own_processing_activity_or_that_of_the_rule_set() -> None:
    """And what no rule claims that of the rule set."""
    for path, activity in (("/client/7", "service"), ("/medical/7", "medical")):
        for event in events(path, "192.0.2.7"):
            assert isinstance(event, ExchangeRecorded | ViewRecorded)
            assert event.activity == f"https://register.example/{activity}"
    (other,) = events("/other", "192.0.2.7")
    assert isinstance(other, ExchangeRecorded)
    assert other.activity == "https://register.example/service"


def test_a_peer_without_a_processor_is_a_mistake() -> None:
    """Whose application it is must stand in the line."""
    wrong = RULES.replace(', processor: "https://intake.example"', "")

    assert "processor" in str(load(wrong.encode(), "rules.yaml"))
