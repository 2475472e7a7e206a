"""Where HTTP/1 messages begin and end, and which response answers which request.

``ConnectionParser`` is fed what passed on one connection, in order, and hands out
exchanges with their byte offsets. Any split of the bytes gives the same ones.

**What is tolerated** (every reader reads it alike, or refuses it): empty lines
before a start line; bare-LF line ends (a request uses one kind throughout);
obs-fold and white space before the colon, not on framing headers; lines
without a colon; 8-bit bytes; unknown methods; raw spaces inside a target
(``target`` marks it ``odd``); a missing reason phrase; equal Content-Lengths;
pipelining; a response before its request is complete; any number of 1xx.

**What two readers could read differently** makes the rest of the connection
opaque, never a guess; the decision table stands in ``proxy.exchange.reasons``.

**Evidence first.** Unreadable bytes from the client do not undo what was asked
before them: requests already sent are still paired with their responses, and
only then does the connection become opaque. What was sent but can no longer be
answered readably comes out with ``response`` None, or CUT, before the Opaque.

**Accounting.** Exchanges are handed out in order; ``Opaque`` starts where the
last one ended, so bytes seen = exchanges + opaque, in each direction. Empty
lines between messages belong to the exchange after them.

Nothing here raises on traffic. Memory: two heads, the kept request bodies
(``Limits.body`` together), one response body.
"""

from __future__ import annotations

from proxy.exchange.chunked import ChunkedBody
from proxy.exchange.content import BodyReader, SizedBody, fill
from proxy.exchange.head import CHUNKED, parse_request, parse_response
from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange, Opaque
from proxy.exchange.pairing import Pairing, Pending
from proxy.exchange.reasons import Reason
from proxy.exchange.side import Side

_INTENDED = frozenset((Reason.UPGRADE, Reason.CONNECT))
_SWITCHED = frozenset((*_INTENDED, Reason.UNASKED_UPGRADE))
_DEFAULT_LIMITS = Limits()


