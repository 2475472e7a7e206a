"""The subjects of a large list are made when they are asked for."""

from __future__ import annotations

import pytest

from proxy.events import Action
from proxy.extraction.many import ManyFound
from proxy.extraction.model import Found

MANY = ManyFound(
    [
        ("client", Action.EXPORT, ("contact",), {"5": 0, "7": 2}),
        ("file", Action.VIEW, (), {"9": 2}),
    ]
)
ALL = [
    Found("client", "5", Action.EXPORT, ("contact",), 0),
    Found("client", "7", Action.EXPORT, ("contact",), 2),
    Found("file", "9", Action.VIEW, (), 2),
]


def test_it_is_the_list_it_stands_for() -> None:
    """In order, as often as it is gone through."""
    assert list(MANY) == ALL
    assert list(MANY) == ALL
    assert len(MANY) == 3
    assert [MANY[0], MANY[-1]] == [ALL[0], ALL[2]]
    assert MANY[1:] == ALL[1:]


def test_there_is_nothing_behind_its_end() -> None:
    """As of any list."""
    with pytest.raises(IndexError):
        MANY[3]
