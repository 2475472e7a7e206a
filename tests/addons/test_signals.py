"""The ways a connection can end, as mitmproxy's layers see them."""

from __future__ import annotations

from mitmproxy.connection import Server
from mitmproxy.proxy import commands, events

from addons.signals import Abort, Cut, EndDirection


def test_new_ends_are_ends_to_layers_that_do_not_know_them() -> None:
    """The tunnels of mitmproxy pass on what they know: closed, close, half-close."""
    server = Server(address=None)

    assert isinstance(Cut(server), events.ConnectionClosed)
    assert isinstance(Abort(server), commands.CloseConnection)
    assert EndDirection(server).half_close
    assert not EndDirection(server, whole=False).whole
