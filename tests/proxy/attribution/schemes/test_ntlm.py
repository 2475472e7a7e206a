"""NTLM: a name only as the answer to a challenge of the same connection."""

from __future__ import annotations

import pytest

from proxy.attribution.asked import Asked
from proxy.attribution.schemes.accompanying import Claim, Peer, Scope
from proxy.attribution.schemes.ntlm import NtlmScheme
from proxy.attribution.specs.windows import NtlmIdentity
from proxy.events import Strength
from proxy.exchange.model import Response
from tests.support import ntlm_messages as messages
from tests.support.browsing import exchange
from tests.support.ntlm_messages import header

PEER = Peer("192.0.2.1", 1, 1)
OTHER_PEER = Peer("192.0.2.1", 1, 2)
CHALLENGE = header("NTLM", messages.type2())


def asked(*authorization: bytes, target: str = "/client", method: str = "GET") -> Asked:
    """A request with these Authorization headers."""
    request = exchange(target, method=method).request
    request.headers += [(b"authorization", value) for value in authorization]
    return Asked(request)


def refusal(*challenges: bytes) -> Response:
    """A 401 with these challenges."""
    response = Response(status=401)
    response.headers += [(b"www-authenticate", value) for value in challenges]
    return response


def begin(
    scheme: NtlmScheme,
    *challenges: bytes,
    peer: Peer = PEER,
    word: str = "NTLM",
    target: str = "/client",
    method: str = "GET",
) -> Claim:
    """Type 1, and the answer to it."""
    one = asked(header(word, messages.type1()), target=target, method=method)
    claim = scheme.claim(one, peer)
    assert claim is not None
    scheme.challenged(one, refusal(*(challenges or (CHALLENGE,))))
    return claim


def finish(scheme: NtlmScheme, token: bytes, *, peer: Peer = PEER) -> str:
    """Type 3; its name or the reason for none."""
    claim = scheme.claim(asked(header("NTLM", token)), peer)
    assert claim is not None
    assert claim.scope is Scope.CONNECTION
    assert claim.clears
    assert bool(claim.name) != bool(claim.reason)
    return claim.name or claim.reason


def test_a_challenged_answer_names_its_user() -> None:
    """Free text until the application does not refuse it: a claim, no more."""
    scheme = NtlmScheme(NtlmIdentity())
    begin(scheme)

    claim = scheme.claim(asked(header("NTLM", messages.type3())), PEER)

    assert claim is not None
    assert (claim.name, claim.reason) == ("OFFICE\\jansen", "")
    assert claim.strength is Strength.CONFIRMED
    assert claim.scope is Scope.CONNECTION
    assert len(scheme) == 0


def test_a_new_handshake_clears_the_connection() -> None:
    """Whoever it was before; and the 401 with the challenge refuses nobody."""
    scheme = NtlmScheme(NtlmIdentity())

    claim = begin(scheme)

    assert (claim.name, claim.reason, claim.clears) == ("", "handshake", True)
    assert claim.retried is not None
    assert claim.retried(refusal(CHALLENGE))
    assert not claim.retried(refusal(b"NTLM"))


def test_ntlm_inside_negotiate_is_the_same() -> None:
    """With SPNEGO around it on both sides."""
    scheme = NtlmScheme(NtlmIdentity())
    one = asked(header("Negotiate", messages.initial(messages.type1())))
    scheme.claim(one, PEER)
    answer = header("Negotiate", messages.response(messages.type2()))
    scheme.challenged(one, refusal(answer))

    two = asked(header("Negotiate", messages.response(messages.type3())))
    claim = scheme.claim(two, PEER)

    assert claim is not None
    assert claim.name == "OFFICE\\jansen"


def test_an_answer_nobody_asked_for_names_nobody() -> None:
    """A page that is open to all answers 200 to anything."""
    scheme = NtlmScheme(NtlmIdentity())

    assert finish(scheme, messages.type3("director")) == "no_challenge"


@pytest.mark.parametrize(
    "challenges",
    [
        [b"NTLM"],
        [b"Basic realm=x"],
        [b"NTLM !"],
        [header("NTLM", messages.type1())],
        [CHALLENGE, CHALLENGE],
    ],
    ids=["bare", "another scheme", "broken", "not a challenge", "two"],
)
def test_a_refusal_without_one_challenge_asks_for_nothing(
    challenges: list[bytes],
) -> None:
    """What is no challenge cannot be answered."""
    scheme = NtlmScheme(NtlmIdentity())
    begin(scheme, *challenges)

    assert finish(scheme, messages.type3()) == "no_challenge"


def test_a_challenge_for_another_page_or_method_does_not_count() -> None:
    """Else one challenged page would vouch for what is written to an open one."""
    scheme = NtlmScheme(NtlmIdentity())
    begin(scheme, target="/protected")

    assert finish(scheme, messages.type3()) == "no_challenge"

    begin(scheme, method="POST")

    assert finish(scheme, messages.type3()) == "no_challenge"


