"""A trusted header: from the proxy that may say so, and from nobody else."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.schemes.accompanying import Peer
from proxy.attribution.specs.headers import HeaderIdentity
from proxy.events import Strength
from tests.support.claims import Reading, request

IDENTITY = HeaderIdentity(
    "X-Remote-User",
    (ip_network("10.0.0.0/8"), ip_network("127.0.0.1"), ip_network("fd00::/8")),
)
PROXY = Peer("10.1.2.3", 1, 1)
STRANGER = Peer("192.0.2.7", 1, 2)


def said(*headers: tuple[str, str | bytes], peer: Peer = PROXY) -> str | None:
    """What the headers of a request say."""
    return Reading.of(IDENTITY).said(request("/app", *headers), peer)


def test_listed_peer_is_believed_and_worth_asserted() -> None:
    """Nothing is proved here; somebody trusted says so."""
    claim = Reading.of(IDENTITY).claim(
        request("/app", ("X-Remote-User", "jansen")), PROXY
    )

    assert claim is not None
    assert (claim.name, claim.strength) == ("jansen", Strength.ASSERTED)
    assert not claim.forged


@pytest.mark.parametrize(
    "name", ["X-Remote-User", "X_Remote_User", "x-remote_user", "X.Remote.User"]
)
def test_anybody_else_forges_under_every_spelling(name: str) -> None:
    """CGI and WSGI take all of them for the same variable."""
    claim = Reading.of(IDENTITY).claim(request("/app", (name, "boss")), STRANGER)

    assert claim is not None
    assert (claim.name, claim.reason, claim.forged) == ("", "forged", True)
    assert claim.strength is Strength.NONE
    assert "boss" not in repr(claim)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.255.255.255", "jansen"),
        ("11.0.0.1", "<forged>"),
        ("127.0.0.1", "jansen"),
        ("127.0.0.2", "<forged>"),
        ("::ffff:10.0.0.1", "jansen"),
        ("fd00::1", "jansen"),
        ("fd00::1%eth0", "jansen"),
        ("2001:db8::1", "<forged>"),
        ("", "<forged>"),
        ("nonsense", "<forged>"),
    ],
)
def test_peer_is_compared_as_an_address(address: str, expected: str) -> None:
    """An IPv4 peer of a dual-stack socket is the IPv4 peer."""
    assert said(("X-Remote-User", "jansen"), peer=Peer(address, 1, 1)) == expected


def test_what_other_headers_say_of_the_peer_does_not_count() -> None:
    """X-Forwarded-For is written by anybody."""
    forwarded = ("X-Forwarded-For", "10.0.0.1")

    assert said(forwarded, ("X-Remote-User", "boss"), peer=STRANGER) == "<forged>"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("X-Remote-User", "jansen"), ("X-Remote-User", "boss")], "<ambiguous>"),
        ([("X-Remote-User", "jansen"), ("X_Remote_User", "boss")], "<ambiguous>"),
        ([("X-Remote-User", "jansen"), ("X-Remote-User", "jansen")], "<ambiguous>"),
        ([("X-Remote-User", "boss, jansen")], "<ambiguous>"),
        ([("X-Remote-User", "")], "<anonymous>"),
        ([("X-Remote-User", "jan\x01sen")], "<unusable_name>"),
        ([("X-Remote-User", "jörg")], "jörg"),
        ([("X-Remote-User", b"j\xf6rg")], "jörg"),
        ([("X-Remote-Users", "boss")], None),
        ([], None),
    ],
)
def test_header_that_came_twice_is_nobodys(
    headers: list[tuple[str, str | bytes]], expected: str | None
) -> None:
    """The proxy let a client's own through beside its own: either may count."""
    assert said(*headers) == expected


def test_empty_header_of_a_stranger_names_nobody() -> None:
    """Clients of some proxies send it empty; nothing is claimed."""
    assert said(("X-Remote-User", " "), peer=STRANGER) is None


@given(st.binary(max_size=100), st.text(max_size=40))
def test_nothing_raises(value: bytes, address: str) -> None:
    """Whatever the header and the peer."""
    said(("X-Remote-User", value), peer=Peer(address, 1, 1))
