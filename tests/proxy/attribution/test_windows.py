"""NTLM within the mechanism: how long a connection stays somebody's."""

from __future__ import annotations

import pytest

from proxy.attribution.asked import Asked
from proxy.attribution.attribute import Attribution
from proxy.attribution.schemes.accompanying import Peer
from proxy.attribution.sessions import Sessions
from proxy.attribution.spec import AttributionSpec, Expiry
from proxy.attribution.specs.windows import NtlmIdentity
from proxy.exchange.model import Exchange
from tests.support import ntlm_messages as messages
from tests.support.browsing import MS, exchange
from tests.support.naming import KEY
from tests.support.ntlm_messages import header

SECOND = 1000 * MS
"""Nanoseconds."""
PEER = Peer("192.0.2.1", 1, 1)


class Connection:
    """One connection to an application that takes NTLM, second by second."""

    def __init__(self, expiry: Expiry | None = None) -> None:
        spec = AttributionSpec(identities=(NtlmIdentity(),), expiry=expiry or Expiry())
        self._attribution = Attribution(spec, "app", Sessions(), KEY)

    def ask(
        self,
        at: int,
        authorization: bytes = b"",
        status: int = 200,
        answer: bytes = b"",
    ) -> str:
        """The name of an exchange in this second, or the reason for none."""
        one: Exchange = exchange("/client", at=at * SECOND, status=status)
        assert one.response is not None
        if authorization:
            one.request.headers.append((b"authorization", authorization))
        if answer:
            one.response.headers.append((b"www-authenticate", answer))
        asked = Asked(one.request)
        observed = self._attribution.observe(one, asked, f"1-1-{at:x}", peer=PEER)
        actor = self._attribution.settle(observed).actor
        return actor.name or actor.reason

    def login(self, at: int) -> str:
        """A whole handshake in this second and the next."""
        challenge = header("NTLM", messages.type2())
        self.ask(at, header("NTLM", messages.type1()), 401, challenge)
        return self.ask(at + 1, header("NTLM", messages.type3()))


@pytest.mark.matrix(scheme="ntlm", case="expiry")
def test_a_connection_nobody_used_for_long_is_nobodys() -> None:
    """Idle and in all, as any session; a new handshake begins anew."""
    idle = Connection(Expiry(idle_ns=60 * SECOND))
    assert idle.login(1) == "OFFICE\\jansen"
    assert idle.ask(50) == "OFFICE\\jansen"
    absolute = Connection(Expiry(absolute_ns=60 * SECOND))
    assert absolute.login(1) == "OFFICE\\jansen"

    assert "\\" not in idle.ask(200)
    assert "\\" not in idle.ask(201)
    assert [absolute.ask(at) for at in (30, 60)] == ["OFFICE\\jansen"] * 2
    assert "\\" not in absolute.ask(90)
    assert absolute.login(91) == "OFFICE\\jansen"
    assert absolute.ask(93) == "OFFICE\\jansen"


def test_credentials_of_another_scheme_end_what_the_connection_was() -> None:
    """They are not configured here, and whose they are is not known."""
    connection = Connection()
    assert connection.login(1) == "OFFICE\\jansen"

    assert "\\" not in connection.ask(3, b"Basic cGlldGVyczp4")
    assert "\\" not in connection.ask(4)
    assert connection.login(5) == "OFFICE\\jansen"


def test_a_handshake_nobody_saw_the_answer_of_names_nobody() -> None:
    """Its 401 has no challenge, or its end is an error of something else."""
    connection = Connection()
    assert connection.login(1) == "OFFICE\\jansen"
    challenge = header("NTLM", messages.type2())
    connection.ask(3, header("NTLM", messages.type1()), 401, challenge)

    for status in (400, 404, 431, 502):
        assert "\\" not in connection.ask(4, header("NTLM", messages.type3()), status)
        assert "\\" not in connection.ask(5)
        connection.ask(6, header("NTLM", messages.type1()), 401, challenge)
