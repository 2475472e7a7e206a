"""Exchanges and rule sets for tests of rules: short to write."""

from __future__ import annotations

from proxy.document import Problems
from proxy.exchange.model import BodyState, Exchange, Headers, Request, Response
from proxy.extraction import Extracted, Settings, View
from proxy.ruleset import RuleSet, load

HEAD = """\
application: sonar
session: {cookie: JSESSIONID}
records:
"""


def exchange(
    target: str = "/",
    body: bytes | str = b"",
    content_type: str = "text/html",
    *,
    method: str = "GET",
    status: int = 200,
    form: str = "",
    headers: Headers | None = None,
    state: BodyState = BodyState.COMPLETE,
    answered: bool = True,
) -> Exchange:
    """One request with its response."""
    data = body.encode() if isinstance(body, str) else body
    request = Request(
        method=method.encode(),
        target=target.encode("latin-1"),
        body=form.encode(),
        headers=[(b"content-type", b"application/x-www-form-urlencoded")]
        if form
        else [],
    )
    if not answered:
        return Exchange(request)
    kind = [(b"content-type", content_type.encode())] if content_type else []
    response = Response(
        status=status,
        headers=kind + (headers or []),
        body=data,
        body_state=state,
        content_length=len(data),
    )
    return Exchange(request, response)


def view(
    body: bytes | str = b"",
    content_type: str = "text/html",
    settings: Settings | None = None,
) -> View:
    """The view of a response with this body."""
    return View(exchange("/", body, content_type), settings or Settings())


def rules(records: str, *, head: str = HEAD) -> RuleSet:
    """The rule set with these records (indented by two)."""
    loaded = load((head + records).encode(), "rules.yaml")
    assert isinstance(loaded, RuleSet), str(loaded)
    return loaded


def rule(body: str) -> RuleSet:
    """The rule set of one record rule for ``GET /page``; ``body`` in flow style."""
    return rules(f'  page: {{request: "GET /page", action: view, {body}}}\n')


def problems(text: str) -> list[str]:
    """Every mistake in a rule set, as it is shown."""
    loaded = load(text.encode(), "rules.yaml")
    assert isinstance(loaded, Problems), "no problem was found"
    return [str(problem) for problem in loaded]


def ids(extracted: Extracted) -> list[str]:
    """The subject ids, in order."""
    return [found.id for found in extracted.subjects]
