"""Which rule reads a large response while it passes."""

from __future__ import annotations

import pytest

from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState, Exchange
from proxy.ruleset.streaming import Streams
from tests.support.pages import exchange, rules

RULES = rules(
    """\
  marked: {request: "GET /marked", body: {contains: Klantlijst}, action: export, each: csv, subject: {type: c, id: column.Nr}}
  export: {request: "GET /export", action: export, each: csv, subject: {type: c, id: column.Nr}}
  page: {request: "GET /page", action: view, subject: {type: c, id: {css: "#id"}}}
"""  # noqa: E501
)


def large(target: str, body: str = "Nr\n1\n", status: int = 200) -> Exchange:
    """An exchange whose response has become large."""
    return exchange(target, body, "text/csv", status=status, state=BodyState.TRUNCATED)


@pytest.mark.parametrize(
    ("seen", "rule"),
    [
        (large("/export"), "export"),
        (large("/export", status=403), ""),
        (large("/marked", "Klantlijst\n"), "marked"),
        (large("/marked"), ""),
        (large("/page"), ""),
        (large("/other"), ""),
    ],
)
def test_the_rule_that_claims_it_reads_it(seen: Exchange, rule: str) -> None:
    """If it can; conditions on the body look at its beginning."""
    stream = Streams().open(RULES, seen, Limits())

    assert (stream.rule.name if stream else "") == rule


def test_too_much_that_is_held_is_not_added_to() -> None:
    """The bound shrunk to a few hundred bytes; what was let go makes room."""
    streams = Streams(most_bytes=300)
    first = streams.open(RULES, large("/export"), Limits())
    assert first is not None
    first.feed(b"Nr\n" + b"".join(b"%d\n" % n for n in range(5000)))

    refused = streams.open(RULES, large("/export"), Limits())

    assert refused is None
    assert streams.refused == 1
    del first
    assert streams.open(RULES, large("/export"), Limits()) is not None
