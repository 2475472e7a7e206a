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
    told: list[Told], desk: Desk, rng: random.Random, *, lag: int
) -> dict[int, Actor]:
    """Actors by place in ``told``.

    Each wire brings its exchanges in the order of their last byte; the wires
    themselves run up to ``lag`` exchanges ahead of each other; an exchange is
    settled when the watermark of both has passed what it needs.
    """
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
        while waiting and waiting[0][0] <= min(marks):
            _, place, observed = heapq.heappop(waiting)
            actors[place] = desk.settle(observed).actor
    while waiting:
        _, place, observed = heapq.heappop(waiting)
        actors[place] = desk.settle(observed).actor
    return actors


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

    actors = read_over_wires(told, Desk(spec), random.Random(seed), lag=lag)

    assert len(told) == len(actors)
    assert score(told, actors) == (0, 0)


def test_the_office_is_worth_testing_with() -> None:
    """A model in which nothing happens would prove nothing."""
    told = Office(1, rotates=True).day(2000)
    desk = Desk(ROTATING)

    actors = read_over_wires(told, desk, random.Random(1), lag=10)

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
