"""Events and commands that mitmproxy's own vocabulary lacks.

mitmproxy knows one way for a connection to end. A relay that stays honest
needs three: in order, cut (TCP ended but TLS never said so), and aborted
(reset). A cut body must never look whole to the other side.
"""

from __future__ import annotations

from mitmproxy.connection import Connection
from mitmproxy.proxy import commands, events


class Aborted(events.ConnectionEvent):
    """The peer reset this connection, or TLS on it broke: nothing follows."""

    def __init__(self, connection: Connection, error: str) -> None:
        super().__init__(connection)
        self.error = error


class Cut(events.ConnectionClosed):
    """TCP ended in order while TLS above it did not: the end may be forged."""


class Part(events.Event):
    """Close this connection in order: it is idle, or the wire drains."""


class Released(events.Event):
    """Held bytes may go, or what holds them has changed."""


class Reading(commands.Command):
    """Read the client and the server, or not for now, as their holds say."""

    def __init__(self, *, client: bool, server: bool) -> None:
        self.client = client
        self.server = server


class Established(commands.Command):
    """The upstream is open (TLS included); the client may be read."""


class Abort(commands.CloseConnection):
    """Reset this connection: what it waits for will not come."""


class EndDirection(commands.CloseTcpConnection):
    """Send no more on this connection, but go on reading from it.

    ``whole`` is false when the other side's end was ``Cut``: then TLS here does
    not claim an end either.
    """

    def __init__(self, connection: Connection, *, whole: bool = True) -> None:
        super().__init__(connection, half_close=True)
        self.whole = whole
