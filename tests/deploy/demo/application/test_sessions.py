"""The application's sessions: bounded, and gone when idle."""

from __future__ import annotations

from deploy.demo.application.sessions import RECENT, Session, Sessions


def test_session_ends_after_its_idle_time_and_not_before() -> None:
    """Use keeps it alive."""
    sessions = Sessions(idle_seconds=10)
    session = sessions.create(0)

    assert sessions.find(session.id, 9) is session
    assert sessions.find(session.id, 18) is session
    assert sessions.find(session.id, 29) is None
    assert len(sessions) == 0


def test_the_longest_unused_session_makes_place() -> None:
    """The table never grows above its limit."""
    sessions = Sessions(idle_seconds=1000, limit=2)
    old, used = sessions.create(0), sessions.create(1)
    assert sessions.find(old.id, 2) is old

    sessions.create(3)

    assert len(sessions) == 2
    assert sessions.find(used.id, 4) is None
    assert sessions.find(old.id, 4) is old


def test_ended_session_is_not_found() -> None:
    """Ending twice is no harm."""
    sessions = Sessions(idle_seconds=1000)
    session = sessions.create(0)

    sessions.end(session)
    sessions.end(session)

    assert sessions.find(session.id, 1) is None


def test_recent_clients_are_few_and_newest_first() -> None:
    """Seen again moves to the top."""
    session = Session("id", 0)

    for client in ("1", "2", "3", "4", "5", "6", "3"):
        session.remember(client)

    assert session.recent == ["3", "6", "5", "4", "2"]
    assert len(session.recent) == RECENT
