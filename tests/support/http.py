"""Conversations of one connection, fed to the framing in any split."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from proxy.exchange.framing import ConnectionParser
from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange, Message, Opaque

Step = tuple[bool, bytes]
"""Bytes of one direction, client → server when True, in the order they passed."""
Split = Callable[[bytes], Iterable[bytes]]


def up(data: bytes) -> Step:
    """Bytes from the client."""
    return True, data


def down(data: bytes) -> Step:
    """Bytes from the server."""
    return False, data


def whole(data: bytes) -> Iterable[bytes]:
    """One piece."""
    return (data,)


def each_byte(data: bytes) -> Iterable[bytes]:
    """One byte at a time."""
    return (data[i : i + 1] for i in range(len(data)))


@dataclass(frozen=True)
class Seen:
    """What came out of a parser, with the parser."""

    exchanges: list[Exchange]
    opaque: Opaque | None
    parser: ConnectionParser

    @property
    def reason(self) -> str:
        """Reason of the Opaque, empty without one."""
        return self.opaque.reason if self.opaque else ""


def read(
    steps: Sequence[Step],
    *,
    split: Split = whole,
    limits: Limits | None = None,
    ended: str = "",
) -> Seen:
    """Feed a conversation; ``ended``: letters of ``u`` and ``d`` (end of input
    of a direction), ``e`` (end), ``a`` (abort), in order."""
    parser = ConnectionParser(limits or Limits())
    out: list[Exchange | Opaque] = []
    now = 0
    for is_up, data in steps:
        for piece in split(data):
            now += 1
            out += parser.data(is_up, piece, now)
    for letter in ended:
        now += 1
        if letter in "ud":
            out += parser.eof(letter == "u", now)
        else:
            out += parser.end(now, abort=letter == "a")
    return gathered(out, parser)


def gathered(out: Sequence[Exchange | Opaque], parser: ConnectionParser) -> Seen:
    """Sort what came out, and check what holds of every output."""
    exchanges = [item for item in out if isinstance(item, Exchange)]
    opaques = [item for item in out if isinstance(item, Opaque)]
    assert len(opaques) <= 1
    assert not opaques or out[-1] is opaques[0]
    assert [exchange.index for exchange in exchanges] == list(range(len(exchanges)))
    position = 0, 0
    for exchange in exchanges:
        request, response = exchange.request, exchange.response
        assert position[0] <= request.start_offset <= request.end_offset
        position = request.end_offset, position[1]
        if response is not None:
            assert position[1] <= response.start_offset <= response.end_offset
            position = position[0], response.end_offset
    assert parser.committable == position
    for opaque in opaques:
        assert (opaque.up, opaque.down) == position
        assert parser.opaque is opaque
    return Seen(exchanges, opaques[0] if opaques else None, parser)


def facts(seen: Seen) -> list[object]:
    """Everything but times, for comparing two splits."""
    found: list[object] = []
    for exchange in seen.exchanges:
        request, response = exchange.request, exchange.response
        found.append((request.method, request.target, request.version))
        found.append(_message(request))
        if response is None:
            found.append(None)
        else:
            found.append((response.status, response.version, response.upgraded))
            found.append(_message(response))
    if seen.opaque is not None:
        opaque = seen.opaque
        found.append((opaque.up, opaque.down, opaque.reason, opaque.intended))
    return found


def _message(message: Message) -> object:
    return (
        message.headers,
        message.body,
        message.body_state,
        message.start_offset,
        message.end_offset,
        message.content_length,
    )


def read_any_split(
    steps: Sequence[Step], *, limits: Limits | None = None, ended: str = ""
) -> Seen:
    """Feed whole and byte by byte; both must give the same."""
    seen = read(steps, limits=limits, ended=ended)
    slow = read(steps, split=each_byte, limits=limits, ended=ended)
    assert facts(slow) == facts(seen)
    assert slow.parser.at_boundary == seen.parser.at_boundary
    return seen
