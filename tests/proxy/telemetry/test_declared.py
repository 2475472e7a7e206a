"""What is declared, as a whole."""

from __future__ import annotations

import re

import pytest

from proxy.telemetry import INSTRUMENTS, Instrument, Kind

LISTED = {
    "network.io.direction",
    "whosaw.action",
    "whosaw.anchor",
    "whosaw.application",
    "whosaw.bound",
    "whosaw.extraction",
    "whosaw.gap.intended",
    "whosaw.gap.kind",
    "whosaw.role",
    "whosaw.strength",
}
"""Attributes whose values are configured or enumerated. An employee, a client, an
address or a path is none of them, and may not become one."""


@pytest.mark.parametrize("each", INSTRUMENTS, ids=lambda each: each.name)
def test_an_instrument_says_what_it_is(each: Instrument) -> None:
    """Name, unit and description as OpenTelemetry wants them."""
    assert re.fullmatch(r"[a-z][a-z0-9_.]*", each.name)
    assert each.unit in {"1", "s", "By"} or re.fullmatch(r"\{[a-z_]+\}", each.unit)
    assert each.description.endswith(".")
    assert each.kind in Kind
    assert set(each.attributes) <= LISTED


def test_no_name_is_declared_twice() -> None:
    """Two meanings under one name would be summed."""
    names = [each.name for each in INSTRUMENTS]

    assert len(set(names)) == len(names)
