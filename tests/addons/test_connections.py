"""mitmproxy's connection objects, made cheaply."""

from __future__ import annotations

from mitmproxy import options
from mitmproxy.connection import ConnectionState
from mitmproxy.proxy.mode_specs import ProxyMode

from addons.connections import RelayContext, accepted
from addons.mode import InheritedMode


def test_connections_of_a_process_are_told_apart() -> None:
    """Equality and hash of mitmproxy's connections are their ids."""
    mode = ProxyMode.parse("inherited:0")
    peer, own = ("192.0.2.1", 5), ("192.0.2.2", 80)

    first, second = accepted(peer, own, mode), accepted(peer, own, mode)
    servers = [RelayContext(each, options.Options()).server for each in (first, second)]

    assert isinstance(mode, InheritedMode)
    assert len({first, second, *servers}) == 4
    assert first.state is ConnectionState.OPEN
    assert not servers[0].connected
