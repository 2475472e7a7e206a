"""Names across nodes: what may lie between is never guessed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.across import judge
from proxy.attribution.histories import Bounds, Happening, History, Sighting, Told
from proxy.events import Actor, AttributionLearned, SessionKind, Strength

SKEW, HOUR = 2_000, 3_600_000
BOUNDS = Bounds(skew=SKEW, idle=8 * HOUR, absolute=24 * HOUR)
ALWAYS = 10**12


def happening(
    node: str,
    at: int,
    kind: SessionKind = SessionKind.LOGGED_IN,
    name: str = "jansen",
    *,
    key: str = "k",
    gives: bool = True,
    reason: str = "",
    peer: str = "10.0.0.7",
    binding: str = "",
) -> Happening:
    """Something that took 10 ns; each in an exchange of its own."""
    actor = Actor(
        name=name,
        strength=Strength.CONFIRMED if name else Strength.NONE,
        binding=binding or f"{node}-{at}",
        session=key,
    )
    return Happening(
        node=node,
        key=key,
        start=at - 10,
        end=at,
        kind=kind,
        gives=gives,
        actor=actor,
        reason=reason,
        peer=peer,
        request_offset=at,
    )


def sighting(
    node: str,
    at: int,
    name: str = "",
    *,
    reason: str = "unknown_session",
    peer: str = "10.0.0.7",
    binding: str = "",
    key: str = "k",
) -> Sighting:
    """An exchange with the key."""
    return Sighting(
        node=node,
        key=key,
        start=at,
        peer=peer,
        name=name,
        reason="" if name else reason,
        binding=binding,
    )


def judged(
    happened: list[Happening], seen: list[Sighting], *told: Told, whole: bool = True
) -> list[AttributionLearned]:
    """The rows about everything that was seen."""
    history = History("sonar", happened, seen, list(told), whole=whole)
    return judge(history, BOUNDS, 0, ALWAYS)


LOGIN = happening("a", 10_000)
LATER = 20_000


def test_a_session_is_known_on_another_node_once_its_login_is_surely_older() -> None:
    """Strictly more than the clocks may differ by."""
    near, far = sighting("b", 10_000 + SKEW), sighting("b", 10_001 + SKEW)

    assert judged([LOGIN], [near]) == []
    [row] = judged([LOGIN], [far])
    assert (row.actor.name, row.about, row.exchanges) == ("jansen", "b", 1)
    assert (row.from_ns, row.to_ns) == (far.start, far.start + 1)
    assert (row.request_offset, row.at_ns) == (10_000, LOGIN.start)


def test_a_run_of_exchanges_is_one_row_and_others_do_not_fall_into_it() -> None:
    """A row is about a period: what is judged otherwise may not lie in it."""
    seen = [sighting("b", at) for at in (LATER, LATER + 1, LATER + 3)]
    elsewhere = sighting("c", LATER + 2)
    end = happening("c", LATER + 9_000, SessionKind.LOGGED_OUT)
    after = sighting("b", LATER + 9_000 + SKEW + 1)

    rows = judged([LOGIN, end], [*seen, elsewhere, after])

    assert [(row.about, row.exchanges) for row in rows] == [("b", 3), ("c", 1)]


def test_whatever_may_lie_between_takes_the_name() -> None:
    """Of any node, counted with the clocks' difference on either side."""
    kinds = (
        SessionKind.LOGGED_IN,
        SessionKind.LOGGED_OUT,
        SessionKind.ENDED,
        SessionKind.CONFLICT,
        SessionKind.ROTATED,
        SessionKind.CONFIRMED,
    )
    for kind in kinds:
        for node, at in (("c", LATER - 500), ("c", LATER + SKEW), ("b", LATER - 1)):
            other = happening(node, at, kind, "smit")
            assert judged([LOGIN, other], [sighting("b", LATER)]) == [], (kind, node)
    moved = happening("c", 15_000, gives=False, key="other", name="smit")
    assert judged([LOGIN, moved], [sighting("b", LATER)]) == []
    unclear = happening(
        "c", 15_000, SessionKind.LOGIN_FAILED, "", reason="login_unclear"
    )
    assert judged([LOGIN, unclear], [sighting("b", LATER)]) == []


