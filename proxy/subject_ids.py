"""Ids of subjects as events; each once.

The same client is shown a hundred times a day. Whose id was recorded lately is
remembered and not recorded again: a bounded set, least recently seen out first. A
recorder that starts anew records what it sees once more, and so does a large list,
which would push out all others. The store gives a subject once however often it stands
there.

Pure.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from proxy.events import ExchangeRecorded, ViewRecorded
from proxy.events.custody import SubjectSeen
from proxy.extraction.model import Extracted
from proxy.pseudonym import pseudonym
from proxy.recovery import LONGEST, Recovery, seen

MOST_REMEMBERED = 50_000
"""Subjects per application, some 7 MB: what an office opens in weeks."""


class SubjectIds:
    """The subjects of one application whose id was recorded lately.

    Args:
        recovery: What ids are encrypted with.
        key: The subject key.
        key_id: Its number.
        most: Bound on what is remembered.

    """

    def __init__(
        self, recovery: Recovery, key: bytes, key_id: int, most: int = MOST_REMEMBERED
    ) -> None:
        self.too_long = 0
        """Ids that were not kept, because of their length."""
        self._recovery = recovery
        self._key = key
        self._key_id = key_id
        self._most = most
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def shown(
        self,
        exchange: ExchangeRecorded,
        found: Extracted,
        views: Sequence[ViewRecorded],
    ) -> list[SubjectSeen]:
        """Ids of the subjects of a page that are new; ``views`` are theirs."""
        subjects = zip(found.subjects, views, strict=True)
        return self._new(
            exchange, ((each.type, each.id, view.subject) for each, view in subjects)
        )

    def paired(self, exchange: ExchangeRecorded, found: Extracted) -> list[SubjectSeen]:
        """Ids of the pairs of a page that are new."""
        return self._new(
            exchange,
            (
                (kind, identifier, pseudonym(self._key, kind, identifier))
                for pair in found.pairs
                for kind, identifier in (
                    (pair.one_type, pair.one),
                    (pair.other_type, pair.other),
                )
            ),
        )

    def event(
        self,
        exchange: ExchangeRecorded,
        subject_type: str,
        identifier: str,
        subject: bytes,
    ) -> SubjectSeen:
        """The event of one subject, remembered or not."""
        return seen(
            self._recovery,
            exchange.application,
            exchange.started_ns,
            subject_type,
            identifier,
            subject,
            self._key_id,
        )

    def _new(
        self, exchange: ExchangeRecorded, shown: Iterable[tuple[str, str, bytes]]
    ) -> list[SubjectSeen]:
        """What is new of these: type, id and pseudonym of each."""
        found = []
        for subject_type, identifier, subject in shown:
            if subject in self._known:
                self._known.move_to_end(subject)
                continue
            if len(identifier) > LONGEST:
                self.too_long += 1
                continue
            self._known[subject] = None
            if len(self._known) > self._most:
                self._known.popitem(last=False)
            found.append(self.event(exchange, subject_type, identifier, subject))
        return found
