"""Kerberos: a name that is proven here, or why there is none."""

from __future__ import annotations

import pytest

from proxy.attribution.asked import Asked
from proxy.attribution.materials import NOTHING, Acceptor, Materials, Refused
from proxy.attribution.schemes.accompanying import Claim, Peer, Scope
from proxy.attribution.schemes.kerberos import KerberosScheme
from proxy.attribution.specs.windows import KerberosIdentity
from proxy.errors import UsageError
from proxy.events import Strength
from tests.support import ntlm_messages as messages
from tests.support.browsing import exchange
from tests.support.ntlm_messages import KERBEROS, header

PEER = Peer("192.0.2.1", 1, 1)
TICKET = header("Negotiate", messages.initial(messages.kerberos(), KERBEROS))


def jansen(token: bytes) -> str | Refused:
    """A service that knows one ticket."""
    if token == messages.kerberos():
        return "jansen@OFFICE.EXAMPLE"
    return Refused("wrong_key")


def claim(
    *values: bytes, accept: Acceptor | None = jansen, persistent: bool = False
) -> Claim | None:
    """What these Authorization headers claim."""
    keytab = "http.keytab" if accept else ""
    materials = Materials({}, {"http.keytab": accept} if accept else {})
    scheme = KerberosScheme(
        KerberosIdentity(keytab=keytab, persistent=persistent), materials
    )
    request = exchange("/client").request
    request.headers += [(b"authorization", value) for value in values]
    return scheme.claim(Asked(request), PEER)


def test_a_ticket_the_keytab_opens_names_its_principal_as_verified() -> None:
    """Of this request alone: the next one brings a ticket of its own."""
    found = claim(TICKET)

    assert found is not None
    assert (found.name, found.reason) == ("jansen@OFFICE.EXAMPLE", "")
    assert found.strength is Strength.VERIFIED
    assert found.scope is Scope.REQUEST
    assert not found.clears


def test_a_kept_ticket_names_the_connection() -> None:
    """And whoever it was before is over, as with a new handshake of NTLM."""
    found = claim(TICKET, persistent=True)

    assert found is not None
    assert found.scope is Scope.CONNECTION
    assert found.clears


def test_without_a_keytab_only_the_realm_is_told() -> None:
    """And that the keytab is what is missing."""
    found = claim(TICKET, accept=None)

    assert found is not None
    assert (found.name, found.reason) == ("", "no_keytab")
    assert found.on_wire == "@OFFICE.EXAMPLE"
    assert found.strength is Strength.NONE


def test_a_ticket_that_is_refused_names_nobody() -> None:
    """With the library's reason."""
    token = header("Negotiate", messages.kerberos("ELSEWHERE.EXAMPLE"))

    found = claim(token)

    assert found is not None
    assert (found.name, found.reason) == ("", "wrong_key")


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 257])
def test_a_principal_that_is_no_account_name_is_not_used(name: str) -> None:
    """Whoever signed it."""
    found = claim(TICKET, accept=lambda _: name)

    assert found is not None
    assert (found.name, found.reason) == ("", "unusable_name")


def test_other_credentials_are_not_a_ticket() -> None:
    """They are left to the schemes that read them, or end a kept identity."""
    for value in (header("NTLM", messages.type3()), b"Basic eDp5"):
        kept = claim(value, persistent=True)

        assert claim(value) is None
        assert kept is not None
        assert (kept.name, kept.reason) == ("", "other_credentials")
        assert kept.clears
    assert claim() is None
    assert claim(persistent=True) is None


def test_two_authorizations_name_nobody() -> None:
    """Servers differ in which one counts."""
    found = claim(TICKET, TICKET)

    assert found is not None
    assert (found.name, found.reason) == ("", "malformed_token")


def test_a_keytab_that_was_not_handed_over_stops_the_start() -> None:
    """Not the first request."""
    with pytest.raises(UsageError, match="needs this keytab"):
        KerberosScheme(KerberosIdentity(keytab="http.keytab"), NOTHING)
