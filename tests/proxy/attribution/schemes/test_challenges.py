"""Challenges: several in one header, and what cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.schemes.challenges import (
    MAX_ITEMS,
    challenges,
    parameters,
)
from proxy.exchange.model import Response
from tests.support.claims import challenge


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (['Basic realm="Intranet"'], [("basic", {"realm": "Intranet"})]),
        (["Basic realm=bare"], [("basic", {"realm": "bare"})]),
        (["NTLM"], [("ntlm", {})]),
        (["Negotiate, NTLM"], [("negotiate", {}), ("ntlm", {})]),
        (["Negotiate YIIabc==", "NTLM"], [("negotiate", {}), ("ntlm", {})]),
        (
            ['Basic realm="a, b", charset="UTF-8", Digest realm="c", nonce="x=="'],
            [
                ("basic", {"realm": "a, b", "charset": "UTF-8"}),
                ("digest", {"realm": "c", "nonce": "x=="}),
            ],
        ),
        (
            ["NTLM TlRMTVNTUAA=, Basic realm=x"],
            [("ntlm", {}), ("basic", {"realm": "x"})],
        ),
        (['  ,Basic   realm = "q\\"uo\\\\te"'], [("basic", {"realm": 'q"uo\\te'})]),
        (["BASIC REALM=x"], [("basic", {"realm": "x"})]),
        (['Basic realm="never closed'], [("basic", {})]),
        (["", "@@@"], []),
    ],
)
def test_every_challenge_is_read_with_its_parameters(
    values: list[str], expected: list[tuple[str, dict[str, str]]]
) -> None:
    """The comma between challenges is the one between parameters."""
    found = [
        (
            each.scheme.decode(),
            {one.name.decode(): one.value.decode() for one in each.parameters},
        )
        for each in challenges(challenge(*values))
    ]

    assert found == expected


@given(st.lists(st.binary(max_size=200), max_size=4))
def test_no_header_raises(values: list[bytes]) -> None:
    """Servers send anything."""
    response = Response(status=401)
    response.headers += [(b"www-authenticate", value) for value in values]

    challenges(response)
    for value in values:
        parameters(value)


@pytest.mark.parametrize(
    "hostile", [b"a=" * 4000, b'a="' + b"\\a" * 4000, b"a," * 4000, b"a " * 4000]
)
def test_hostile_header_ends_within_the_bounds(hostile: bytes) -> None:
    """At most so many items, whatever is sent."""
    response = Response(status=401)
    response.headers.append((b"www-authenticate", b"Basic " + hostile))

    found = challenges(response)

    assert len(found) <= MAX_ITEMS
    assert sum(len(each.parameters) for each in found) <= MAX_ITEMS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'username="jansen", nc=00000001', [b"jansen", b"00000001"]),
        (b'uri="/a?b=c,d"', [b"/a?b=c,d"]),
        (b'username="a" nc=1', None),
        (b'username="a', None),
        (b"just words", None),
        (b", ".join([b"a=1"] * (MAX_ITEMS + 1)), None),
        (b"", []),
    ],
)
def test_parameters_are_read_whole_or_not_at_all(
    text: bytes, expected: list[bytes] | None
) -> None:
    """What was left unread could hold another name."""
    found = parameters(text)

    assert (None if found is None else [one.value for one in found]) == expected


def test_backslash_that_is_no_escape_is_marked() -> None:
    """Old browsers did not escape it in a user name; both readings exist."""
    (odd,) = parameters(rb'username="KANTOOR\jansen"') or []
    (escaped,) = parameters(rb'username="KANTOOR\\jansen"') or []

    assert (odd.odd, escaped.odd) == (True, False)
    assert escaped.value == rb"KANTOOR\jansen"
