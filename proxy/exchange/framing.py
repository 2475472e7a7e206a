"""Where HTTP/1 messages begin and end, and which response answers which request.

``ConnectionParser`` is fed what passed on one connection, in the order it
passed, and hands out exchanges with the byte offsets they cover. Any split of
the bytes gives the same exchanges.

**What is tolerated** (every reader reads it alike, or refuses it): empty lines
before a start line; bare-LF line ends (a request uses one kind throughout);
obs-fold and white space before the colon, not on framing headers; lines
without a colon; 8-bit bytes; unknown methods; raw spaces in a query; a missing
reason phrase; equal Content-Lengths; pipelining; a response before its request
is complete; any number of 1xx.

**What makes the connection opaque** (RFC 9112 unless named; ``Reason`` has the
names). An employee can write each of these so that the application reads
something else than we would; so nothing is guessed:

====================================================  =========================
seen                                                  reason
====================================================  =========================
start line not HTTP/1.x, HTTP/0.9, "http/1.1" (3, 4)  not_http
raw space in the path, tab, double space (3)          odd_request_line
status not three digits behind one space (4)          odd_status_line
"head", "Connect", X-HTTP-Method-Override: HEAD       odd_method
bare CR (2.2); NUL and other controls (5.5)           bare_cr, control_character
LF and CRLF in one request head (2.2)                 mixed_line_ends
white space before the first header (2.2)             leading_space
framing header folded, "Content-Length :",            odd_framing_header
"Content_Length", or named by Connection (5.1, 5.2)
Content-Length with Transfer-Encoding (6.1);          ambiguous_length
unequal, signed, spaced, empty lengths (6.3)
Transfer-Encoding not exactly "chunked", repeated,    transfer_encoding
or in HTTP/1.0 (6.1)
content on GET, HEAD, TRACE, CONNECT, 1xx, 204 (6.3)  unexpected_body
chunk framing, see ``chunked`` (7.1)                  chunk_size, chunk_line,
                                                      chunk_end, odd_trailer
bytes after a final answer to Expect (9110 10.1.1)    expect_refused
response that nothing asked for (9.2)                 response_without_request
a bound of ``Limits``                                 head_too_large, ...
101 or CONNECT 2xx (9110 15.2.2, 9.3.6)               upgrade, connect: intended
====================================================  =========================

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

from collections import deque

from proxy.exchange.chunked import ChunkedBody
from proxy.exchange.content import BodyReader, SizedBody
from proxy.exchange.head import CHUNKED, parse_request, parse_response
from proxy.exchange.limits import Limits
from proxy.exchange.model import (
    BodyState,
    Exchange,
    Message,
    Opaque,
    Request,
    Response,
)
from proxy.exchange.reasons import Reason
from proxy.exchange.side import Side

_INTENDED = frozenset((Reason.UPGRADE, Reason.CONNECT))
_SWITCHED = frozenset((*_INTENDED, Reason.UNASKED_UPGRADE))
_DEFAULT_LIMITS = Limits()


class _Pending:
    """A request whose exchange has not been handed out."""

    __slots__ = ("answered", "expects", "request", "response", "sent", "upgrade")

    def __init__(self, request: Request, *, expects: bool, upgrade: bool) -> None:
        self.request = request
        self.sent = False
        """The request is complete, or will not become so."""
        self.response: Response | None = None
        self.answered = False
        """The final response is complete, or will not become so."""
        self.expects = expects
        """A 100 is awaited, and no content was sent yet (Expect)."""
        self.upgrade = upgrade


class ConnectionParser:
    """Bytes of one connection in, exchanges out.

    ``up_offset`` and ``down_offset`` are those of the first bytes fed, and
    ``index`` is that of the first exchange, when reading begins at a message
    boundary other than the start of the connection.
    """

    __slots__ = (
        "_deferred",
        "_down",
        "_index",
        "_interim_ns",
        "_interim_offset",
        "_kept",
        "_limits",
        "_opaque",
        "_out",
        "_pending",
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
        self._index = index
        self._pending: deque[_Pending] = deque()
        self._kept = 0
        """Bytes of request bodies in ``_pending``."""
        self._interim_offset = -1
        """Where the first 1xx before the final response began; -1 without."""
        self._interim_ns = 0
        self._deferred: Reason | None = None
        """Declared once the requests sent before it are answered."""
        self._opaque: Opaque | None = None
        self._out: list[Exchange | Opaque] = []

    @property
    def opaque(self) -> Opaque | None:
        """The Opaque that was handed out, if one was: nothing follows it."""
        return self._opaque

    @property
    def committable(self) -> tuple[int, int]:
        """Up and down offsets below which everything belongs to exchanges
        that were handed out."""
        return self._up.done, self._down.done

    @property
    def at_boundary(self) -> bool:
        """Nothing is under way: every request is answered, both directions
        stand between messages (empty lines apart)."""
        return not (
            self._pending
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
        return self._take()

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
        return self._take()

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
        return self._take()

    def _take(self) -> list[Exchange | Opaque]:
        out = self._out
        if not out:
            return []
        self._out = []
        return out

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
            if isinstance(head, Reason):
                self._fail_up(head, now)
                return
            position = self._request_head(head, data, position, base, now)

    def _request_head(
        self, block: bytes, data: bytes, position: int, base: int, now: int
    ) -> int:
        """A request began; return the position after what was read of it."""
        limits, side = self._limits, self._up
        if len(self._pending) >= limits.pending:
            self._fail_up(Reason.TOO_MANY_PENDING, now)
            return position
        parsed = parse_request(block, limits)
        if isinstance(parsed, Reason):
            self._fail_up(parsed, now)
            return position
        request, length, expects, upgrade = parsed
        request.start_offset = side.start_offset
        request.start_ns = side.start_ns
        pending = _Pending(request, expects=expects, upgrade=upgrade)
        self._pending.append(pending)
        if length == 0:
            self._sent(pending, base + position, now)
            return position
        cap = max(0, limits.body - self._kept)
        if 0 < length <= len(data) - position and length <= cap:
            end = position + length
            request.body = data[position:end]
            request.content_length = length
            self._kept += length
            self._sent(pending, base + end, now)
            return end
        side.body = (
            ChunkedBody(cap, limits) if length == CHUNKED else SizedBody(length, cap)
        )
        return position

    def _request_content(
        self, body: BodyReader, data: bytes, position: int, base: int, now: int
    ) -> int:
        pending = self._pending[-1]
        if pending.expects:
            if pending.response is not None:
                _fill(pending.request, body, cut=True)
                self._stop_up(Reason.EXPECT_REFUSED)
                self._sent(pending, base + position, now)
                return position
            pending.expects = False
        position = body.feed(data, position)
        if body.failed is not None:
            _fill(pending.request, body, cut=True)
            self._stop_up(body.failed)
            self._sent(pending, base + position, now)
        elif body.done:
            self._up.body = None
            _fill(pending.request, body)
            self._kept += len(pending.request.body)
            self._sent(pending, base + position, now)
        return position

    def _sent(self, pending: _Pending, offset: int, now: int) -> None:
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
            if not self._pending or self._pending[0].answered:
                if head is not None or side.in_head:
                    self._give_up(Reason.RESPONSE_WITHOUT_REQUEST, now)
                continue
            if head is None:
                continue
            if isinstance(head, Reason):
                self._give_up(head, now)
                return
            position = self._response_head(head, data, position, base, now)

    def _response_head(
        self, block: bytes, data: bytes, position: int, base: int, now: int
    ) -> int:
        """A response began; return the position after what was read of it."""
        limits, side, pending = self._limits, self._down, self._pending[0]
        parsed = parse_response(block, pending.request.method, limits)
        if isinstance(parsed, Reason):
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
        if 0 < length <= len(data) - position and length <= limits.body:
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
        pending = self._pending[0]
        response = pending.response
        assert response is not None
        position = body.feed(data, position)
        if body.failed is not None:
            _fill(response, body, cut=True)
            response.end_offset = base + position
            response.end_ns = now
            self._give_up(body.failed, now)
        elif body.done:
            self._down.body = None
            _fill(response, body)
            self._answered(pending, base + position, now)
        return position

    def _answered(self, pending: _Pending, offset: int, now: int) -> None:
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
            pending = self._pending[-1]
            _fill(pending.request, side.body, cut=True)
            side.body = None
            self._sent(pending, side.offset, now)
        elif side.in_head:
            self._stop_up(Reason.HEAD_CUT)
        side.forget()

    def _end_down(self, now: int, *, orderly: bool) -> None:
        """Nothing more comes from the server."""
        side = self._down
        if side.body is not None:
            pending = self._pending[0]
            response = pending.response
            assert response is not None
            whole = orderly and side.body.until_close
            _fill(response, side.body, cut=not whole)
            side.body = None
            self._answered(pending, side.offset, now)
        elif side.in_head or self._interim_offset >= 0:
            self._deferred = self._deferred or Reason.HEAD_CUT
        side.forget()

    def _flush(self, now: int) -> None:
        """Hand out what is complete, in order, and then what was deferred."""
        pending = self._pending
        over = self._down.closed
        while pending and pending[0].sent and (pending[0].answered or over):
            self._emit(pending.popleft())
        if self._deferred is not None and not pending:
            self._declare(self._deferred, now)

    def _emit(self, pending: _Pending) -> None:
        request, response = pending.request, pending.response
        self._out.append(Exchange(request, response, self._index))
        self._index += 1
        self._up.done = request.end_offset
        if response is not None:
            self._down.done = response.end_offset
        self._kept = self._kept - len(request.body) if self._pending else 0

    def _give_up(self, reason: Reason, now: int) -> None:
        """Stop reading: what was asked for comes out first, as it stands. After
        a switch of protocol only the request that switched counts as one."""
        side, pending = self._up, self._pending
        if pending and not pending[-1].sent:
            last = pending[-1].request
            if side.body is not None:
                _fill(last, side.body, cut=True)
            last.end_offset = side.offset
            last.end_ns = now
        if reason in _SWITCHED:
            self._emit(pending.popleft())
            pending.clear()
        while pending:
            self._emit(pending.popleft())
        self._declare(reason, now)

    def _declare(self, reason: Reason, now: int) -> None:
        self._opaque = Opaque(
            self._up.done,
            self._down.done,
            reason.value,
            intended=reason in _INTENDED,
            time_ns=now,
        )
        self._out.append(self._opaque)
        for side in (self._up, self._down):
            side.body = None
            side.forget()


def _fill(message: Message, body: BodyReader, *, cut: bool = False) -> None:
    """Content and its state, from what was read."""
    content = body.content
    message.body = content.kept
    message.content_length = content.total
    if cut:
        message.body_state = BodyState.CUT
    elif content.truncated:
        message.body_state = BodyState.TRUNCATED
