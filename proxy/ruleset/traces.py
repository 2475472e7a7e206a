"""YAML → peers whose trace context counts: ``trace_context``.

A browser can send any ``traceparent``: of a peer that is not listed it is not read,
and the exchange is a trace of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from proxy.attribution.forwarded import listed
from proxy.attribution.specs.accounts import Network
from proxy.document import Fields, Kind, Problems
from proxy.exchange.model import Headers
from proxy.exchange.trace import traceparent
from proxy.ruleset.accounts import read_networks


@dataclass(frozen=True, slots=True)
class TracedPeers:
    """``trace_context: [{peers: [10.1.0.0/16], processor: https://…}]``."""

    peers: tuple[Network, ...]
    processor: str
    """URL that names whose application it is."""


class Traced(NamedTuple):
    """The trace of an exchange; all empty: one of its own."""

    trace_id: str = ""
    parent_span: str = ""
    processor: str = ""


NONE = Traced()


def traced(rules: tuple[TracedPeers, ...], peer: str, headers: Headers) -> Traced:
    """The trace this peer says the request is part of, if its word counts.

    Args:
        rules: The first that lists the peer decides.
        peer: Address of who is connected, not of who it says it asks for.
        headers: Of the request.
    """
    for each in rules:
        if listed(peer, each.peers):
            found = traceparent(headers)
            return NONE if found is None else Traced(*found, each.processor)
    return NONE


def read_traces(fields: Fields, problems: Problems) -> tuple[TracedPeers, ...]:
    """The ``trace_context`` key of a rule set."""
    found = []
    for node in fields.elements("trace_context"):
        with Fields(node, problems) as inner:
            if node.kind is not Kind.MAPPING:
                continue
            peers = read_networks(inner)
            found.append(TracedPeers(peers, inner.url("processor")))
    return tuple(found)