def test_a_challenge_of_another_connection_does_not_count() -> None:
    """NTLM is of one connection."""
    scheme = NtlmScheme(NtlmIdentity())
    begin(scheme, peer=OTHER_PEER)

    assert finish(scheme, messages.type3()) == "no_challenge"
    assert finish(scheme, messages.type3(), peer=OTHER_PEER) == "OFFICE\\jansen"


def test_a_challenge_is_answered_by_the_next_request_or_not_at_all() -> None:
    """And once."""
    scheme = NtlmScheme(NtlmIdentity())
    begin(scheme)
    assert scheme.claim(asked(), PEER) is None

    assert finish(scheme, messages.type3()) == "no_challenge"

    begin(scheme)

    assert finish(scheme, messages.type3()) == "OFFICE\\jansen"
    assert finish(scheme, messages.type3()) == "no_challenge"


def test_a_challenge_told_of_another_request_is_not_remembered() -> None:
    """``challenged`` is told of every 401, of whatever connection."""
    scheme = NtlmScheme(NtlmIdentity())
    scheme.claim(asked(header("NTLM", messages.type1())), PEER)

    scheme.challenged(asked(), refusal(CHALLENGE))

    assert finish(scheme, messages.type3()) == "no_challenge"


def test_text_written_otherwise_than_the_server_chose_is_ambiguous() -> None:
    """A server may go by its own flags: two letters of one are one of the other."""
    scheme = NtlmScheme(NtlmIdentity())
    oem = header("NTLM", messages.type2(0x2))
    begin(scheme, oem)

    assert finish(scheme, messages.type3()) == "ambiguous"

    begin(scheme, oem)

    assert finish(scheme, messages.type3(flags=2, charset="ascii")) == "OFFICE\\jansen"

    begin(scheme, header("NTLM", messages.type2(0)))

    assert finish(scheme, messages.type3()) == "OFFICE\\jansen"


def test_a_name_that_is_not_there_has_its_reason() -> None:
    """Anonymous, unreadable, unusable."""
    scheme = NtlmScheme(NtlmIdentity())
    for token, reason in (
        (messages.type3(""), "anonymous"),
        (messages.type3()[:70], "malformed_token"),
        (messages.type3("ü", flags=2, charset="cp850"), "unknown_charset"),
        (messages.type3("a\\b"), "unusable_name"),
    ):
        begin(scheme)

        assert finish(scheme, token) == reason


def test_the_code_page_is_the_rule_sets() -> None:
    """For clients that do not speak UTF-16."""
    scheme = NtlmScheme(NtlmIdentity(oem_charset="cp850"))
    begin(scheme)
    token = messages.type3("müller", flags=2, charset="cp850")

    assert finish(scheme, token) == "ambiguous"

    begin(scheme, header("NTLM", messages.type2(0x2)))

    assert finish(scheme, token) == "OFFICE\\müller"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([b"Basic amFuc2VuOng="], "other_credentials"),
        ([header("Negotiate", messages.kerberos())], "other_credentials"),
        ([header("NTLM", messages.kerberos())], "other_credentials"),
        ([b"NTLM"], "malformed_token"),
        ([b"NTLM ****"], "malformed_token"),
        ([header("NTLM", messages.type2())], "malformed_token"),
        ([header("NTLM", messages.type3())] * 2, "malformed_token"),
    ],
)
def test_any_other_authorization_is_over_a_kept_identity(
    values: list[bytes], reason: str
) -> None:
    """A request that says who it is of is not of whom the connection was."""
    claim = NtlmScheme(NtlmIdentity()).claim(asked(*values), PEER)

    assert claim is not None
    assert (claim.name, claim.reason, claim.clears) == ("", reason, True)
    assert claim.strength is Strength.NONE


def test_a_request_without_authorization_claims_nothing() -> None:
    """It is whose the connection is."""
    assert NtlmScheme(NtlmIdentity()).claim(asked(), PEER) is None


def test_handshakes_that_never_end_are_bounded() -> None:
    """The oldest goes, is counted, and its user stays nameless."""
    scheme = NtlmScheme(NtlmIdentity(), handshakes=2)
    peers = [Peer("192.0.2.1", 1, number) for number in range(3)]
    for peer in peers:
        begin(scheme, peer=peer)

    assert (len(scheme), scheme.evicted) == (2, 1)
    assert finish(scheme, messages.type3(), peer=peers[0]) == "no_challenge"
    assert finish(scheme, messages.type3(), peer=peers[2]) == "OFFICE\\jansen"


def test_tokens_are_not_printed() -> None:
    """A type 3 holds the proof of a password."""
    scheme = NtlmScheme(NtlmIdentity())
    begin(scheme)
    proof = b"CANARY-PROOF"

    claim = scheme.claim(
        asked(header("NTLM", messages.type3(nt=proof + bytes(12)))), PEER
    )

    assert claim is not None
    assert "CANARY" not in repr(claim)
    assert "CANARY" not in repr(vars(scheme))
