"""The client's address: what listed proxies say, and nobody else."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.forwarded import client_address
from proxy.attribution.specs.accounts import ForwardedFor

PEERS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
RULES = ForwardedFor(PEERS)
RFC7239 = ForwardedFor(PEERS, "forwarded")


def of(peer: str, *values: str, rules: ForwardedFor = RULES) -> str:
    """The client's address with these headers."""
    name = rules.header.encode()
    return client_address(peer, [(name, value.encode()) for value in values], rules)


@pytest.mark.parametrize(
    ("peer", "values", "client"),
    [
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7, 10.0.0.9"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.1, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.1", "198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.1, nonsense, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7:5123"], "198.51.100.7"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("fd00::1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("not an address", ["198.51.100.7"], "not an address"),
    ],
)
def test_the_last_hop_no_listed_proxy_vouches_for_is_the_client(
    peer: str, values: list[str], client: str
) -> None:
    """Read from the right: what stands left of it the client may have written."""
    assert of(peer, *values) == client


@pytest.mark.parametrize(
    ("value", "client"),
    [
        ("for=198.51.100.7", "198.51.100.7"),
        ("For=198.51.100.7;proto=https", "198.51.100.7"),
        ("proto=https; for=198.51.100.7 ; by=10.0.0.1", "198.51.100.7"),
        ('for="[2001:db8::1]:4711"', "2001:db8::1"),
        ('for="198.51.100.7:80", for=10.0.0.2', "198.51.100.7"),
        ("for=203.0.113.1, for=198.51.100.7", "198.51.100.7"),
        ('for=203.0.113.1, for=198.51.100.7;host="a,for=1.2.3.4"', "198.51.100.7"),
        ("for=_hidden", "10.0.0.1"),
        ("for=unknown", "10.0.0.1"),
        ("proto=https", "10.0.0.1"),
        ("for=198.51.100.7;for=203.0.113.1", "10.0.0.1"),
        ("xfor=198.51.100.7", "10.0.0.1"),
    ],
)
def test_forwarded_is_read_as_its_standard_says(value: str, client: str) -> None:
    """RFC 7239: parameters in any order, quoted addresses, hidden ones."""
    assert of("10.0.0.1", value, rules=RFC7239) == client


def test_the_other_header_is_not_read() -> None:
    """A proxy that writes one of them lets clients write the other."""
    headers = [(b"forwarded", b"for=198.51.100.7")]

    assert client_address("10.0.0.1", headers, RULES) == "10.0.0.1"


def test_a_long_chain_ends_somewhere() -> None:
    """Bounded: at the sixteenth proxy."""
    hops = [f"10.0.1.{n}" for n in range(100)]

    assert of("10.0.0.1", ", ".join(reversed(hops))) == "10.0.1.15"


@given(st.text(st.characters(max_codepoint=255), max_size=80), st.booleans())
def test_any_header_is_answered(text: str, standard: bool) -> None:
    """Hostile text gives the peer or an address, never an exception."""
    rules = RFC7239 if standard else RULES
    headers = [(rules.header.encode(), text.encode("latin-1"))]

    assert client_address("10.0.0.1", headers, rules)