def test_what_is_surely_over_or_only_failed_is_no_obstacle() -> None:
    """A wrong password leaves the session what it was."""
    before = happening("c", 7_000, SessionKind.LOGGED_OUT)
    failed = happening("c", 15_000, SessionKind.LOGIN_FAILED, "", reason="login_failed")
    after = happening("c", LATER + SKEW + 11, SessionKind.LOGGED_OUT)

    [row] = judged([before, LOGIN, failed, after], [sighting("b", LATER)])

    assert row.actor.name == "jansen"


def test_another_peer_with_the_key_takes_the_name() -> None:
    """What either did may be another person's."""
    seen = sighting("b", LATER)

    assert judged([LOGIN], [sighting("b", LATER, peer="10.0.0.8")]) == []
    for at in (LOGIN.start, 15_000, LATER + SKEW):
        other = sighting("c", at, peer="10.0.0.8")
        assert [r.about for r in judged([LOGIN], [other, seen])] == []
    early = sighting("c", LOGIN.start - SKEW - 1, peer="10.0.0.8")
    assert len(judged([LOGIN], [early, seen])) == 1


def test_a_session_that_was_idle_or_old_is_not_known_elsewhere() -> None:
    """As on one node: the application's own end of it is never seen."""
    used = [sighting("b", LATER + n * 7 * HOUR) for n in range(5)]

    rows = judged([LOGIN], used)

    assert [row.exchanges for row in rows] == [4]
    assert judged([LOGIN], [used[0], sighting("b", LATER + 9 * HOUR)])[0].exchanges == 1


def test_a_node_that_saw_something_itself_is_not_told() -> None:
    """Only sessions nothing was ever seen of there."""
    for reason in ("before_login", "logged_out", "ambiguous", "conflict", "expired"):
        assert judged([LOGIN], [sighting("b", LATER, reason=reason)]) == []
        later = [sighting("b", LATER - 1, reason=reason), sighting("b", LATER)]
        assert judged([LOGIN], later) == []


def test_an_unfinished_history_gives_no_name_and_still_takes_one() -> None:
    """More exchanges than are read."""
    other = happening("b", 15_000, name="smit")
    named = sighting("a", LATER, "jansen", binding=LOGIN.actor.binding)

    assert judged([LOGIN], [sighting("b", LATER)], whole=False) == []
    [row] = judged([LOGIN, other], [named], whole=False)
    assert (row.about, row.actor.name, row.actor.reason) == ("a", "", "contested")


def test_a_name_is_taken_back_when_another_node_saw_the_key_change_hands() -> None:
    """Nobody can tell a node that did not see it."""
    binding = LOGIN.actor.binding
    other = happening("b", 15_000, name="smit")
    early = sighting("a", 15_000 - 10 - SKEW - 1, "jansen", binding=binding)
    late = [sighting("a", at, "jansen", binding=binding) for at in (15_000, LATER)]

    [row] = judged([LOGIN, other], [early, *late])

    assert (row.actor.reason, row.exchanges, row.from_ns) == ("contested", 2, 15_000)
    again = happening("b", 15_000, name="Jansen")
    assert judged([LOGIN, again], late) == []


def test_a_login_of_its_own_makes_an_end_of_older_doubts() -> None:
    """What is surely older than the binding says nothing about it."""
    old = happening("b", LOGIN.start - SKEW - 1, name="smit")
    close = happening("b", LOGIN.start - SKEW, name="smit")
    named = sighting("a", LATER, "jansen", binding=LOGIN.actor.binding)

    assert judged([old, LOGIN], [named]) == []
    assert [row.actor.reason for row in judged([close, LOGIN], [named])] == [
        "contested"
    ]


