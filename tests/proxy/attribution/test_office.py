"""Model test: an office day over two wires, read in any order they may come."""

from __future__ import annotations

import heapq
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.attribution.attribute import Observed
from proxy.attribution.spec import AttributionSpec
from proxy.events import Actor
from tests.support.naming import ROTATING, STEADY, Desk
from tests.support.office import Office, Told


def read_over_wires(
    told: list[Told],
    spec: AttributionSpec,
    rng: random.Random,
    *,
    lag: int,
    restarts: float = 0.0,
) -> tuple[dict[int, Actor], Desk]:
    """Actors by place in ``told``, and the desk that named them.

    Each wire brings its exchanges in the order of their last byte; the wires
    themselves run up to ``lag`` exchanges ahead of each other; an exchange is
    settled when the watermark of both has passed what it needs. A restart
    leaves what was persisted; what was not settled comes again.
    """
    desk = Desk(spec)
    stored: dict[bytes, bytes] = {}
    wires: list[list[tuple[int, int]]] = [[], []]
    for place, one in enumerate(told):
        wires[one.wire].append((one.end, place))
    for wire in wires:
        wire.sort(reverse=True)
    marks = [0, 0]
    actors: dict[int, Actor] = {}
    waiting: list[tuple[int, int, Observed]] = []
    while wires[0] or wires[1]:
        number = rng.randrange(2)
        for _ in range(rng.randrange(1, lag + 1)):
            if not wires[number]:
                marks[number] = 2**62
                break
            end, place = wires[number].pop()
            marks[number] = end
            observed = desk.observe(told[place].exchange)
            heapq.heappush(waiting, (observed.needs_watermark, place, observed))
        low = min(marks) if wires[0] or wires[1] else 2**62
        while waiting and waiting[0][0] <= low:
            _, place, observed = heapq.heappop(waiting)
            settled = desk.settle(observed)
            actors[place] = settled.actor
            for key, blob in desk.sessions.changes(settled.touched, 0):
                assert blob is not None
                stored[key] = blob
        if rng.random() < restarts:
            desk = Desk(spec, changes=desk.changes)
            desk.sessions.load(stored.items(), 0)
            again = sorted(place for _, place, _ in waiting)
            waiting = [
                (seen.needs_watermark, place, seen)
                for place in again
                for seen in [desk.observe(told[place].exchange)]
            ]
            heapq.heapify(waiting)
    return actors, desk


def score(told: list[Told], actors: dict[int, Actor]) -> tuple[int, int]:
    """(wrong names, names missing that could be known)."""
    wrong = missing = 0
    for place, one in enumerate(told):
        name = actors[place].name
        wrong += bool(name) and name != one.truth
        missing += not name and one.knowable
    return wrong, missing


@pytest.mark.parametrize(("spec", "rotates"), [(ROTATING, True), (STEADY, False)])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), lag=st.sampled_from([1, 3, 40]))
def test_an_office_day_has_no_wrong_name_and_misses_none_it_can_know(
    spec: AttributionSpec, rotates: bool, seed: int, lag: int
) -> None:
    """Shared desks, rotation, logout, expiry, logins over open sessions."""
    told = Office(seed, rotates).day(600)

    actors, _ = read_over_wires(told, spec, random.Random(seed), lag=lag)

    assert len(told) == len(actors)
    assert score(told, actors) == (0, 0)


@pytest.mark.parametrize(("spec", "rotates"), [(ROTATING, True), (STEADY, False)])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_restarts_of_the_recorder_change_no_name(
    spec: AttributionSpec, rotates: bool, seed: int
) -> None:
    """Sessions are committed with the events; the rest is sent again."""
    told = Office(seed, rotates).day(600)

    actors, _ = read_over_wires(told, spec, random.Random(seed), lag=5, restarts=0.05)

    assert score(told, actors) == (0, 0)


def test_the_office_is_worth_testing_with() -> None:
    """A model in which nothing happens would prove nothing."""
    told = Office(1, rotates=True).day(2000)

    actors, desk = read_over_wires(told, ROTATING, random.Random(1), lag=10)

    kinds = {change.kind.value for change in desk.changes}
    assert {"logged_in", "login_failed", "rotated", "logged_out"} <= kinds
    named = sum(bool(actor.name) for actor in actors.values())
    assert 1200 < named < 2000
    assert {a.reason for a in actors.values()} > {
        "",
        "logged_out",
        "unknown_session",
        "login_failed",
    } - {"logged_out"}
