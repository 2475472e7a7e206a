"""What was seen to happen to one session key, and what follows from it.

The life of a key is a short list of facts, each with three times of the
exchange that brought it (monotonic nanoseconds):

* ``at``: from when it counts;
* ``anchor``: first byte of that request; an ending is about the binding that
  was valid *then*, never about a later one;
* ``known``: last byte of that response; an exchange that was over before sees
  nothing of it.

``standing`` reads the list as of the first byte of a request. It is a function
of the *set* of facts: the order in which two wires brought them does not
matter, which is what lets the recorder apply them as they come.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from proxy.events import Actor


class Bound(msgspec.Struct, frozen=True, array_like=True, tag="b"):
    """From ``at`` the key is this actor's."""

    at: int
    known: int
    anchor: int
    since: int
    """The login it goes back to; a rotation does not renew it."""
    actor: Actor


class Linked(msgspec.Struct, frozen=True, array_like=True, tag="l"):
    """A response issued the key, in place of ``parents`` (empty: a new session).

    Whatever the key meant before is over: applications that number their
    sessions issue old numbers again.
    """

    at: int
    known: int
    anchor: int
    parents: tuple[bytes, ...]
    claim: Actor | None = None
    """Who the request said it was of, and was believed: one more parent."""


class Ended(msgspec.Struct, frozen=True, array_like=True, tag="e"):
    """From ``at`` the binding valid at ``anchor`` is over."""

    at: int
    known: int
    anchor: int
    reason: str


Fact = Bound | Linked | Ended


class Standing(NamedTuple):
    """What a key is at one moment: exactly one of the three says so."""

    bound: Bound | None = None
    link: Linked | None = None
    reason: str = ""


def same_name(one: Actor, other: Actor) -> bool:
    """Whether two actors are the same account."""
    return one.name == other.name or one.name.casefold() == other.name.casefold()


_NOT_YET = frozenset({"replaced", "login_page"})
"""Endings that also befall a session nobody has logged in on."""

UNKNOWN = Standing(reason="unknown_session")
BEFORE_LOGIN = Standing(reason="before_login")
AMBIGUOUS = Standing(reason="ambiguous")


def standing(facts: list[Fact], start: int, end: int) -> Standing:
    """What the key was when a request that lasted from start to end began.

    Args:
        facts: Ordered by ``at``.
        start: First byte of the request.
        end: Last byte of its response.
    """
    current: Bound | Linked | None = None
    ending: Ended | None = None
    underway: Bound | None = None
    for fact in reversed(facts):
        if fact.known > end:
            continue
        if fact.at > start:
            if type(fact) is Bound and fact.anchor <= start:
                underway = fact
        elif type(fact) is Ended:
            if ending is None or fact.anchor > ending.anchor:
                ending = fact
        else:
            current = fact  # type: ignore[assignment]
            break
    if current is None:
        # An ending alone: its login was before our time, or is forgotten.
        if ending is not None and ending.reason not in _NOT_YET:
            return Standing(reason=ending.reason)
        # What began later says nothing: it may as well not have been brought yet.
        begun = any(fact.at <= start or fact.anchor < start for fact in facts)
        return BEFORE_LOGIN if begun else UNKNOWN
    if ending is not None and ending.anchor >= current.at:
        return Standing(reason=ending.reason)
    if type(current) is Linked:
        if current.parents or current.claim is not None:
            return Standing(link=current)
        return BEFORE_LOGIN
    assert type(current) is Bound
    if underway is not None and underway.actor.name != current.actor.name:
        # Somebody else was logging in on this very key: either name may be it.
        return AMBIGUOUS
    return Standing(bound=current)
