"""Authorization headers of Windows networks, unwrapped."""

from __future__ import annotations

from proxy.attribution.schemes.negotiate import (
    Kind,
    Offered,
    challenge_flags,
    offered,
)
from proxy.exchange.model import Response
from tests.support import ntlm_messages as messages
from tests.support.browsing import exchange
from tests.support.ntlm_messages import KERBEROS, header


def read(*values: bytes) -> Offered | None:
    """What these Authorization headers offer."""
    request = exchange("/").request
    request.headers += [(b"authorization", value) for value in values]
    return offered(request)


def test_the_scheme_is_read_in_any_case() -> None:
    """RFC 9110 11.1."""
    token = header("x", messages.type1())[2:]

    for word in (b"NTLM", b"ntlm", b"Negotiate", b"NEGOTIATE"):
        assert read(word + b" " + token) == Offered(Kind.NTLM, messages.type1())


def test_blanks_around_a_token_are_not_part_of_it() -> None:
    """Servers skip them."""
    token = header("NTLM ", messages.type1()) + b" "

    assert read(token) == Offered(Kind.NTLM, messages.type1())


def test_a_ticket_counts_inside_negotiate_only() -> None:
    """Under the word NTLM no server looks for one."""
    token = messages.initial(messages.kerberos(), KERBEROS)

    assert read(header("Negotiate", token)) == Offered(
        Kind.KERBEROS, messages.kerberos()
    )
    assert read(header("NTLM", token)) == Offered(Kind.OTHER)


def test_what_cannot_be_read_is_broken_and_what_is_foreign_is_other() -> None:
    """The first may be anybody, the second is somebody else's to read."""
    assert read() is None
    assert read(b"Basic eDp5") == Offered(Kind.OTHER)
    assert read(b"Bearer x") == Offered(Kind.OTHER)
    assert read(b"") == Offered(Kind.OTHER)
    assert read(b"Negotiate") == Offered(Kind.BROKEN)
    assert read(b"Negotiate a") == Offered(Kind.BROKEN)
    assert read(b"Negotiate YWI=YWI=") == Offered(Kind.BROKEN)
    assert read(header("NTLM", messages.type1()), b"Basic eDp5") == Offered(Kind.BROKEN)


def test_a_token_is_not_printed() -> None:
    """It is a secret."""
    assert "NTLMSSP" not in repr(read(header("NTLM", messages.type3())))


def test_challenges_are_found_beside_others() -> None:
    """Servers list what they take."""
    response = Response(status=401)
    response.headers += [
        (b"www-authenticate", b"Negotiate"),
        (b"www-authenticate", header("NTLM", messages.type2(0x2))),
        (b"www-authenticate", b'Basic realm="x"'),
    ]

    assert challenge_flags(response) == 2
