"""mitmproxy's connection model, without what it costs per connection.

Applications of 2005 close after each response, so a connection's set-up counts
(measured: a tenth of the whole cost). mitmproxy draws a random UUID for each
side and checks each assignment to a server in Python; a counter is as unique
within a process, and the address of a relay never changes.
"""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

from mitmproxy.connection import Client, ConnectionState, Server
from mitmproxy.proxy.context import Context

if TYPE_CHECKING:
    from mitmproxy.options import Options
    from mitmproxy.proxy.mode_specs import ProxyMode

_numbers = itertools.count(1)


class Upstream(Server):
    """A server whose attributes are assigned without a check."""

    __setattr__ = object.__setattr__


class RelayContext(Context):
    """One client and its one upstream."""

    def __init__(
        self,
        client: Client,
        options: Options,
        destination: tuple[str, int] | None = None,
    ) -> None:
        # In place of Context's, which makes a ``Server`` of its own.
        self.client = client
        self.options = options
        self.layers = []
        self.certificates: tuple[bytes, ...] = ()
        """DER of what the client showed, its own first; nobody verified them."""
        self.destination = destination
        """Where the client was going, when the kernel led it here."""
        self.server = Upstream(address=None, id=f"{client.id}-up")


def accepted(peer: tuple[str, int], own: tuple[str, int], mode: ProxyMode) -> Client:
    """A client that has just been accepted."""
    return Client(
        id=str(next(_numbers)),
        peername=peer,
        sockname=own,
        timestamp_start=time.time(),
        proxy_mode=mode,
        state=ConnectionState.OPEN,
    )
