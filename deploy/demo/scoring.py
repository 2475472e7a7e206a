"""The score: what the application showed against what the store recorded.

Pure. Both sides become a multiset of (subject, action, advisor); what is left
on either side after cancelling is explained, in this order:

1. shown to A, recorded without a name: ``unattributed``;
2. shown to A, recorded for B: ``wrong_employee``;
3. shown and not recorded: ``missed``;
4. recorded and not shown: ``extra`` (with or without a name).

A row counts in one of them only. The truth knows clients by id, the store by
pseudonym; the function that makes one of the other is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from deploy.demo.application.truth import TruthRecord

MAX_EXAMPLES: Final = 10
"""Mismatches told in words."""

Pseudonym = Callable[[str], bytes]
"""Client id: the subject the store knows it by."""


class ViewRow(NamedTuple):
    """A row of ``views``, as far as the score needs it."""

    actor: str
    """Canonical name; empty when unattributed."""
    subject: bytes
    action: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The comparison, in numbers; ``clean`` is the verdict."""

    exchanges_seen: int
    """Requests the application answered."""
    exchanges_recorded: int
    """Exchanges in the journal."""
    exchanges_stored: int
    """Exchanges in the store."""
    records_shown: int
    """Clients shown, by the application's own account."""
    records_recorded: int
    """Rows of ``views`` in the store."""
    missed: int
    extra: int
    wrong_employee: int
    unattributed: int
    wrong_categories: int
    """Pages about one client, rightly attributed, whose data categories differ."""
    examples: tuple[str, ...]
    """The first mismatches, in words; client ids are the truth's own."""

    @property
    def clean(self) -> bool:
        """Everything seen is stored, and everything stored is right."""
        return (
            self.exchanges_seen == self.exchanges_recorded == self.exchanges_stored
            and self.records_shown == self.records_recorded
            and not self.missed
            and not self.extra
            and not self.wrong_employee
            and not self.unattributed
            and not self.wrong_categories
        )


_Key = tuple[bytes, str, str]
"""Subject, action, advisor."""


class _Ids:
    """Pseudonyms made once per client, and the way back for the examples."""

    def __init__(self, pseudonym: Pseudonym) -> None:
        self._pseudonym = pseudonym
        self._of: dict[str, bytes] = {}
        self._back: dict[bytes, str] = {}

    def pseudonym(self, client: str) -> bytes:
        found = self._of.get(client)
        if found is None:
            found = self._of[client] = self._pseudonym(client)
            self._back[found] = client
        return found

    def name(self, subject: bytes) -> str:
        return self._back.get(subject, f"unknown subject {subject.hex()}")


def score(
    truth: Iterable[TruthRecord],
    views: Iterable[ViewRow],
    *,
    pseudonym: Pseudonym,
    exchanges_seen: int,
    exchanges_recorded: int,
    exchanges_stored: int,
) -> Score:
    """Compare the application's truth with the rows of the store.

    Takes memory in proportion to the distinct (subject, action, advisor).
    """
    ids = _Ids(pseudonym)
    shown: Counter[_Key] = Counter()
    recorded: Counter[_Key] = Counter()
    data_shown: Counter[tuple[_Key, tuple[str, ...]]] = Counter()
    data_recorded: Counter[tuple[_Key, tuple[str, ...]]] = Counter()
    for record in truth:
        for client in record.clients:
            key = (ids.pseudonym(client), record.action, record.advisor)
            shown[key] += 1
            if record.categories:
                data_shown[key, tuple(sorted(record.categories))] += 1
    for row in views:
        key = (row.subject, row.action, row.actor)
        recorded[key] += 1
        if row.categories:
            data_recorded[key, tuple(sorted(row.categories))] += 1

    missing, surplus = shown - recorded, recorded - shown
    # Wrong data is counted only where nothing else is wrong with the view.
    right = {key for key in shown if not missing[key] and not surplus[key]}
    differing = sum(
        count
        for (key, _), count in (data_shown - data_recorded).items()
        if key in right
    )
    told_too_much = sum(
        count
        for (key, _), count in (data_recorded - data_shown).items()
        if key in right
    )
    unattributed, nameless = _explain(missing, surplus, lambda row: not row)
    wrong, renamed = _explain(missing, surplus, bool)
    examples = [
        *(f"{ids.name(s)} {a}: shown to {who}, no name" for s, a, who, _ in nameless),
        *(
            f"{ids.name(s)} {a}: shown to {who}, recorded for {other}"
            for s, a, who, other in renamed
        ),
        *(
            f"{ids.name(s)} {a}: shown to {who} {n} times more than recorded"
            for (s, a, who), n in missing.items()
            if n
        ),
        *(
            f"{ids.name(s)} {a}: recorded for {who or 'nobody'} {n} times too often"
            for (s, a, who), n in surplus.items()
            if n
        ),
    ]
    return Score(
        exchanges_seen=exchanges_seen,
        exchanges_recorded=exchanges_recorded,
        exchanges_stored=exchanges_stored,
        records_shown=shown.total(),
        records_recorded=recorded.total(),
        missed=missing.total(),
        extra=surplus.total(),
        wrong_employee=wrong,
        unattributed=unattributed,
        wrong_categories=max(differing, told_too_much),
        examples=tuple(examples[:MAX_EXAMPLES]),
    )


def _explain(
    missing: Counter[_Key], surplus: Counter[_Key], wanted: Callable[[str], bool]
) -> tuple[int, list[tuple[bytes, str, str, str]]]:
    """Cancel what is missing against surplus rows of the same subject and action.

    Only rows whose actor is ``wanted`` count. Both counters are lowered; gives
    the number cancelled and (subject, action, shown to, recorded for) of each
    pair of advisors.
    """
    candidates: dict[tuple[bytes, str], list[_Key]] = {}
    for key in surplus:
        if wanted(key[2]):
            candidates.setdefault(key[:2], []).append(key)
    cancelled = 0
    pairs: list[tuple[bytes, str, str, str]] = []
    for key in missing:
        for other in candidates.get(key[:2], ()):
            count = min(missing[key], surplus[other])
            if count:
                missing[key] -= count
                surplus[other] -= count
                cancelled += count
                pairs.append((*key, other[2]))
    return cancelled, pairs
