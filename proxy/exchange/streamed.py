"""A parser that lets a large response be read while it passes.

When the content of a response grows above ``Limits.stream_from``, ``choose`` is
asked once, with the exchange as it is then: the whole request, the response's head
and the beginning of its content. Whoever it names (a ``Sink``) is given the content
from its first byte, and stands as ``stream`` on the response that is handed out.

A response that began before its request had ended is not offered: what was asked
for is not known yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from typing_extensions import override

from proxy.exchange.content import Sink
from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState, Exchange
from proxy.exchange.pairing import Pending
from proxy.exchange.standing import StandingParser

Choose = Callable[[Exchange], Sink | None]
"""Never raises; None: nobody reads it."""


class StreamedParser(StandingParser):
    """See the module."""

    __slots__ = ("_choose",)

    def __init__(
        self,
        limits: Limits,
        choose: Choose,
        *,
        up_offset: int = 0,
        down_offset: int = 0,
        index: int = 0,
    ) -> None:
        super().__init__(
            limits, up_offset=up_offset, down_offset=down_offset, index=index
        )
        self._choose = choose

    @override
    def _response_head(
        self, block: bytes, data: bytes, position: int, base: int, now: int
    ) -> int:
        position = super()._response_head(block, data, position, base, now)
        body = self._down.body
        if body is not None:
            asked = partial(self._offered, self._pairs.queue[0])
            body.content.watch(self._limits.stream_from, asked)
        return position

    def _offered(self, pending: Pending, kept: bytes) -> Sink | None:
        if not pending.sent or pending.response is None:
            return None
        response = replace(
            pending.response,
            body=kept,
            body_state=BodyState.TRUNCATED,
            content_length=len(kept),
        )
        exchange = Exchange(pending.request, response, self._pairs.index)
        return self._choose(exchange)
