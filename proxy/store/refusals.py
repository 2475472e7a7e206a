"""What a failure means: that the store is away, or that it refuses.

Which refusals are final: only those that name the data or the schema
(``FINAL``). Anything else, wrong credentials and a missing table included, is
unavailability: a row of evidence must not be set aside for an operator's slip.
"""

from __future__ import annotations

import os
import ssl

from clickhouse_connect.driver.exceptions import (
    ClickHouseError,
    DatabaseError,
    DataError,
    ProgrammingError,
)

from proxy.store.port import StoreRejected, StoreUnavailable

FINAL = frozenset(
    (6, 8, 10, 15, 16, 20, 25, 26, 27, 36, 38, 41, 43, 44, 46, 47, 50, 53, 62, 69, 70)
) | frozenset((72, 117, 131, 321, 349, 386, 456, 457, 469, 691))
"""Codes that name the data or the statement (ClickHouse's ErrorCodes)."""
FINAL_FOR_QUESTIONS = FINAL | {60, 81, 115, 158, 164, 396, 497, 516}
"""For a question a missing table or a missing right is an answer, too."""

_DEEP = 10
"""Exceptions below one another that are looked through."""


def translated(error: ClickHouseError, final: frozenset[int]) -> Exception:
    """What a failure of the client means for rows or a question.

    Args:
        error: of the client's library.
        final: codes that another attempt would not change.
    """
    lower = _lower(error)
    if lower is not None:
        return StoreUnavailable(lower)
    code = getattr(error, "code", None)
    text = str(error).splitlines()[0][:500] if str(error) else type(error).__name__
    if isinstance(error, (DataError, ProgrammingError)) and code is None:
        # The client checks settings by itself: a reader's are not writable, which
        # is a slip of the operator, not of the rows.
        if text.startswith("Setting ") and final is FINAL:
            return StoreUnavailable(text)
        return StoreRejected(text)
    if isinstance(error, DatabaseError) and code in final:
        return StoreRejected(text)
    return StoreUnavailable(text)


def _lower(error: BaseException) -> str | None:
    """What the network or TLS said, without the layers of libraries around it; None
    when it was the store that answered."""
    found: BaseException | None = error
    for _ in range(_DEEP):
        if isinstance(found, ssl.SSLCertVerificationError):
            return f"the store's certificate is refused: {found.verify_message}"
        if isinstance(found, OSError) and found.errno:
            # A name that is not known has a number of its own, and words with it.
            words = found.strerror or os.strerror(found.errno)
            return f"the store does not answer: {words.lower()}"
        if found is None:
            return None
        found = found.__cause__ or found.__context__
    return None
