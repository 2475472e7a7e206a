"""What the application showed to whom, by its own account.

Format: JSON lines, one per response that showed records, in the order the
application rendered them. Written behind a buffer; ``flush`` makes the file
complete. Only the scoring reads it: nothing of the sidecar ever does.

Failure: a disk that is full raises OSError to whoever flushes; a truth with
holes would be worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

BUFFERED: Final = 256
"""Records held before they are written."""


class TruthRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One response that showed records of clients."""

    advisor: str
    """The account of the session, as the application knew it."""
    at_ns: int
    """Wall clock when it was rendered."""
    page: str
    action: str
    """view, list, search, export, print, mention or update."""
    clients: list[str]
    categories: list[str] = []
    """Data categories that were on the page, for a page about one client."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(TruthRecord)


class TruthLog:
    """Appends truth records to a file."""

    def __init__(self, path: Path, buffered: int = BUFFERED) -> None:
        self._file = path.open("wb")
        self._lines: list[bytes] = []
        self._buffered = buffered
        self.records = 0
        """Clients shown, summed over all responses."""

    def append(self, record: TruthRecord) -> None:
        """Note what one response showed."""
        self.records += len(record.clients)
        self._lines.append(_encoder.encode(record) + b"\n")
        if len(self._lines) >= self._buffered:
            self.flush()

    def flush(self) -> None:
        """Make the file hold everything appended so far."""
        lines, self._lines = self._lines, []
        self._file.write(b"".join(lines))
        self._file.flush()

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_truth(path: Path) -> Iterator[TruthRecord]:
    """The records of a truth file, in order.

    Raises:
        msgspec.DecodeError, msgspec.ValidationError: not a truth file.
    """
    with path.open("rb") as lines:
        for line in lines:
            yield _decoder.decode(line)
