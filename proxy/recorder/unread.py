"""Pages that were not, or not all, read: counted by where and why; pure.

Samples hold a path template and a reason, no value. Bounded: the pages that were
longest not met make room, and ``forgotten`` counts them; all of them stand in the
store (``unmapped_in``).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

from proxy.events import ExchangeRecorded, Extraction

MOST_PAGES = 500
"""Of all applications; a person who finds more has a rule set to write."""
MOST_TOLD = 10
"""In the report, by number of exchanges, signs of personal data first."""
_READ = frozenset({Extraction.RECORDED, Extraction.NOTHING_EXPECTED})
_ORDER = (
    Extraction.UNMAPPED,
    Extraction.FAILED,
    Extraction.PARTIAL,
    Extraction.TRUNCATED,
    Extraction.OPAQUE,
)


class _Page(NamedTuple):
    application: str
    path: str
    extraction: Extraction
    reason: str


class Unread:
    """What was met since the recorder started."""

    def __init__(self, most: int = MOST_PAGES) -> None:
        self.exchanges = 0
        self.forgotten = 0
        """Pages dropped from the table, whatever their count."""
        self._most = most
        self._pages: OrderedDict[_Page, int] = OrderedDict()

    def count(self, event: ExchangeRecorded) -> None:
        """Take note of an exchange, if it was not read. One that nobody answered
        showed no page: whether the application is there is said elsewhere."""
        if event.extraction in _READ or not event.status:
            return
        self.exchanges += 1
        page = _Page(
            event.application, event.path, event.extraction, event.extraction_reason
        )
        self._pages[page] = self._pages.get(page, 0) + 1
        self._pages.move_to_end(page)
        if len(self._pages) > self._most:
            self._pages.popitem(last=False)
            self.forgotten += 1

    def status(self) -> dict[str, Any]:
        """Figures for the recorder's report: counts by outcome, and the worst."""
        counts: dict[str, int] = {}
        for page, number in self._pages.items():
            name = page.extraction.value
            counts[name] = counts.get(name, 0) + number
        worst = sorted(self._pages.items(), key=lambda item: _weight(*item))
        return {
            "unread": self.exchanges,
            "unread_by_outcome": counts,
            "unread_pages": [
                {
                    "application": page.application,
                    "path": page.path,
                    "extraction": page.extraction.value,
                    "reason": page.reason,
                    "exchanges": number,
                }
                for page, number in worst[:MOST_TOLD]
            ],
        }


def _weight(page: _Page, number: int) -> tuple[int, bool, int]:
    return _ORDER.index(page.extraction), page.reason == "no_rule", -number
