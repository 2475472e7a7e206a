"""µs per exchange: who, and the pipeline around it.

Run: ``python -m tests.bench --part attribution``. A request with a 400-byte
Cookie header of a bound session, 100 sessions in turn, a 10 kB page.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from proxy.attribution.asked import Asked
from proxy.attribution.sessions import Sessions
from proxy.connection_context import ConnectionContext
from proxy.events import encode
from proxy.exchange.model import Exchange
from proxy.pipeline import Keys, Pipeline
from proxy.ruleset.model import RuleSet
from proxy.ruleset.reader import load
from tests.support.browsing import LATER, exchange
from tests.support.naming import ROTATING, Desk

ROUNDS = 20_000
AIM = 20
SESSIONS = 100
RULES = b"""
application: app
session: {cookie: SID}
login:
  - form: {request: "POST /login", user: form.username}
    confirmed_when: {status: 302, set_cookie: {SID: changed}}
logout:
  - {request: "GET /logout"}
records:
  client:
    request: "GET /client/{id}"
    action: view
    subject: {type: client, id: path.id}
ignore: ["*.css"]
"""
FILLER = "; ".join(f"tracker{n}={'x' * 30}" for n in range(9))


def _login(number: int) -> Exchange:
    return exchange(
        "/login",
        form=f"username=user{number}&password=x",
        status=302,
        location="/home",
        set_cookie=f"SID=value{number}; Path=/",
    )


def _pages(*, fresh: bool) -> list[Exchange]:
    pages = []
    for number in range(ROUNDS):
        session = number % SESSIONS
        extra = f"; c={number}" if fresh else ""
        page = exchange(
            f"/client/{number % 5000}",
            at=20 * LATER + number * 1000,
            cookie=f"{FILLER}; SID=value{session}{extra}",
            body=b"x" * 10_000,
        )
        page.request.headers[:0] = [(b"x-%d" % n, b"y" * 20) for n in range(8)]
        pages.append(page)
    return pages


def _report(
    what: str, step: Callable[[Exchange], object], pages: list[Exchange]
) -> None:
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        for page in pages:
            step(page)
        best = min(best, time.perf_counter() - started)
    print(f"{what:<52} {best / len(pages) * 1e6:6.1f} µs per exchange")


def main() -> None:
    """Print the table."""
    desk = Desk(ROTATING)
    for number in range(SESSIONS):
        desk.see(_login(number))
    pages, fresh = _pages(fresh=False), _pages(fresh=True)
    asked = {id(page): Asked(page.request) for page in pages + fresh}

    def name(page: Exchange) -> object:
        observed = desk.attribution.observe(page, asked[id(page)], "1-1-1")
        return desk.attribution.settle(observed)

    _report(f"attribution, bound cookie session (aim {AIM} µs)", name, pages)
    _report("attribution, Cookie header always new", name, fresh)
    _report("request target and fields", lambda page: Asked(page.request), pages)

    rules = load(RULES, "bench.yaml")
    assert isinstance(rules, RuleSet), str(rules)
    keys = Keys(session=b"s" * 32, subject=b"p" * 32, subject_key_id=1)
    line = Pipeline(rules, Sessions(), keys)
    context = ConnectionContext(
        application="app",
        wire=1,
        connection=1,
        client_address="10.0.0.1",
        wall_minus_monotonic_ns=10**18,
    )
    for number in range(SESSIONS):
        line.finish(line.observe(context, _login(number)))

    def whole(page: Exchange) -> object:
        return line.finish(line.observe(context, page))

    def encoded(page: Exchange) -> object:
        return [
            encode(event) for event in line.finish(line.observe(context, page)).events
        ]

    _report("pipeline: id from the path, one view", whole, pages)
    _report("pipeline and encoding of the events", encoded, pages)


if __name__ == "__main__":
    main()
