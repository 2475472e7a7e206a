"""One process at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from proxy.journal.locking import Held, lock_file


def test_a_lock_is_held_until_given_back(tmp_path: Path) -> None:
    """The one who comes second learns who holds it."""
    first = lock_file(tmp_path / "lock")

    with pytest.raises(Held, match=str(os.getpid())):
        lock_file(tmp_path / "lock")
    os.close(first)

    os.close(lock_file(tmp_path / "lock"))
