"""Where the shipper stands: the cursor in memory never ahead of its file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from proxy.journal import cursor as cursor_file
from proxy.journal.cursor import Cursor, CursorDamaged
from proxy.journal.locking import Held, lock_file
from proxy.shipper.model import ShipperBusy

Save = Callable[[Path, Cursor], None]


class Position:
    """The cursor of one shipper."""

    def __init__(self, path: Path, save: Save = cursor_file.save) -> None:
        self.cursor: Cursor | None = None
        """None until ``begin``."""
        self._path = path
        self._save = save

    def begin(
        self, epoch: int, tail: Callable[[], tuple[int, int]], now_ms: int
    ) -> Cursor:
        """Read the file; without a usable one begin at the start of ``epoch``.

        Raises:
            OSError: the disk failed.
        """
        if self.cursor is not None:
            return self.cursor
        try:
            found = cursor_file.load(self._path)
        except CursorDamaged:
            name = f"{self._path.name}.corrupt-{now_ms}"
            self._path.rename(self._path.with_name(name))
            found = None
        if found is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # What the file said is lost, or there never was one: only the store
            # can tell which of the entries that exist by now it has.
            return self.move(Cursor(epoch=epoch, unsure=tail()))
        self.cursor = found
        return found

    def move(self, cursor: Cursor) -> Cursor:
        """Make a new cursor durable, then go by it.

        Raises:
            OSError: the disk failed; the old one stands.
        """
        self._save(self._path, cursor)
        self.cursor = cursor
        return cursor

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only shipper with this cursor.

        Raises:
            ShipperBusy: another process is.
        """
        path = self._path.with_name(self._path.name + ".lock")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = lock_file(path)
        except Held as held:
            raise ShipperBusy(
                f"process {held} ships with {self._path} already"
            ) from None
        try:
            yield
        finally:
            os.close(descriptor)
