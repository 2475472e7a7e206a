"""Promises of reading open connections from /proc."""

from __future__ import annotations

import socket

import pytest

from proxy.transparent.connections import Connection, own, through


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_open_connection_is_found_by_its_own_address(host: str) -> None:
    """Either family; what only listens is no connection."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listening:
        listening.bind((host, 0))
        listening.listen()
        address = listening.getsockname()[:2]
        assert through((), {address}) == []

        with socket.create_connection(address) as client:
            peer = client.getsockname()[:2]
            accepted, _ = listening.accept()
            with accepted:
                assert through((), {address}) == [Connection(address, peer)]
                assert through({address[1]}, ()) == [Connection(address, peer)]
                assert Connection(peer, address) in set(own())
