"""What every role does alike."""

from __future__ import annotations

import gc

from proxy.app.lifetime import GC_THRESHOLD, spare_collections


def test_what_was_loaded_is_left_out_of_the_search_for_cycles() -> None:
    """And new cycles are still found: memory stays bounded."""
    before = gc.get_threshold()
    try:
        spare_collections()
        cycle: list[object] = []
        cycle.append(cycle)
        del cycle
        found = gc.collect()

        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[0] == GC_THRESHOLD
        assert gc.isenabled()
        assert found >= 1
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
