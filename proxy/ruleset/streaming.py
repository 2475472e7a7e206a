"""Which rule reads a large response while it passes.

Asked when a response has grown beyond what is read whole: its request is complete,
its head and the beginning of its body are there. The rule is the one that would claim
the exchange by what is known now; conditions on the body look at its beginning.
Whether it claims the exchange in the end is decided as for any other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakSet

from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange
from proxy.extraction import View
from proxy.extraction.stream import Stream, begins_with_a_line, streamable

if TYPE_CHECKING:
    from proxy.ruleset.model import RuleSet


MOST_BYTES = 128 << 20
"""Held of responses that are read as they pass: a few large exports at once. Above
it, further ones are read up to the body cap."""


class Streams:
    """The responses of one application that are read as they pass."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.refused = 0
        """Not read so, because too much was held."""
        self._most = most_bytes
        self._known: WeakSet[Stream] = WeakSet()
        """Under way, or not committed yet."""

    def open(
        self, ruleset: RuleSet, exchange: Exchange, limits: Limits
    ) -> Stream | None:
        """What reads this exchange's response; None: it is kept up to the cap."""
        if sum(stream.held for stream in self._known) > self._most:
            self.refused += 1
            return None
        stream = stream_of(ruleset, exchange, limits)
        if stream is not None:
            self._known.add(stream)
        return stream


def stream_of(ruleset: RuleSet, exchange: Exchange, limits: Limits) -> Stream | None:
    """What reads this exchange's response; None: it is kept up to the cap."""
    response = exchange.response
    if response is None or exchange.request.method == b"HEAD":
        return None
    claim = ruleset.claim(ruleset.view(exchange))
    if claim is None or claim.record.operation is not None:
        return None
    rule = claim.rule
    if not rule.shows(response.status) or not streamable(rule):
        return None
    if not begins_with_a_line(response):
        return None
    head = replace(response, body=b"")
    view = View(Exchange(exchange.request, head, exchange.index), ruleset.settings)
    view.captures = claim.captures
    return Stream(rule, view, limits)
