"""The demo's rule set reads every page of the demo's application."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from deploy.demo.advisors import work
from deploy.demo.application.server import Server
from deploy.demo.application.staff import ADVISORS
from deploy.demo.application.truth import read_truth
from deploy.demo.scoring import ViewRow, score
from proxy.attribution.sessions import Sessions
from proxy.connection_context import ConnectionContext
from proxy.events import Event, ExchangeRecorded, Extraction, ViewRecorded, encode
from proxy.exchange.model import Exchange
from proxy.pipeline import Keys, Pipeline
from proxy.pseudonym import pseudonym
from proxy.ruleset import RuleSet, load
from tests.support.relay import Relay, relaying
from tests.support.vesta import RawBrowser

RULES = Path(__file__).parents[3] / "deploy" / "demo" / "rules.yaml"
KEYS = Keys(session=b"s" * 32, subject=b"p" * 32, subject_key_id=1)


def ruleset() -> RuleSet:
    """The demo's rule set."""
    loaded = load(RULES.read_bytes(), "rules.yaml")
    assert isinstance(loaded, RuleSet), str(loaded)
    return loaded


def events_of(relay: Relay) -> list[Event]:
    """What the pipeline makes of everything that passed, in the order it ended."""
    pipeline = Pipeline(ruleset(), Sessions(), KEYS)
    complete: list[tuple[int, ConnectionContext, Exchange]] = []
    for number, address, exchange in relay.exchanges():
        assert isinstance(exchange, Exchange), exchange
        assert exchange.response is not None
        context = ConnectionContext(
            application="vesta",
            wire=1,
            connection=number,
            client_address=address,
            wall_minus_monotonic_ns=0,
        )
        complete.append((exchange.response.end_ns, context, exchange))
    complete.sort(key=lambda each: each[0])
    prepared = [pipeline.observe(context, each) for _, context, each in complete]
    prepared.sort(key=lambda each: each.needs_watermark)
    return [event for each in prepared for event in pipeline.finish(each).events]


async def test_everything_shown_is_recorded_for_who_saw_it(tmp_path: Path) -> None:
    """Forty advisors at work: nothing missed, extra, misnamed, nameless, unmapped."""
    path = tmp_path / "truth.jsonl"
    async with Server(path) as server:
        parts = urlsplit(server.url)
        async with relaying(str(parts.hostname), parts.port or 0) as relay:
            report = await work(relay.url, exchanges=1500, seed=3)
        served = server.vesta.exchanges

    events = events_of(relay)

    exchanges = [event for event in events if isinstance(event, ExchangeRecorded)]
    views = [
        ViewRow(each.actor.name, each.subject, each.action.value, each.categories)
        for each in events
        if isinstance(each, ViewRecorded)
    ]
    result = score(
        read_truth(path),
        views,
        pseudonym=lambda client: pseudonym(KEYS.subject, "client", client),
        exchanges_seen=served,
        exchanges_recorded=len(exchanges),
        exchanges_stored=len(exchanges),
    )
    assert report.failures == ()
    assert result.examples == ()
    assert result.clean, result
    extractions = Counter(
        (each.extraction, each.extraction_reason) for each in exchanges
    )
    assert {status for status, _ in extractions} == {
        Extraction.RECORDED,
        Extraction.NOTHING_EXPECTED,
    }, extractions


async def test_no_password_cookie_or_client_id_is_in_any_event(tmp_path: Path) -> None:
    """Secrets never rest, and clients are pseudonyms."""
    async with Server(tmp_path / "truth.jsonl") as server:
        parts = urlsplit(server.url)
        async with relaying(str(parts.hostname), parts.port or 0) as relay:
            browser = RawBrowser(relay.url)
            await browser.get("/start.do")
            anonymous = browser.session
            await browser.post(
                f"/login.do;jsessionid={anonymous}", j_username="hond", j_password="kat"
            )
            await browser.log_in()
            await browser.get("/client/900123")
            await browser.get("/zoeken.do?naam=Jansen")
            await browser.get("/nergens/900123.do")

    kept = b"".join(map(encode, events_of(relay)))

    assert b"j.jansen" in kept
    for secret in (
        anonymous,
        browser.session,
        ADVISORS[0].password,
        "hond",
        "900123",
        "Jansen",
    ):
        assert secret.encode() not in kept, secret


async def test_login_form_in_a_200_shows_nobody(tmp_path: Path) -> None:
    """After the session ended each page answers so; none of them is a failure."""
    pages = [
        "/client/view.do?id=900123", "/client/900123", "/client/print.do?id=900123",
        "/zoeken.do?naam=jan", "/suggest.do?q=jan", "/caseload.do", "/welkom.do",
        "/menu.do", "/export.do?caseload=1", "/start.do", "/top.do",
    ]  # fmt: skip
    async with Server(tmp_path / "truth.jsonl", idle_seconds=-1) as server:
        parts = urlsplit(server.url)
        async with relaying(str(parts.hostname), parts.port or 0) as relay:
            browser = RawBrowser(relay.url)
            await browser.log_in()
            for page in pages:
                await browser.get(page)
            await browser.post("/client/notitie.do", id="900123", tekst="x")

    events = events_of(relay)

    recorded = [event for event in events if isinstance(event, ExchangeRecorded)]
    assert len(recorded) == len(pages) + 2
    assert not [event for event in events if isinstance(event, ViewRecorded)]
    assert {each.extraction for each in recorded} == {Extraction.NOTHING_EXPECTED}
