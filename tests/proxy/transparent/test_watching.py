"""Promises about when connections are led."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.transparent.watching import PATIENCE, SETTLE, Step, Watch


def run(watch: Watch, *, begin: float, end: float, beats: bool) -> list[Step]:
    """Looks ten times a second, with or without beats; what was to be done."""
    steps = []
    for tenth in range(round(begin * 10), round(end * 10)):
        now = tenth / 10
        if beats:
            watch.beat("wire-0 7", now)
        steps.append(watch.look(now))
    return [step for step in steps if step is not Step.NOTHING]


def test_silence_takes_the_lead_away_and_beats_bring_it_back() -> None:
    """Each once, however long either lasts."""
    watch = Watch(now=0.0, leading=False)

    assert run(watch, begin=0, end=5, beats=False) == []
    assert run(watch, begin=5, end=10, beats=True) == [Step.LEAD]
    assert run(watch, begin=10, end=20, beats=False) == [Step.LEAVE]
    assert watch.silent(20.0) == ["wire-0 7"]
    assert run(watch, begin=20, end=30, beats=True) == [Step.LEAD]


def test_one_wire_that_beats_is_enough() -> None:
    """Wires share one socket: the others' clients are served."""
    watch = Watch(now=0.0, leading=True)
    watch.beat("wire-1 8", 0.0)

    assert run(watch, begin=0, end=10, beats=True) == []
    assert watch.silent(10.0) == ["wire-1 8"]


def test_the_supervisor_alone_relays_nothing() -> None:
    """Its beat keeps no lead."""
    watch = Watch(now=0.0, leading=True)
    watch.beat("wire-0 7", 0.0)
    for tenth in range(1, 9):
        watch.beat("sidecar 6", tenth / 10)
        assert watch.look(tenth / 10) is Step.NOTHING
    watch.beat("sidecar 6", PATIENCE + 0.2)

    assert watch.look(PATIENCE + 0.2) is Step.LEAVE


def test_a_watcher_that_slept_blames_nobody() -> None:
    """The host was paused, wires too: they get their whole patience."""
    watch = Watch(now=0.0, leading=True)
    run(watch, begin=0, end=1, beats=True)

    assert watch.look(60.0) is Step.NOTHING
    assert run(watch, begin=60.1, end=62, beats=False) == [Step.LEAVE]


@given(st.lists(st.booleans(), max_size=200))
def test_leading_and_leaving_take_turns(beats: list[bool]) -> None:
    """Whatever is heard; and nothing is led that was silent for its patience."""
    watch = Watch(now=0.0, leading=True)
    watch.beat("wire-0 7", 0.0)
    last, heard = Step.LEAD, 0.0
    for tenth, beat in enumerate(beats, 1):
        now = tenth / 10
        if beat:
            watch.beat("wire-0 7", now)
            heard = now
        step = watch.look(now)
        if step is not Step.NOTHING:
            assert step is not last
            last = step
        if now - heard > PATIENCE:
            assert not watch.leading
    assert SETTLE > 0
