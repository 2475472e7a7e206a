"""Where session keys stand, as a rule set writes it."""

from __future__ import annotations

import pytest

from proxy.attribution.spec import KeyKind, KeyPlace, SessionKeys, Which
from proxy.document import Problems
from proxy.ruleset.model import RuleSet
from proxy.ruleset.reader import load
from proxy.ruleset.sessions import segment_of

TEXT = """
application: app
session: {session}
records:
  client:
    request: "GET /client/{{id}}"
    action: view
    subject: {{type: client, id: path.id}}
"""


def read(session: str) -> SessionKeys | str:
    """The keys, or all problems as text."""
    found = load(TEXT.format(session=session).encode(), "f")
    if isinstance(found, Problems):
        return str(found)
    assert isinstance(found, RuleSet)
    return found.attribution.session


@pytest.mark.parametrize(
    ("session", "keys"),
    [
        ("none", SessionKeys()),
        ("{cookie: SID}", SessionKeys(("SID",))),
        ("{cookie: [A, 'B*'], which: last}", SessionKeys(("A", "B*"), (), Which.LAST)),
        (
            "{query: q, which: all-equal}",
            SessionKeys(
                (), (KeyPlace(KeyKind.QUERY, "q", Which.ALL_EQUAL),), Which.ALL_EQUAL
            ),
        ),
        ("{connection: true}", SessionKeys((), (KeyPlace(KeyKind.CONNECTION),))),
        (
            (
                "{header: {name: X, prefix: 'S ', base64: yes, part: -1, "
                "issued: 'json.a[1].b'}}"
            ),
            SessionKeys(
                (),
                (
                    KeyPlace(
                        KeyKind.HEADER,
                        "X",
                        issued=("a", 1, "b"),
                        prefix="S ",
                        base64=True,
                        part=-1,
                    ),
                ),
            ),
        ),
    ],
)
def test_a_place_is_read_as_written(session: str, keys: SessionKeys) -> None:
    """Every kind of place."""
    assert read(session) == keys


@pytest.mark.parametrize(
    ("session", "said"),
    [
        ("{}", "session.cookie: missing"),
        ("{cooky: SID}", "did you mean cookie"),
        ("{path_segment: '(S())'}", "not a segment with a key"),
        ("{path_segment: '/(S({key}))'}", "not a segment with a key"),
        ("{query: q, which: any}", "first or last"),
        ("{header: {name: X, issued: result}}", "not a way into a JSON body"),
        ("{header: {issued: json.a}}", "session.header.name: missing"),
    ],
)
def test_a_mistake_about_a_place_is_told(session: str, said: str) -> None:
    """With what was expected."""
    found = read(session)

    assert isinstance(found, str)
    assert said in found


def test_segments_that_hold_a_key_are_those_of_the_rule_set() -> None:
    """And no others."""
    keys = read("{path_segment: ['(S({key})*)', '({key})']}")
    assert isinstance(keys, SessionKeys)
    pattern = segment_of(keys)

    assert pattern is not None
    assert pattern.fullmatch("(S(abc)F(x))")
    assert pattern.fullmatch("(abc)")
    assert not pattern.fullmatch("client")
    assert segment_of(SessionKeys(("SID",))) is None
