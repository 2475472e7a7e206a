"""A changed screen is noticed after few pages, a quiet one never."""

from __future__ import annotations

import random
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.extraction.emptiness import (
    FEWEST,
    FEWEST_FULL,
    JUMP,
    MOST_PAGES,
    WINDOW,
    Emptiness,
    at_least,
)


def past(share: float, pages: int = 1_000, seed: int = 1) -> Emptiness:
    """A place that was empty so often, at random."""
    found, chance = Emptiness(), random.Random(seed)
    for _ in range(pages):
        assert not found.see(empty=chance.random() < share)
    return found


def noticed(place: Emptiness, most: int = 5_000) -> int:
    """After how many empty pages in a row."""
    return next(n for n in count(1) if place.see(empty=True) or n > most)


@pytest.mark.parametrize(
    ("share", "pages", "most"),
    [
        (0.0, FEWEST_FULL, 15),
        (0.0, 20, 8),
        (0.0, 200, 6),
        (0.1, 1_000, 8),
        (0.3, 1_000, 14),
        (0.5, 1_000, 24),
        (0.8, 1_000, 72),
        (0.9, 1_000, 170),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_a_place_that_finds_none_any_more_has_drifted(
    share: float, pages: int, most: int, seed: int
) -> None:
    """After so many pages as the documentation says."""
    assert noticed(past(share, pages, seed)) <= most


# Chance alone alarms now and then: of 4,000 places at random one while it was quiet,
# and 63 within 500 pages of a tenth more. So the examples of these two are the same
# in every run.
@settings(max_examples=40, derandomize=True)
@given(st.floats(0, 1), st.integers(0, 2**32), st.integers(1, 3_000))
def test_a_quiet_place_never_drifts(share: float, seed: int, pages: int) -> None:
    """Whatever its share of empty pages, as long as that stays the same."""
    past(share, pages, seed)


@settings(max_examples=25, derandomize=True)
@given(st.floats(0, 0.7), st.integers(0, 2**32))
def test_habits_may_change_by_less_than_a_jump(share: float, seed: int) -> None:
    """A tenth more empty pages is no changed screen."""
    place, chance = past(share, 500, seed), random.Random(seed + 1)

    for _ in range(500):
        assert not place.see(empty=chance.random() < share + 0.1)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 0.3), st.integers(0, 2**32))
def test_a_share_that_jumps_is_drift(share: float, seed: int) -> None:
    """Also when every third page still shows something."""
    place, chance = past(share, 500, seed), random.Random(seed + 1)

    seen = [place.see(empty=chance.random() < 0.75) for _ in range(3 * WINDOW)]

    assert any(seen)


def test_an_alarm_does_not_wear_off_by_being_ignored() -> None:
    """What was seen meanwhile does not become past."""
    place = past(0.1)

    assert noticed(place) < 10
    assert all(place.see(empty=True) for _ in range(10 * MOST_PAGES))


def test_an_alarm_ends_when_the_place_is_full_again() -> None:
    """After a few pages at once; after many when the share has fallen."""
    place = past(0.0)
    noticed(place)
    assert not place.see(empty=False)

    for _ in range(WINDOW * 2):
        place.see(empty=True)
    pages = next(n for n in count(1) if not place.see(empty=False))
    assert pages <= WINDOW * (1 - JUMP) + 1


def test_a_place_that_was_never_full_is_never_missed() -> None:
    """A rule that is being written finds none; it says so otherwise."""
    place = Emptiness()

    assert not any(place.see(empty=True) for _ in range(1_000))
    for _ in range(FEWEST_FULL - 1):
        place.see(empty=False)
    assert not any(place.see(empty=True) for _ in range(1_000))


def test_another_version_of_the_rules_begins_again() -> None:
    """With the past it had: the same screen alarms again."""
    place = past(0.0)
    noticed(place)
    place.begin_again()

    assert not place.drifted
    assert FEWEST <= noticed(place) <= 7


def test_the_past_follows_how_people_work() -> None:
    """It is bounded, and old pages count for less and less."""
    place = past(0.1, 5 * MOST_PAGES)

    assert place.pages <= MOST_PAGES
    assert place.recent < 1 << WINDOW


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 70))
def test_likelihoods_are_likelihoods(empty: int, full: int, of: int) -> None:
    """They fall with every page that is asked for, from one."""
    found = [at_least(k, of, empty, empty + full) for k in range(of + 1)]

    assert found[0] == pytest.approx(1)
    assert sorted(found, reverse=True) == found
