"""Points from reports."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from proxy.status import Report
from proxy.telemetry.instrument import (
    APPLICATION,
    MOST_POINTS,
    ROLE,
    Instrument,
    Kind,
    Point,
    Reader,
    figure,
    footprint,
    mapping,
    table,
)


def report(role: str, **figures: object) -> dict[str, Report]:
    """One report, by role."""
    return {role: Report(role=role, pid=1, at=1.0, figures=figures)}


def points(read: Reader, *reports: dict[str, Report]) -> list[Point]:
    """What a reader finds."""
    together = {role: each for one in reports for role, each in one.items()}
    return list(read(together))


def test_a_figure_is_read_from_each_process_of_its_kind() -> None:
    """wire-0 and wire-1, never wireless or the recorder."""
    found = points(
        figure("wire", "open"),
        report("wire-0", open=3),
        report("wire-1", open=4),
        report("wireless", open=5),
        report("recorder", open=6),
    )

    assert found == [(3.0, {ROLE: "wire-0"}), (4.0, {ROLE: "wire-1"})]


def test_a_figure_is_scaled_to_its_unit() -> None:
    """Reports say milliseconds, metrics seconds."""
    assert points(figure("recorder", "lag", 1e-3), report("recorder", lag=250)) == [
        (0.25, {ROLE: "recorder"})
    ]


def test_rows_and_mappings_become_points_with_their_attributes() -> None:
    """Truths are words, as a label wants them."""
    rows = [["sonar", "shed", True, 2], ["sonar", "short"], "nonsense"]

    assert points(table("recorder", "by", "a", "b", "c"), report("recorder", by=rows))[
        0
    ] == (2.0, {"a": "sonar", "b": "shed", "c": "true", ROLE: "recorder"})
    assert points(mapping("recorder", "of"), report("recorder", of={"x": 1})) == [
        (1.0, {APPLICATION: "x", ROLE: "recorder"})
    ]


@given(
    st.one_of(
        st.none(),
        st.text(),
        st.floats(),
        st.lists(st.one_of(st.integers(), st.lists(st.text(), max_size=4))),
        st.dictionaries(st.text(), st.one_of(st.text(), st.floats())),
    )
)
def test_no_figure_of_any_shape_ends_a_scrape(value: object) -> None:
    """A report of another version gives fewer points, never an error."""
    readers = (
        figure("recorder", "x"),
        table("recorder", "x", "a"),
        mapping("recorder", "x"),
        footprint("x"),
    )

    for read in readers:
        assert all(
            math.isfinite(p) for p, _ in points(read, report("recorder", x=value))
        )


def test_an_instrument_carries_only_what_it_declares_and_not_without_end() -> None:
    """No report can fill a time-series store."""
    many = [[str(number), number] for number in range(MOST_POINTS + 5)]
    instrument = Instrument(
        "x", Kind.GAUGE, "1", "", ("a",), table("recorder", "by", "a")
    )

    found = list(instrument.points(report("recorder", by=many)))

    assert len(found) == MOST_POINTS
    assert found[0] == (0.0, {"a": "0"})
