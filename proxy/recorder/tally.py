"""How many of what: the counts behind shares on a board, by application.

Two dictionary steps per exchange, kept in the recorder because it alone sees
every event. The keys are the rule set's applications and the enums of
``proxy.events``: nothing that traffic chooses, so the tables are bounded by what
is configured, and no figure names an employee or a client.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from proxy.events import Event, ExchangeRecorded, GapRecorded, ViewRecorded


@dataclass(slots=True)
class Tally:
    """Counted since the recorder started."""

    exchanges: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By application, extraction and strength of the name."""
    views: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By application and action."""
    gaps: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    """By application, kind and whether it was intended."""
    gap_bytes: int = 0
    """Bytes inside gaps that were not intended, both directions."""

    def add(self, event: Event) -> None:
        """Count one event; those without a figure change nothing."""
        if isinstance(event, ViewRecorded):
            self.views[event.application, event.action.value] += 1
        elif isinstance(event, ExchangeRecorded):
            actor = event.actor
            self.exchanges[
                event.application, event.extraction.value, actor.strength.value
            ] += 1
        elif isinstance(event, GapRecorded):
            self.gaps[event.application, event.kind.value, event.intended] += 1
            if not event.intended:
                self.gap_bytes += event.up_bytes + event.down_bytes

    def add_many(self, like: Event, number: int) -> None:
        """Count events that differ in subject and place only."""
        if isinstance(like, ViewRecorded):
            self.views[like.application, like.action.value] += number

    def figures(self) -> dict[str, object]:
        """As lists, which JSON can carry: ``[application, ..., count]``."""
        return {
            "exchanges_by": [[*key, n] for key, n in sorted(self.exchanges.items())],
            "views_by": [[*key, n] for key, n in sorted(self.views.items())],
            "gaps_by": [[*key, n] for key, n in sorted(self.gaps.items())],
            "gap_bytes": self.gap_bytes,
        }
