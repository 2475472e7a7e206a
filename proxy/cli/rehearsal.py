"""A rule set tried on recorded traffic: what it makes of every exchange.

The pipeline is the recorder's own. What is told of an exchange holds the ids of its
subjects, because whoever writes rules compares them with the page; recordings are
test data or redacted, and nothing of it is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proxy.attribution.sessions import Sessions
from proxy.capture.replaying import Replayed
from proxy.cli.recordings import replay
from proxy.connection_context import ConnectionContext
from proxy.errors import UsageError
from proxy.events import Action, ExchangeRecorded, Extraction
from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange, Request
from proxy.extraction import Reading
from proxy.extraction.model import OnFailure
from proxy.extraction.stream import Stream
from proxy.pipeline import Keys, Outcome, Pipeline, Prepared
from proxy.ruleset import RuleSet
from proxy.ruleset.gate import Gate

_NO_KEYS = Keys(session=bytes(32), subject=bytes(32), subject_key_id=0)
"""Nothing that is made with them leaves the process."""


@dataclass(frozen=True, slots=True)
class Told:
    """One exchange, and what came of it."""

    prepared: Prepared
    reading: Reading
    event: ExchangeRecorded

    def plain(self) -> dict[str, Any]:
        """As one line of a golden file; what is empty is left out."""
        event, reading = self.event, self.reading
        line: dict[str, Any] = {
            "request": f"{event.method} {event.path}",
            "status": event.status,
            "rule": event.rule,
            "extraction": event.extraction.value,
            "reason": event.extraction_reason,
            "actor": event.actor.name,
            "nameless": event.actor.reason,
            "views": [_view(found) for found in reading.extracted.subjects],
            "context": [[term.name, term.value] for term in reading.context],
        }
        return {key: value for key, value in line.items() if value}


def _view(found: Any) -> str:
    """``view client 5``, ``list client 7 @3 contact,health``."""
    said = f"{found.action.value} {found.type} {found.id}"
    if found.position or found.action in (Action.LIST, Action.SEARCH, Action.EXPORT):
        said += f" @{found.position}"
    return said + (" " + ",".join(found.categories) if found.categories else "")


class _Rehearsing:
    """A pipeline that keeps what it decided."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.told: list[Told] = []
        self._pipeline = Pipeline(ruleset, Sessions(), _NO_KEYS)
        self.gated: OnFailure | None = None
        """Nobody waits for a rehearsal."""

    def gate(self, request: Request) -> Gate | None:  # noqa: ARG002 - as asked
        """Nothing is held."""
        return None

    def stream(self, exchange: Exchange, limits: Limits) -> Stream | None:
        """As the pipeline does."""
        return self._pipeline.stream(exchange, limits)

    def observe(self, context: ConnectionContext, exchange: Exchange) -> Prepared:
        """As the pipeline does."""
        return self._pipeline.observe(context, exchange)

    def finish(self, prepared: Prepared) -> Outcome:
        """As the pipeline does, and keep it."""
        reading, outcome = self._pipeline.decide(prepared)
        for event in outcome.events:
            if isinstance(event, ExchangeRecorded):
                self.told.append(Told(prepared, reading, event))
        return outcome


def rehearse(
    ruleset: RuleSet, recording: Path, *, application: str = "", host: str = ""
) -> Iterator[Told]:
    """What the rule set makes of a recording, exchange by exchange.

    Args:
        ruleset: To try.
        recording: Any that ``proxy.cli.recordings`` reads.
        application: Its name in a capture, when it is not the rule set's.
        host: See ``replay``.

    Raises:
        UsageError: the recording cannot be read, or holds nothing of this
            application.
    """
    name = application or ruleset.application
    rehearsing = _Rehearsing(ruleset)
    seen = 0
    events = replay(recording, {name: rehearsing}, host=host, replayed=Replayed())
    for _ in events:
        told, rehearsing.told = rehearsing.told, []
        seen += len(told)
        yield from told
    if not seen:
        raise UsageError(
            f"{recording}: holds no exchange of application {name}; give the name it "
            "has in the config with --application, or the host with --host"
        )


@dataclass(frozen=True, slots=True)
class Covered:
    """Exchanges of one path that came to the same."""

    request: str
    """``GET /client/{id}``."""
    rule: str
    """The rule that claims them, or empty."""
    outcome: str
    """``recorded``, ``ignored``, ``unmapped (bsn)``, ``failed (no_subject)``, …"""
    exchanges: int
    views: int

    @property
    def unread(self) -> bool:
        """They may have shown more than was read."""
        return self.outcome.split()[0] in _UNREAD


_UNREAD = frozenset(
    status.value
    for status in (
        Extraction.UNMAPPED,
        Extraction.FAILED,
        Extraction.PARTIAL,
        Extraction.TRUNCATED,
    )
)


def coverage(told: Iterator[Told]) -> list[Covered]:
    """How a recording is covered: what was not read first, then by number."""
    exchanges: Counter[tuple[str, str, str]] = Counter()
    views: Counter[tuple[str, str, str]] = Counter()
    for each in told:
        event = each.event
        key = (f"{event.method} {event.path}", event.rule, _outcome(event))
        exchanges[key] += 1
        views[key] += event.views
    found = [Covered(*key, count, views[key]) for key, count in exchanges.items()]
    return sorted(found, key=lambda c: (not c.unread, -c.exchanges, c.request))


def _outcome(event: ExchangeRecorded) -> str:
    status, reason = event.extraction, event.extraction_reason
    if status is Extraction.NOTHING_EXPECTED:
        return reason or status.value
    return f"{status.value} ({reason})" if reason else status.value


def differing(
    old: Iterator[Told], new: Iterator[Told]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Exchanges of which two rule sets make something else: both answers."""
    for before, after in zip(old, new, strict=True):
        was, now = before.plain(), after.plain()
        if was != now:
            yield was, now
