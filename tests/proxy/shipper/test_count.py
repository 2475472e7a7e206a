"""Does the store hold what it acknowledged?"""

from __future__ import annotations

import pytest

from proxy.journal.cursor import Cursor
from proxy.shipper.count import compare
from tests.support.stores import FakeStore


@pytest.mark.parametrize(
    ("held", "short", "surplus", "told"),
    [
        (3, False, False, ""),
        (2, True, False, "views holds 2 rows, 3 were acknowledged"),
        (4, False, True, "views holds 4 rows, 3 were acknowledged"),
    ],
)
def test_a_difference_is_told_with_its_range(
    held: int, short: bool, surplus: bool, told: str
) -> None:
    """Only rows behind the last count are looked at."""
    store = FakeStore()
    rows = [("n", 7, seq) for seq in range(1, 6 + held)]
    store.insert("views", (), rows, "t")
    cursor = Cursor(epoch=7, shipped=20, counted=5, stored={"views": 3})

    result = compare(store, "n", cursor)

    assert (result.short, result.surplus) == (short, surplus)
    assert told in result.told
    assert bool(result.told) == (short or surplus)
    if told:
        assert result.told.startswith("of entries 6 to 20 of epoch 7")
