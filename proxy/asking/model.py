"""What travels between a command and the question service, as JSON. Pure.

Unknown fields are refused, every size is bounded, and times carry an offset.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from proxy.store.crosswalk import Identity
from proxy.store.investigations import Answer, Caveats
from proxy.store.subjects import Known

MOST_ROWS = 1_000_000
"""Rows of one answer, as the commands have it."""
MOST_CLIENTS = 1_000
"""Ids in one question: a leak of a thousand files."""
MOST_REASON = 2_000
"""Characters of a reason, as of a hold's."""
MOST_BODY = 1 << 20
"""Bytes of a question: a thousand ids of the longest kind."""

_Text = Annotated[str, msgspec.Meta(max_length=256)]
_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question."""

    question: _Text
    """``who-saw``, ``seen-by``, ``reveal``, or one of ``proxy.store.questions``."""
    reason: Annotated[str, msgspec.Meta(max_length=MOST_REASON)] = ""
    start: _Time
    end: _Time
    """Not included."""
    clients: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=MOST_CLIENTS)] = ()
    """Ids, as screens show them."""
    subject_type: _Text = "client"
    subjects: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=10_000)] = ()
    """Pseudonyms, hex, to turn back."""
    employee: _Text = ""
    term: _Text = ""
    """``NAME=TEXT``."""
    session: _Text = ""
    as_of: _Time | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)] = 10_000


class Views(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to ``who-saw`` and ``seen-by``."""

    answer: Answer
    caveats: Caveats
    identity: Identity | None = None
    """By which ids; of ``who-saw`` only."""


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to a question of the catalogue; values are text, numbers, or lists."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    complete: bool


class Ids(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to ``reveal``."""

    known: list[Known]


Answered = Views | Rows | Ids


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer."""

    error: str
