"""What was read of a page goes with the exchange."""

from __future__ import annotations

import gc

import pytest

from proxy.attribution.sessions import Sessions
from proxy.connection_context import ConnectionContext
from proxy.extraction.view import View
from proxy.pipeline import Keys, Pipeline
from proxy.ruleset.model import RuleSet
from proxy.ruleset.reader import load
from tests.support.browsing import exchange

RULES = """
application: sonar
records:
  client:
    request: "GET /client"
    action: view
    each: {{{each}}}
    subject: {{type: client, id: {id}}}
"""
CONTEXT = ConnectionContext(
    application="sonar",
    wire=1,
    connection=1,
    client_address="192.0.2.1",
    wall_minus_monotonic_ns=0,
)
KEYS = Keys(session=b"s" * 32, subject=b"p" * 32, subject_key_id=1)
PAGE = b'<html><!-- id="12" --><p id="34">Jansen</p></html>'


def views() -> int:
    """How many of them the interpreter holds."""
    return sum(isinstance(each, View) for each in gc.get_objects())


@pytest.mark.parametrize(
    ("each", "number"),
    [(r"regex: 'id=\"(\d+)\"'", "group.1"), ("css: 'p[id]'", "attr.id")],
)
def test_a_page_is_freed_without_a_search_for_cycles(each: str, number: str) -> None:
    """Views of bodies within bodies refer to each other only while they are read."""
    loaded = load(RULES.format(each=each, id=number).encode(), "sonar.yaml")
    assert isinstance(loaded, RuleSet), loaded
    pipeline = Pipeline(loaded, Sessions(), KEYS)
    gc.collect()
    gc.disable()
    try:
        before = views()

        outcomes = [
            pipeline.finish(pipeline.observe(CONTEXT, exchange("/client", body=PAGE)))
            for _ in range(3)
        ]

        assert [len(each.events) for each in outcomes] == [2, 2, 2]
        assert views() == before
    finally:
        gc.enable()
