"""From a complete exchange to the events it makes; the story in one place.

Two halves. ``observe`` runs when an exchange is complete: it applies what the
exchange does to sessions (login, logout, rotation). ``finish`` runs when no
wire can bring older news, says who and which records, and gives the events:
one ``ExchangeRecorded`` always, one ``ViewRecorded`` per subject shown, one
``SubjectSeen`` per subject whose id was not recorded lately, one
``IdentifiersPaired`` per pair of ids that was not recorded lately, one
``SessionChanged`` per thing that happened to a session, and one
``AttributionLearned`` when the names of earlier exchanges became known.

Pure; the recorder calls it, and so does a replay. Subject ids become keyed
pseudonyms here and session keys have become digests below: nothing that leaves
holds either. A fault of our own in naming or extraction costs the name or the
subjects of that one exchange, with reason ``internal``, and is counted; the
exchange itself is always recorded.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from proxy.attribution.asked import Asked
from proxy.attribution.attribute import (
    Attribution,
    Change,
    Learned,
    Observed,
    Settled,
)
from proxy.attribution.forwarded import client_address
from proxy.attribution.sessions import Sessions
from proxy.connection_context import ConnectionContext
from proxy.events import (
    Actor,
    AttributionLearned,
    Event,
    ExchangeRecorded,
    Extraction,
    SessionChanged,
    ViewRecorded,
)
from proxy.exchange.charset import media_type
from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange, Request
from proxy.extraction.drift import Drift
from proxy.extraction.known import KnownIds
from proxy.extraction.memory import Memory, SessionMemory
from proxy.extraction.model import Extracted, OnFailure, Reading
from proxy.extraction.stream import Stream
from proxy.extraction.view import View
from proxy.pairing import Pairing
from proxy.pseudonym import pseudonym
from proxy.recovery import Recovery
from proxy.ruleset.gate import Gate
from proxy.ruleset.model import RuleSet
from proxy.ruleset.page import shared_page
from proxy.ruleset.streaming import Streams
from proxy.ruleset.traces import NONE, Traced, traced
from proxy.subject_ids import SubjectIds
from proxy.views import ManyViews, ViewMaker, terms

logger = logging.getLogger(__name__)

MAX_METHOD = 32
"""Characters of a method kept; the longest registered one has 17."""
MAX_CONTENT_TYPE = 127
"""Characters of a media type kept (RFC 6838 4.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The secrets of pseudonyms; never printed."""

    session: bytes = field(repr=False)
    subject: bytes = field(repr=False)
    subject_key_id: int
    term: tuple[bytes, int] | None = field(default=None, repr=False)
    """What search terms are hashed with, and its number; None: as subjects are."""
    older_sessions: tuple[bytes, ...] = field(default=(), repr=False)
    """Session keys of before; sessions that began under them are recognised."""
    recovery: Recovery | None = None
    """What ids are encrypted with; None: they are not recorded."""


@dataclass(slots=True)
class Prepared:
    """An observed exchange; ``needs_watermark`` says when to finish it."""

    context: ConnectionContext
    exchange: Exchange
    view: View
    observed: Observed | None
    """None after a fault of our own."""
    needs_watermark: int
    """Monotonic time all live wires must have passed; 0: none."""
    traced: Traced = NONE
    by: Pipeline | None = None
    """Who observed it, when that is not the one asked to finish it."""


class Outcome(NamedTuple):
    """One transaction: events in order, and session records to put or (None)
    delete."""

    events: list[Event]
    sessions: list[tuple[bytes, bytes | None]]
    many: ManyViews | None = None
    """Views of a large list; they follow the events."""


@dataclass(slots=True)
class PipelineCounters:
    """Faults of our own; each cost one exchange a name or its subjects."""

    attribution_failed: int = 0
    extraction_failed: int = 0


class Pipeline:
    """The decisions for one application."""

    def __init__(
        self,
        ruleset: RuleSet,
        sessions: Sessions,
        keys: Keys,
        memory: Memory | None = None,
        attribution: Attribution | None = None,
        drift: Drift | None = None,
        known: KnownIds | None = None,
    ) -> None:
        self.ruleset = ruleset
        self.memory = Memory() if memory is None else memory
        """What responses taught about later ones; survives a change of rules."""
        self.sessions = sessions
        self.counters = PipelineCounters()
        rules = [record.rule for record in ruleset.records]
        self.drift = drift or Drift(ruleset.application, ruleset.hash, rules)
        """Which rules find none any more."""
        self.drift.follow(ruleset.hash, rules)
        self._known = known or KnownIds(partial(pseudonym, keys.subject))
        self._pairing = Pairing(keys.subject, keys.subject_key_id)
        self._keys = keys
        self._ids: SubjectIds | None = None
        if keys.recovery is not None:
            known_by = keys.subject, keys.subject_key_id
            self._ids = SubjectIds(keys.recovery, *known_by)
        self.streams = Streams()
        self._attribution = attribution or Attribution(
            ruleset.attribution,
            ruleset.application,
            sessions,
            keys.session,
            ruleset.materials,
            older=keys.older_sessions,
        )

    def succeeded_by(self, ruleset: RuleSet) -> Pipeline:
        """The pipeline of a newer version of the rules.

        Sessions, memory and counters are shared. What is under way in schemes (half
        a handshake) goes on unless the new version says something else about who.
        """
        old = self.ruleset
        same = old.attribution == ruleset.attribution
        same = same and old.application == ruleset.application
        same = same and old.materials == ruleset.materials
        attribution = self._attribution if same else None
        after = Pipeline(
            ruleset,
            self.sessions,
            self._keys,
            self.memory,
            attribution,
            self.drift,
            self._known,
        )
        after.counters = self.counters
        after._pairing = self._pairing
        after._ids = self._ids
        after.streams = self.streams
        return after

    @property
    def gated(self) -> OnFailure | None:
        """What a failure of the gate means to the strictest rule; None: no gate."""
        return self.ruleset.gated

    def gate(self, request: Request) -> Gate | None:
        """What may hold the response to a request whose head is there."""
        return self.ruleset.gate(request)

    def stream(self, exchange: Exchange, limits: Limits) -> Stream | None:
        """What reads a large response while it passes; see ``ruleset.streaming``."""
        return self.streams.open(self.ruleset, exchange, limits)

    def observe(self, context: ConnectionContext, exchange: Exchange) -> Prepared:
        """Apply what a complete exchange does to sessions; call ``finish`` later.

        Args:
            context: Its connection.
            exchange: Complete, or as much of it as there will be.
        """
        view = View(exchange, self.ruleset.settings)
        view.known = self._known
        binding = f"{context.wire:x}-{context.connection:x}-{exchange.up_offset:x}"
        observed: Observed | None = None
        needs = 0
        trace = NONE
        try:
            asked = Asked(
                exchange.request, view.target, context.wall_minus_monotonic_ns
            )
            observed = self._attribution.observe(
                exchange, asked, binding, lambda: shared_page(view), context.peer
            )
            needs = observed.needs_watermark
            if self.ruleset.remembers:
                told = tuple(observed.touched)
                view.memory = SessionMemory(self.memory, observed.keys, told)
            peer, headers = context.client_address, exchange.request.headers
            trace = traced(self.ruleset.traces, peer, headers)
            context = self._of_client(context, exchange)
            observed.peer = context.client_address
        except Exception:  # fail open: the exchange is recorded, without a name
            self.counters.attribution_failed += 1
            logger.exception("attribution failed; the exchange stays nameless")
        return Prepared(context, exchange, view, observed, needs, trace)

    def _of_client(
        self, context: ConnectionContext, exchange: Exchange
    ) -> ConnectionContext:
        """With the client's address instead of the last proxy's."""
        rules = self.ruleset.attribution.client_address
        if rules is None:
            return context
        peer, headers = context.client_address, exchange.request.headers
        return replace(context, client_address=client_address(peer, headers, rules))

    def finish(self, prepared: Prepared) -> Outcome:
        """The events of an observed exchange; call it once.

        In the order of ``needs_watermark`` where several wait.
        """
        return self.decide(prepared)[1]

    def decide(self, prepared: Prepared) -> tuple[Reading, Outcome]:
        """``finish``, with what the events do not tell: ids before they are keyed."""
        settled = self._settle(prepared)
        reading = self._read(prepared)
        prepared.view.forget_documents()
        actor = settled.actor
        who = actor.session or actor.name or prepared.context.client_address
        reading = self.drift.judged(reading, who)
        wall = prepared.context.wall_minus_monotonic_ns
        events: list[Event] = []
        events += [self._session_changed(prepared, it) for it in settled.changes]
        if settled.learned is not None:
            events.append(self._learned(prepared, settled.learned))
        recorded = self._exchange_recorded(prepared, settled.actor, reading)
        events.append(recorded)
        many: ManyViews | None = None
        if reading.extracted.subjects:
            views = self._views(recorded, reading)
            if isinstance(views, ManyViews):
                many = views
            else:
                events += views
                if self._ids is not None:
                    events += self._ids.shown(recorded, reading.extracted, views)
        if reading.extracted.pairs:
            events += self._pairing.events(reading, recorded)
            if self._ids is not None:
                events += self._ids.paired(recorded, reading.extracted)
        sessions = self.sessions.changes(dict.fromkeys(settled.touched), wall)
        sessions += self.drift.changes()
        return reading, Outcome(events, sessions, many)

    def _settle(self, prepared: Prepared) -> Settled:
        if prepared.observed is not None:
            try:
                return self._attribution.settle(prepared.observed)
            except Exception:  # fail open: the exchange is recorded, without a name
                self.counters.attribution_failed += 1
                logger.exception("attribution failed; the exchange stays nameless")
        return Settled(Actor(reason="internal"), [], [])

    def _read(self, prepared: Prepared) -> Reading:
        try:
            return self.ruleset.read(prepared.view)
        except Exception:  # fail open: recorded as failed, which is shown
            self.counters.extraction_failed += 1
            logger.exception("extraction failed; the exchange is recorded as failed")
            extracted = Extracted(Extraction.FAILED, "internal", [])
            return Reading(rule="", path="", extracted=extracted)

    def _exchange_recorded(
        self, prepared: Prepared, actor: Actor, reading: Reading
    ) -> ExchangeRecorded:
        context, exchange, keys = prepared.context, prepared.exchange, self._keys
        request, response = exchange.request, exchange.response
        wall = context.wall_minus_monotonic_ns
        content_type, ended, response_bytes, status = "", request.end_ns, 0, 0
        if response is not None:
            content_type = media_type(response.get(b"content-type"))
            ended = max(ended, response.end_ns)
            response_bytes = response.end_offset - response.start_offset
            status = response.status
        return ExchangeRecorded(
            application=self.ruleset.application,
            wire=context.wire,
            connection=context.connection,
            request_offset=request.start_offset,
            started_ns=request.start_ns + wall,
            ended_ns=ended + wall,
            monotonic_ns=request.start_ns,
            method=request.method[:MAX_METHOD].decode("latin-1"),
            path=reading.path,
            rule=reading.rule,
            status=status,
            request_bytes=request.end_offset - request.start_offset,
            response_bytes=response_bytes,
            content_type=content_type[:MAX_CONTENT_TYPE],
            client_address=context.client_address,
            actor=actor,
            extraction=reading.extracted.status,
            extraction_reason=reading.extracted.reason,
            views=len(reading.extracted.subjects),
            ruleset=self.ruleset.hash,
            context=terms(
                reading.context, *(keys.term or (keys.subject, keys.subject_key_id))
            ),
            activity=self.ruleset.activity(reading.rule),
            trace_id=prepared.traced.trace_id,
            parent_span=prepared.traced.parent_span,
            processor=prepared.traced.processor,
        )

    def _views(
        self, recorded: ExchangeRecorded, reading: Reading
    ) -> list[ViewRecorded] | ManyViews:
        key, key_id = self._keys.subject, self._keys.subject_key_id
        found = reading.extracted.subjects
        make = ViewMaker(
            exchange=recorded,
            rule=reading.rule,
            key=key,
            key_id=key_id,
            activities=self.ruleset.activities,
            ids=self._ids,
        )
        views = make.views(found)
        subjects = zip(found, views, strict=True)
        self._known.add((each.type, each.id, view.subject) for each, view in subjects)
        return views

    def _learned(self, prepared: Prepared, learned: Learned) -> AttributionLearned:
        context = prepared.context
        wall = context.wall_minus_monotonic_ns
        return AttributionLearned(
            application=self.ruleset.application,
            wire=context.wire,
            connection=context.connection,
            request_offset=prepared.exchange.up_offset,
            at_ns=prepared.exchange.request.start_ns + wall,
            from_ns=learned.start + wall,
            to_ns=learned.end + wall,
            exchanges=learned.exchanges,
            client_address=context.client_address,
            actor=learned.actor,
        )

    def _session_changed(self, prepared: Prepared, change: Change) -> SessionChanged:
        context = prepared.context
        return SessionChanged(
            application=self.ruleset.application,
            wire=context.wire,
            connection=context.connection,
            request_offset=prepared.exchange.up_offset,
            at_ns=change.at + context.wall_minus_monotonic_ns,
            monotonic_ns=change.at,
            kind=change.kind,
            actor=change.actor,
            previous=change.previous,
            client_address=context.client_address,
            reason=change.reason,
        )
