"""TLS contexts that follow their files: a renewed certificate without a restart.

The files are looked at once a second. When one changed, a context is made of them
and used by connections that are accepted from then on; open ones keep theirs. What
cannot be used (a file half written, a key that is not the certificate's) changes
nothing, is said once, and is tried again at the next look.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

from proxy.errors import UsageError

logger = logging.getLogger(__name__)

C = TypeVar("C")


class Renewable(Generic[C]):
    """A context and the files it is made of.

    Args:
        make: reads them.
        files: whose change means another context.

    Raises:
        UsageError: they cannot be used to begin with.

    """

    def __init__(self, make: Callable[[], C], files: Iterable[Path]) -> None:
        self._make = make
        self._files = tuple(files)
        self._seen = self._now()
        self.context: C = make()
        self.refused = ""
        """Why the files as they are now are not in force; empty when they are."""

    def look(self) -> None:
        """Take over what changed, if it can be used."""
        now = self._now()
        if now == self._seen:
            return
        try:
            self.context = self._make()
        except UsageError as error:
            if str(error) != self.refused:
                self.refused = str(error)
                logger.error("the certificate before stays in force: %s", error)  # noqa: TRY400
            return
        self._seen = now
        self.refused = ""
        logger.info("%s is in force", self._files[0].name)

    def _now(self) -> tuple[tuple[int, int, int], ...]:
        found = []
        for path in self._files:
            try:
                stat = path.stat()
            except OSError:
                found.append((0, 0, 0))
            else:
                found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return tuple(found)
