"""A pipeline that decides nothing: one event per exchange, and what it was told."""

from __future__ import annotations

from typing import cast

from proxy.events import Actor, ExchangeRecorded, Extraction
from proxy.exchange.model import Exchange
from proxy.extraction.view import View
from proxy.pipeline import ConnectionContext, Outcome, Prepared


class PlainPipeline:
    """Every exchange becomes one event.

    A request for ``/wait`` needs the watermark; ``/fault-observe`` and
    ``/fault-finish`` make it raise there.
    """

    def __init__(self) -> None:
        self.observed = 0

    def observe(self, context: ConnectionContext, exchange: Exchange) -> Prepared:
        """Count it."""
        self.observed += 1
        target = exchange.request.target
        if target == b"/fault-observe":
            raise RuntimeError("observe")
        needs = exchange.request.start_ns if target.startswith(b"/wait") else 0
        return Prepared(context, exchange, cast("View", None), None, needs)

    def finish(self, prepared: Prepared) -> Outcome:
        """One event and one session record."""
        context, exchange = prepared.context, prepared.exchange
        request, response = exchange.request, exchange.response
        if request.target == b"/fault-finish":
            raise RuntimeError("finish")
        wall = context.wall_minus_monotonic_ns
        down = response.end_offset - response.start_offset if response else 0
        event = ExchangeRecorded(
            application=context.application,
            wire=context.wire,
            connection=context.connection,
            request_offset=request.start_offset,
            started_ns=request.start_ns + wall,
            ended_ns=(response or request).end_ns + wall,
            monotonic_ns=request.start_ns,
            method=request.method.decode("latin-1"),
            path=request.target.decode("latin-1"),
            rule="",
            status=response.status if response else 0,
            request_bytes=request.end_offset - request.start_offset,
            response_bytes=down,
            content_type="",
            client_address=context.client_address,
            actor=Actor(),
            extraction=Extraction.NOTHING_EXPECTED,
            extraction_reason="",
            views=0,
            ruleset="",
        )
        return Outcome([event], [(b"last", request.target)])