class ConnectionParser:
    """Bytes of one connection in, exchanges out.

    ``up_offset`` and ``down_offset`` are those of the first bytes fed, and
    ``index`` is that of the first exchange, when reading begins at a message
    boundary other than the start of the connection.
    """

    __slots__ = (
        "_deferred",
        "_down",
        "_interim_ns",
        "_interim_offset",
        "_limits",
        "_opaque",
        "_pairs",
        "_up",
    )

    def __init__(
        self,
        limits: Limits = _DEFAULT_LIMITS,
        *,
        up_offset: int = 0,
        down_offset: int = 0,
        index: int = 0,
    ) -> None:
        self._limits = limits
        self._up = Side(up=True, offset=up_offset, limit=limits.head)
        self._down = Side(up=False, offset=down_offset, limit=limits.head)
        self._pairs = Pairing(up=up_offset, down=down_offset, index=index)
        self._interim_offset = -1
        """Where the first 1xx before the final response began; -1 without."""
        self._interim_ns = 0
        self._deferred: Reason | None = None
        """Declared once the requests sent before it are answered."""
        self._opaque: Opaque | None = None

    @property
    def opaque(self) -> Opaque | None:
        """The Opaque that was handed out, if one was: nothing follows it."""
        return self._opaque

    @property
    def committable(self) -> tuple[int, int]:
        """Up and down offsets below which everything belongs to exchanges
        that were handed out."""
        return self._pairs.up, self._pairs.down

    @property
    def at_boundary(self) -> bool:
        """Nothing is under way: every request is answered, both directions
        stand between messages (empty lines apart)."""
        return not (
            self._pairs.queue
            or self._up.in_head
            or self._down.in_head
            or self._deferred
            or self._opaque
        )

    def data(self, up: bool, data: bytes, time_ns: int) -> list[Exchange | Opaque]:
        """Bytes passed, client → server when ``up``: what became complete."""
        if self._opaque is None and data:
            if up:
                self._read_up(data, time_ns)
            else:
                self._read_down(data, time_ns)
        return self._pairs.take()

    def eof(self, up: bool, time_ns: int) -> list[Exchange | Opaque]:
        """A direction ended in order: until-close content is complete,
        anything else under way in it is cut."""
        side = self._up if up else self._down
        if self._opaque is None and not side.closed:
            side.closed = True
            if up:
                self._end_up(time_ns)
            else:
                self._end_down(time_ns, orderly=True)
            self._flush(time_ns)
        return self._pairs.take()

    def end(self, time_ns: int, abort: bool = False) -> list[Exchange | Opaque]:
        """The connection is over; whatever is under way comes out, cut.

        ``abort`` changes nothing for a direction that ended in order before;
        without an end in order, until-close content is cut either way.
        """
        del abort
        if self._opaque is None:
            self._end_up(time_ns)
            self._end_down(time_ns, orderly=False)
            self._up.closed = self._down.closed = True
            self._flush(time_ns)
        return self._pairs.take()

    # -- client to server ---------------------------------------------------

    def _read_up(self, data: bytes, now: int) -> None:
        side = self._up
        base = side.offset
        side.offset = base + len(data)
        position, size = 0, len(data)
        while position < size and not side.dead:
            if side.body is not None:
                position = self._request_content(side.body, data, position, base, now)
                continue
            head, position = side.next_head(data, position, base, now)
            if head is None:
                continue
            if not isinstance(head, bytes):
                self._fail_up(head, now)
                return
            position = self._request_head(head, data, position, base, now)

    def _request_head(
        self, block: bytes, data: bytes, position: int, base: int, now: int
    ) -> int:
        """A request began; return the position after what was read of it."""
        limits, side = self._limits, self._up
        if len(self._pairs.queue) >= limits.pending:
            self._fail_up(Reason.TOO_MANY_PENDING, now)
            return position
        parsed = parse_request(block, limits)
        if not isinstance(parsed, tuple):
            self._fail_up(parsed, now)
            return position
        request, length, expects, upgrade = parsed
        request.start_offset = side.start_offset
        request.start_ns = side.start_ns
        pending = Pending(request, expects=expects, upgrade=upgrade)
        self._pairs.queue.append(pending)
        if length == 0:
            self._sent(pending, base + position, now)
            return position
        cap = max(0, limits.body - self._pairs.kept)
        if 0 < length <= len(data) - position and length <= cap:
            end = position + length
            request.body = data[position:end]
            request.content_length = length
            self._pairs.kept += length
            self._sent(pending, base + end, now)
            return end
        side.body = (
            ChunkedBody(cap, limits) if length == CHUNKED else SizedBody(length, cap)
        )
        return position

    def _request_content(
        self, body: BodyReader, data: bytes, position: int, base: int, now: int
    ) -> int:
        pending = self._pairs.queue[-1]
        if pending.expects:
            if pending.response is not None:
                fill(pending.request, body, cut=True)
                self._stop_up(Reason.EXPECT_REFUSED)
                self._sent(pending, base + position, now)
                return position
            pending.expects = False
        position = body.feed(data, position)
        if body.failed is not None:
            fill(pending.request, body, cut=True)
            self._stop_up(body.failed)
            self._sent(pending, base + position, now)
        elif body.done:
            self._up.body = None
            fill(pending.request, body)
            self._pairs.kept += len(pending.request.body)
            self._sent(pending, base + position, now)
        return position

    def _sent(self, pending: Pending, offset: int, now: int) -> None:
        """The last byte of a request passed."""
        pending.request.end_offset = offset
        pending.request.end_ns = now
        pending.sent = True
        if pending.answered or self._down.closed:
            self._flush(now)

    def _stop_up(self, reason: Reason) -> None:
        """Read nothing more from the client; declare it after the answers."""
        self._deferred = reason
        self._up.body = None
        self._up.forget()

    def _fail_up(self, reason: Reason, now: int) -> None:
        self._stop_up(reason)
        self._flush(now)

    # -- server to client ---------------------------------------------------

    def _read_down(self, data: bytes, now: int) -> None:
        side = self._down
        base = side.offset
        side.offset = base + len(data)
        position, size = 0, len(data)
        while position < size and not side.dead:
            if side.body is not None:
                position = self._response_content(side.body, data, position, base, now)
                continue
            head, position = side.next_head(data, position, base, now)
            if not self._pairs.queue or self._pairs.queue[0].answered:
                if head is not None or side.in_head:
                    self._give_up(Reason.RESPONSE_WITHOUT_REQUEST, now)
                continue
            if head is None:
                continue
            if not isinstance(head, bytes):
                self._give_up(head, now)
                return
            position = self._response_head(head, data, position, base, now)

    def _response_head(
        self, block: bytes, data: bytes, position: int, base: int, now: int
    ) -> int:
        """A response began; return the position after what was read of it."""
        limits, side, pending = self._limits, self._down, self._pairs.queue[0]
        parsed = parse_response(block, pending.request.method, limits)
        if not isinstance(parsed, tuple):
            self._give_up(parsed, now)
            return position
        response, length = parsed
        status = response.status
        response.start_offset = side.start_offset
        response.start_ns = side.start_ns
        if status < 200 and status != 101:
            if self._interim_offset < 0:
                self._interim_offset = side.start_offset
                self._interim_ns = side.start_ns
            if status == 100:
                pending.expects = False
            return position
        if self._interim_offset >= 0:
            response.start_offset = self._interim_offset
            response.start_ns = self._interim_ns
            self._interim_offset = -1
        pending.response = response
        if status == 101 or (pending.request.method == b"CONNECT" and status < 300):
            response.upgraded = True
            self._answered(pending, base + position, now)
            if status != 101:
                self._give_up(Reason.CONNECT, now)
            elif pending.upgrade:
                self._give_up(Reason.UPGRADE, now)
            else:
                self._give_up(Reason.UNASKED_UPGRADE, now)
            return position
        if length == 0:
            self._answered(pending, base + position, now)
            return position
        if 0 < length <= len(data) - position and length <= limits.at_once:
            end = position + length
            response.body = data[position:end]
            response.content_length = length
            self._answered(pending, base + end, now)
            return end
        side.body = (
            ChunkedBody(limits.body, limits)
            if length == CHUNKED
            else SizedBody(length, limits.body)
        )
        return position

    def _response_content(
        self, body: BodyReader, data: bytes, position: int, base: int, now: int
    ) -> int:
        pending = self._pairs.queue[0]
        response = pending.response
        assert response is not None
        position = body.feed(data, position)
        if body.failed is not None:
            fill(response, body, cut=True)
            response.end_offset = base + position
            response.end_ns = now
            self._give_up(body.failed, now)
        elif body.done:
            self._down.body = None
            fill(response, body)
            self._answered(pending, base + position, now)
        return position

    def _answered(self, pending: Pending, offset: int, now: int) -> None:
        """The last byte of a final response passed."""
        response = pending.response
        assert response is not None
        response.end_offset = offset
        response.end_ns = now
        pending.answered = True
        if pending.sent and not response.upgraded:
            self._flush(now)

    # -- what comes out -----------------------------------------------------

    def _end_up(self, now: int) -> None:
        """Nothing more comes from the client."""
        side = self._up
        if side.body is not None:
            pending = self._pairs.queue[-1]
            fill(pending.request, side.body, cut=True)
            side.body = None
            self._sent(pending, side.offset, now)
        elif side.in_head:
            self._stop_up(Reason.HEAD_CUT)
        side.forget()

    def _end_down(self, now: int, *, orderly: bool) -> None:
        """Nothing more comes from the server."""
        side = self._down
        if side.body is not None:
            pending = self._pairs.queue[0]
            response = pending.response
            assert response is not None
            whole = orderly and side.body.until_close
            fill(response, side.body, cut=not whole)
            side.body = None
            self._answered(pending, side.offset, now)
        elif side.in_head or self._interim_offset >= 0:
            self._deferred = self._deferred or Reason.HEAD_CUT
        side.forget()

    def _flush(self, now: int) -> None:
        """Hand out what is complete, in order, and then what was deferred."""
        self._pairs.hand_out(over=self._down.closed)
        if self._deferred is not None and not self._pairs.queue:
            self._declare(self._deferred, now)

    def _give_up(self, reason: Reason, now: int) -> None:
        """Stop reading: what was asked for comes out first, as it stands. After
        a switch of protocol only the request that switched counts as one."""
        side, pairs = self._up, self._pairs
        if pairs.queue and not pairs.queue[-1].sent:
            last = pairs.queue[-1].request
            assert side.body is not None
            fill(last, side.body, cut=True)
            last.end_offset = side.offset
            last.end_ns = now
        if reason in _SWITCHED:
            pairs.hand_out_first()
            pairs.queue.clear()
        while pairs.queue:
            pairs.hand_out_first()
        self._declare(reason, now)

    def _declare(self, reason: Reason, now: int) -> None:
        self._opaque = Opaque(
            self._pairs.up,
            self._pairs.down,
            reason.value,
            intended=reason in _INTENDED,
            time_ns=now,
        )
        self._pairs.declare(self._opaque)
        for side in (self._up, self._down):
            side.body = None
            side.forget()