def test_a_page_and_another_nodes_login_that_differ_are_a_conflict() -> None:
    """Neither is chosen."""
    page = happening("b", 15_000, SessionKind.CONFIRMED, "smit")
    named = sighting("b", LATER, "smit", binding=page.actor.binding)

    assert judged([LOGIN, page], [named])[0].actor.reason == "contested"
    over = happening("a", 12_000, SessionKind.LOGGED_OUT)
    assert judged([LOGIN, over, page], [named]) == []


def test_a_rotation_carries_a_name_no_further_than_it_was_right() -> None:
    """The old key had changed hands on another node."""
    rotated = happening(
        "a", 20_000, SessionKind.ROTATED, key="k2", binding=LOGIN.actor.binding
    )
    other = happening("b", 15_000, name="smit")
    own = sighting("a", 30_000, "jansen", binding=LOGIN.actor.binding, key="k2")
    unknown = sighting("c", 30_000, key="k2")

    assert [r.about for r in judged([LOGIN, rotated], [own, unknown])] == ["c"]
    rows = judged([LOGIN, other, rotated], [own, unknown])
    assert [(r.about, r.actor.name) for r in rows] == [("a", "")]


def test_one_login_may_give_several_keys() -> None:
    """They are told in one exchange."""
    second = happening("a", 10_000, key="k2")

    rows = judged(
        [LOGIN, second], [sighting("b", LATER), sighting("b", LATER, key="k2")]
    )

    assert sorted(row.actor.session for row in rows) == ["k", "k2"]


def test_a_name_learned_from_a_page_is_taken_back_for_what_came_between() -> None:
    """Another node's logout, or another peer's use, before the page told it."""
    told = Told(node="b", key="k", start=20_000, end=40_000, name="smit", at=40_000)
    seen = sighting("b", 20_000)
    between = happening("c", 30_000, SessionKind.LOGGED_OUT, "")
    stranger = sighting("c", 30_000, peer="10.0.0.8")

    assert judged([], [seen], told) == []
    assert judged([between], [seen], told)[0].actor.reason == "contested"
    assert judged([], [seen, stranger], told)[0].actor.reason == "contested"
    assert judged([LOGIN], [seen], told)[0].actor.reason == "contested"


def test_nothing_is_told_twice() -> None:
    """Rows that are there are taken into account."""
    seen = [sighting("b", LATER), sighting("b", LATER + 1)]
    [row] = judged([LOGIN], seen)
    told = Told(
        node="b", key="k", start=row.from_ns, end=row.to_ns, name="jansen", at=row.at_ns
    )

    assert judged([LOGIN], seen, told) == []


NODES = ("a", "b", "c")
OFFSETS = {"a": -1_000, "b": 0, "c": 1_000}
USERS = ("jansen", "smit")
Act = tuple[str, str, str, int]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("login", "logout", "page", "page", "page")),
            st.sampled_from(NODES),
            st.sampled_from(USERS),
            st.sampled_from((20, 500, 1_500, 4_000, 9_000)),
        ),
        min_size=2,
        max_size=14,
    )
)
def test_no_interleaving_of_nodes_gives_a_wrong_name(acts: list[Act]) -> None:
    """One key that never changes, whoever logs in over it, and clocks that differ by
    as much as they may: whatever is named after judging is whose it was."""
    now, owner = 0, ""
    local: dict[str, tuple[str, str]] = {}
    happened, seen, truth = [], [], {}
    for act, node, user, pause in acts:
        now += pause
        at = now + OFFSETS[node]
        if act == "login":
            owner = user
            fact = happening(node, at, name=user)
            happened.append(fact)
            local[node] = (user, fact.actor.binding)
        elif act == "logout":
            owner = ""
            happened.append(happening(node, at, SessionKind.LOGGED_OUT, ""))
            local[node] = ("", "")
        elif owner:
            name, binding = local.get(node, ("", ""))
            reason = "logged_out" if node in local else "unknown_session"
            found = sighting(node, at, name, reason=reason, binding=binding)
            seen.append(found)
            truth[found] = owner

    rows = judged(happened, seen)

    for each in seen:
        name = each.name
        for row in rows:
            if row.about == each.node and row.from_ns <= each.start < row.to_ns:
                name = row.actor.name
        assert name in ("", truth[each])
