"""One connection, frame by frame."""

from __future__ import annotations

from proxy.events import GapKind
from proxy.exchange.content import Sink
from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange
from proxy.recorder.connection import Connection
from proxy.recorder.gaps import Blindness
from proxy.tapstream import Ended, Opened
from tests.support.frames import RESPONSE, request


class Owner:
    """Notes what the connection hands on."""

    def __init__(self) -> None:
        self.covered: list[tuple[bytes, int, int]] = []
        self.gaps: list[tuple[Blindness, int, int]] = []
        self.forgotten: list[Blindness] = []
        self.over_with: list[tuple[int, int, bool]] = []

    def exchange(
        self, connection: Connection, exchange: Exchange, up_bytes: int, down_bytes: int
    ) -> None:
        """An exchange."""
        self.covered.append((exchange.request.target, up_bytes, down_bytes))

    def stream(self, connection: Connection, exchange: Exchange) -> Sink | None:
        """Nobody reads what is large."""
        return None

    def gap(
        self,
        connection: Connection,
        blindness: Blindness,
        end_ns: int,
        up_bytes: int,
        down_bytes: int,
    ) -> None:
        """A gap."""
        self.gaps.append((blindness, up_bytes, down_bytes))

    def forget(self, connection: Connection, blindness: Blindness) -> None:
        """A request to the wire."""
        self.forgotten.append(blindness)

    def over(
        self,
        connection: Connection,
        end_ns: int,
        up_bytes: int,
        down_bytes: int,
        *,
        told: bool,
    ) -> None:
        """The account is closed."""
        self.over_with.append((up_bytes, down_bytes, told))


def opened(up: int = 0, down: int = 0) -> tuple[Connection, Owner]:
    """A connection that is read from these offsets on."""
    owner = Owner()
    opened = Opened(application="sonar", client=("192.0.2.1", 1))
    connection = Connection(owner, None, 1, opened, 1, Limits())
    connection.start(up, down)
    return connection, owner


def test_overlapping_frames_are_read_once() -> None:
    """A replay may begin before what is done, and repeat what was seen."""
    connection, owner = opened()
    sent = request("/a")

    connection.data(True, 0, 2, sent[:10])
    connection.data(True, 5, 2, sent[5:])
    connection.data(True, 0, 2, sent)
    connection.data(False, 0, 3, RESPONSE)

    assert [(b"/a", len(sent), len(RESPONSE))] == owner.covered
    assert connection.at_boundary


def test_until_close_body_is_whole_at_the_servers_end() -> None:
    """EOF is part of the framing."""
    connection, owner = opened()
    answer = b"HTTP/1.0 200 OK\r\n\r\nuntil close"

    connection.data(True, 0, 2, request("/a"))
    connection.data(False, 0, 3, answer)
    before = list(owner.covered)
    connection.eof(False, 4)

    assert not before
    assert [(b"/a", len(request("/a")), len(answer))] == owner.covered


def test_nothing_after_the_end_changes_anything() -> None:
    """A second END, late bytes, a cut: the account is closed."""
    connection, owner = opened()
    connection.data(True, 0, 2, b"\r\n")
    connection.end(Ended(up=2, down=0), 3)

    connection.end(Ended(up=50, down=50), 4)
    connection.data(True, 2, 4, request("/late"))
    rest = connection.cut(5)

    assert rest == (0, 0)
    assert len(owner.gaps) == 1
    assert not owner.covered


def test_cut_gives_the_bytes_nothing_covers() -> None:
    """Half a head is no exchange; whose gap it is, the wire's loss decides."""
    connection, owner = opened()
    connection.data(True, 0, 2, request("/a"))
    connection.data(False, 0, 2, RESPONSE)
    connection.data(True, len(request("/a")), 2, b"\r\n")

    assert connection.cut(3) == (2, 0)
    assert not owner.gaps


def test_blind_connection_that_is_cut_has_a_gap_of_its_own() -> None:
    """An upgrade stays an upgrade when the wire is lost."""
    connection, owner = opened()
    blindness = Blindness(GapKind.OPAQUE_PROTOCOL, "upgrade", 1, intended=True)
    connection.go_blind(blindness)
    connection.go_blind(Blindness(GapKind.SHED, "later", 2))
    connection.data(False, 0, 3, bytes(100))

    assert connection.cut(4) == (0, 0)
    assert [(blindness, 0, 100)] == owner.gaps
    assert [blindness] == owner.forgotten
