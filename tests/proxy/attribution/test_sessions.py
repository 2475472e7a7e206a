"""The table of session keys: bounded, restorable, indifferent to order."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.attribution.facts import Bound, Ended, Fact, Linked
from proxy.attribution.sessions import SessionLimits, Sessions
from proxy.events import Actor

SECOND = 10**9
HOUR = 3600 * SECOND
WALL = 10**18


def key(number: int) -> bytes:
    """A digest."""
    return number.to_bytes(16, "big")


def bound(name: str, at: int = 10, *, known: int | None = None) -> Bound:
    """A login that took no time."""
    return Bound(at, at if known is None else known, at, at, Actor(name=name))


def name(sessions: Sessions, number: int, start: int, end: int | None = None) -> str:
    """Who the key was, or why not."""
    found = sessions.standing(key(number), start, start if end is None else end)
    return found.bound.actor.name if found.bound else found.reason


def test_a_full_table_drops_the_longest_unused_and_counts_it() -> None:
    """Bounded by last use; the store is told to forget it too."""
    sessions = Sessions(SessionLimits(kept=2))
    for number in range(2):
        sessions.add(key(number), bound(f"n{number}"))
    sessions.use(key(0), 20)

    sessions.add(key(2), bound("n2"))

    assert [name(sessions, n, 30) for n in range(3)] == ["n0", "unknown_session", "n2"]
    assert sessions.counters.evicted == 1
    assert len(sessions) == 2
    assert sessions.changes([], WALL) == [(key(1), None)]
    assert sessions.changes([], WALL) == []


def test_a_flood_of_anonymous_sessions_pushes_out_no_binding() -> None:
    """They have a table of their own."""
    sessions = Sessions(SessionLimits(passing=3))
    sessions.add(key(0), bound("jansen"))

    for number in range(1, 50):
        sessions.add(key(number), Linked(5, 5, 5, ()))

    assert name(sessions, 0, 30) == "jansen"
    assert sessions.counters.passing_evicted == 46
    assert name(sessions, 49, 30) == "before_login"
    assert name(sessions, 1, 30) == "unknown_session"


def test_too_many_facts_of_a_key_cost_the_oldest() -> None:
    """Old requests lose their name, none gets a wrong one."""
    sessions = Sessions(SessionLimits(facts=2))
    for at in (10, 20, 30):
        sessions.add(key(1), bound(f"n{at}", at))

    assert name(sessions, 1, 15) == "unknown_session"
    assert name(sessions, 1, 25) == "n20"
    assert sessions.counters.facts_dropped == 1


def test_a_chain_of_unresolved_rotations_is_followed_so_far_and_no_further() -> None:
    """Bounded; what is beyond is nameless."""
    for length, expected in ((3, "jansen"), (4, "before_login")):
        sessions = Sessions(SessionLimits(links=3))
        for number in range(1, length + 1):
            at = 100 * number
            sessions.add(key(number), Linked(at, at, at, (key(number - 1),)))
        sessions.add(key(0), bound("jansen"))

        assert name(sessions, length, 10_000) == expected


def test_rotations_in_a_circle_end() -> None:
    """Each is older than the one it is reached from."""
    sessions = Sessions()
    sessions.add(key(1), Linked(100, 100, 100, (key(2),)))
    sessions.add(key(2), Linked(90, 90, 90, (key(1),)))

    assert name(sessions, 1, 200) == "before_login"


def test_a_rotation_from_two_keys_of_two_names_is_ambiguous() -> None:
    """A request that carried both."""
    sessions = Sessions()
    sessions.add(key(1), bound("jansen"))
    sessions.add(key(2), bound("smit"))
    sessions.add(key(3), Linked(100, 100, 100, (key(1), key(2))))
    sessions.add(key(4), Linked(100, 100, 100, (key(1), key(1))))

    assert name(sessions, 3, 200) == "ambiguous"
    assert name(sessions, 4, 200) == "jansen"


def test_a_fact_told_twice_counts_once() -> None:
    """An exchange observed again after a crash."""
    sessions = Sessions()
    sessions.add(key(1), bound("jansen"))
    link = Linked(100, 100, 100, (key(1),))
    sessions.add(key(2), link)
    assert name(sessions, 2, 200) == "jansen"

    assert not sessions.add(key(1), bound("jansen"))
    assert not sessions.add(key(2), link)


def test_an_unused_key_is_forgotten_after_a_while() -> None:
    """One per exchange, so that the work is spread."""
    sessions = Sessions(SessionLimits(forget_after_ns=HOUR))
    sessions.sweep(0)
    sessions.add(key(1), bound("jansen", at=SECOND))

    sessions.sweep(HOUR)
    assert name(sessions, 1, 2 * SECOND) == "jansen"
    sessions.sweep(2 * HOUR)

    assert name(sessions, 1, 2 * SECOND) == "unknown_session"
    assert sessions.counters.forgotten == 1
    assert sessions.changes([key(1)], WALL) == [(key(1), None)]


def test_a_use_is_written_down_only_now_and_then() -> None:
    """Otherwise every exchange would be a session change too."""
    sessions = Sessions(SessionLimits(use_saved_every_ns=100))
    sessions.add(key(1), bound("jansen"))
    sessions.changes([key(1)], WALL)

    assert not sessions.use(key(1), 50)
    assert sessions.use(key(1), 500)
    sessions.changes([key(1)], WALL)
    assert not sessions.use(key(1), 550)
    assert not sessions.use(key(9), 500)
    assert sessions.last_used(key(1)) == 550
    assert sessions.last_used(key(9)) == 0


def stored(sessions: Sessions, *numbers: int) -> list[tuple[bytes, bytes]]:
    """What the journal would hold."""
    changes = sessions.changes([key(n) for n in numbers], WALL)
    return [(k, blob) for k, blob in changes if blob is not None]


def test_keys_survive_a_restart_to_the_nanosecond() -> None:
    """On the same boot the monotonic clock goes on; drift does not matter."""
    before = Sessions()
    before.add(key(1), bound("jansen", at=100))
    before.add(key(1), Ended(200, 200, 150, "logged_out"))
    before.add(key(2), Linked(100, 100, 100, ()))

    after = Sessions()
    after.load(stored(before, 1, 2), WALL + SECOND)

    assert [name(after, 1, at) for at in (99, 100, 199, 200)] == [
        "unknown_session",
        "jansen",
        "jansen",
        "logged_out",
    ]
    assert name(after, 2, 200) == "unknown_session"


def test_after_a_reboot_times_are_carried_over_by_the_wall_clock() -> None:
    """The monotonic clock began again."""
    before = Sessions()
    before.add(key(1), bound("jansen", at=50 * HOUR))

    after = Sessions()
    # The host came up again at what was 51 h of the old clock.
    after.load(stored(before, 1), WALL + 51 * HOUR)

    assert name(after, 1, -HOUR) == "jansen"
    assert name(after, 1, -HOUR - 1) == "unknown_session"
    assert after.last_used(key(1)) == -HOUR
    since = after.standing(key(1), 0, 0).bound
    assert since is not None
    assert since.since == -HOUR


def test_unreadable_records_are_skipped_and_counted() -> None:
    """A torn or newer record costs one session, not the start."""
    before = Sessions()
    before.add(key(1), bound("jansen"))
    [(_, blob)] = stored(before, 1)
    newer = msgspec.msgpack.encode([99, *msgspec.msgpack.decode(blob)[1:]])

    after = Sessions()
    after.load([(key(1), blob), (key(2), b"\xff"), (key(3), newer)], WALL)

    assert len(after) == 1
    assert after.counters.unreadable == 2


def test_loading_more_than_fits_keeps_the_latest_used() -> None:
    """The bound holds at the start too."""
    before = Sessions()
    for number in range(4):
        before.add(key(number), bound(f"n{number}", at=10 + number))

    after = Sessions(SessionLimits(kept=2))
    after.load(stored(before, 3, 2, 1, 0), WALL)

    assert [name(after, n, 100) for n in range(4)] == [
        "unknown_session",
        "unknown_session",
        "n2",
        "n3",
    ]


times = st.integers(0, 60)
logins = st.builds(
    lambda anchor, took, who: Bound(
        anchor + took, anchor + took, anchor, anchor, Actor(name=who)
    ),
    times,
    st.integers(0, 9),
    st.sampled_from(["jansen", "smit"]),
)
endings = st.builds(
    lambda anchor, took: Ended(anchor + took, anchor + took, anchor, "logged_out"),
    times,
    st.integers(0, 9),
)
links = st.builds(lambda at: Linked(at + 1, at + 2, at, ()), times)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(logins, endings, links), max_size=4, unique_by=lambda f: f.at),
    times,
    st.integers(0, 20),
)
def test_the_order_in_which_facts_come_does_not_matter(
    facts: list[Fact], start: int, took: int
) -> None:
    """Two wires bring them as they like."""
    answers = set()
    for order in itertools.permutations(facts):
        sessions = Sessions()
        for fact in order:
            sessions.add(key(1), fact)
        answers.add(name(sessions, 1, start, start + took))

    assert len(answers) == 1


@pytest.mark.parametrize("end", [25, 35])
def test_what_was_known_only_later_does_not_count(end: int) -> None:
    """An exchange that was over before sees nothing of it."""
    sessions = Sessions()
    sessions.add(key(1), bound("jansen", at=10, known=30))

    assert name(sessions, 1, 20, end) == ("before_login" if end < 30 else "jansen")
