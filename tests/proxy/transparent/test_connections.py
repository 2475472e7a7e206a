"""Promises of reading open connections from /proc."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from proxy.transparent.connections import Connection, own, through, tracked


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


def test_what_the_kernel_tracks_is_read_as_the_client_sees_it(tmp_path: Path) -> None:
    """Established ones to the address, of either family; nonsense is skipped."""
    table = tmp_path / "nf_conntrack"
    four = "src=192.0.2.7 dst=192.0.2.1 sport=5000 dport=80 "
    six = "src=2001:0db8:0000:0000:0000:0000:0000:0007 "
    six += "dst=2001:0db8:0000:0000:0000:0000:0000:0001 sport=6000 dport=80 "
    back = "src=192.0.2.1 dst=192.0.2.7 sport=80 dport=5000 [ASSURED] use=1"
    table.write_text(
        f"ipv4     2 tcp      6 431999 ESTABLISHED {four}{back}\n"
        f"ipv6     10 tcp      6 431999 ESTABLISHED {six}{back}\n"
        f"ipv4     2 tcp      6 100 TIME_WAIT {four}{back}\n"
        "ipv4     2 tcp      6 100 ESTABLISHED src=x dst=y sport=z\n"
    )
    addresses = {("192.0.2.1", 80), ("2001:db8::1", 80)}

    assert tracked(addresses, table) == {
        Connection(("192.0.2.1", 80), ("192.0.2.7", 5000)),
        Connection(("2001:db8::1", 80), ("2001:db8::7", 6000)),
    }
    assert tracked({("192.0.2.9", 80)}, table) == set()
    assert tracked(addresses, tmp_path / "none") is None
