"""A pipeline that decides nothing: one event per exchange, and what it was told."""

from __future__ import annotations

from typing import NamedTuple, cast

from proxy.connection_context import ConnectionContext
from proxy.events import Actor, ExchangeRecorded, Extraction
from proxy.exchange.content import Sink
from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange, Request, Response
from proxy.exchange.standing import Gate
from proxy.extraction.model import OnFailure
from proxy.extraction.view import View
from proxy.pipeline import Outcome, Prepared

EVENT_STREAM = b"text/event-stream"


class PlainGate(NamedTuple):
    """Holds every success."""

    closed: bool

    def holds(self, response: Response) -> bool:
        """Whether it is a success, and has an end to wait for."""
        return response.status < 300 and response.get(b"content-type") != EVENT_STREAM


class PlainPipeline:
    """Every exchange becomes one event.

    A request for ``/wait`` needs the watermark; ``/fault-observe`` and
    ``/fault-finish`` make it raise there.
    """

    def __init__(self, gated: OnFailure | None = None) -> None:
        self.observed = 0
        self.gated = gated

    def gate(self, request: Request) -> Gate | None:
        """What begins with ``/client``, or ``/open`` whatever the application."""
        if self.gated is None or not request.target.startswith((b"/client", b"/open")):
            return None
        closed = self.gated is OnFailure.CLOSED
        return PlainGate(closed and not request.target.startswith(b"/open"))

    def stream(self, exchange: Exchange, limits: Limits) -> Sink | None:
        """Nothing is read while it passes."""
        return None

    def observe(self, context: ConnectionContext, exchange: Exchange) -> Prepared:
        """Count it."""
        self.observed += 1
        target = exchange.request.target
        if target.endswith(b"/fault-observe"):
            raise RuntimeError("observe")
        needs = exchange.request.start_ns if target.startswith(b"/wait") else 0
        return Prepared(context, exchange, cast("View", None), None, needs)

    def finish(self, prepared: Prepared) -> Outcome:
        """One event and one session record."""
        context, exchange = prepared.context, prepared.exchange
        request, response = exchange.request, exchange.response
        if request.target.endswith(b"/fault-finish"):
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
