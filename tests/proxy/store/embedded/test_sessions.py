"""Sessions keep little, and little of it."""

from __future__ import annotations

from proxy.store.embedded.sessions import STATEMENTS, Sessions


def test_a_session_repeats_its_changes_in_order_and_once() -> None:
    """The last SET of a kind wins because it runs last."""
    sessions = Sessions(10)

    for text in (b"SET a = 1", b"USE d", b"SET a = 1"):
        sessions.remember("u", "s", text)

    assert sessions.statements("u", "s") == (b"USE d", b"SET a = 1")


def test_a_session_belongs_to_its_user() -> None:
    """Another user with the same id has another session."""
    sessions = Sessions(10)

    sessions.remember("writer", "s", b"SET a = 1")

    assert sessions.statements("reader", "s") == ()


def test_sessions_and_their_changes_are_bounded() -> None:
    """The oldest goes first."""
    sessions = Sessions(2)

    for number in range(STATEMENTS + 5):
        sessions.remember("u", "a", b"SET x = %d" % number)
    sessions.remember("u", "b", b"USE d")
    sessions.remember("u", "c", b"USE d")

    assert sessions.statements("u", "a") == ()
    assert sessions.statements("u", "c") == (b"USE d",)


def test_a_session_keeps_its_last_changes() -> None:
    """A client in a loop does not grow it."""
    sessions = Sessions(2)

    for number in range(STATEMENTS + 5):
        sessions.remember("u", "a", b"SET x = %d" % number)

    assert len(sessions.statements("u", "a")) == STATEMENTS
    assert sessions.statements("u", "a")[-1] == b"SET x = %d" % (STATEMENTS + 4)
