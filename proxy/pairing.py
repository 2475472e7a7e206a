"""Pairs of ids that pages show, as events; each once.

The same page is shown a hundred times a day, and says each time that two ids are of
one client. What was recorded lately is remembered and not recorded again: a bounded
set, least recently seen out first. A recorder that starts anew records what it sees
once more, also under a newer key.

Pure.
"""

from __future__ import annotations

from collections import OrderedDict

from proxy.events import ExchangeRecorded, IdentifiersPaired
from proxy.extraction.model import Reading
from proxy.pseudonym import pseudonym

MOST_REMEMBERED = 50_000
"""Pairs, some 8 MB: what an office opens in weeks."""


class Pairing:
    """The pairs of one application that were recorded lately.

    Args:
        key: The subject key.
        key_id: Its id.
        most: Bound on what is remembered.

    """

    def __init__(self, key: bytes, key_id: int, most: int = MOST_REMEMBERED) -> None:
        self._key = key
        self._key_id = key_id
        self._most = most
        self._recorded: OrderedDict[tuple[bytes, bytes], None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._recorded)

    def events(
        self, reading: Reading, exchange: ExchangeRecorded
    ) -> list[IdentifiersPaired]:
        """What this exchange says that was not recorded yet."""
        events = []
        for each in reading.extracted.pairs:
            one = pseudonym(self._key, each.one_type, each.one)
            other = pseudonym(self._key, each.other_type, each.other)
            if self._known(one, other):
                continue
            event = IdentifiersPaired(
                application=exchange.application,
                wire=exchange.wire,
                connection=exchange.connection,
                request_offset=exchange.request_offset,
                at_ns=exchange.started_ns,
                one_type=each.one_type,
                one=one,
                other_type=each.other_type,
                other=other,
                key=self._key_id,
                source=f"rule {each.rule or reading.rule}",
                ruleset=exchange.ruleset,
            )
            events.append(event)
        return events

    def _known(self, one: bytes, other: bytes) -> bool:
        pair = (one, other)
        if pair in self._recorded:
            self._recorded.move_to_end(pair)
            return True
        self._recorded[pair] = None
        if len(self._recorded) > self._most:
            self._recorded.popitem(last=False)
        return False
