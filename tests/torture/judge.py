"""What was served against what was recorded and stored; pure.

* ``lost``: committed and not in the store, or not the same there.
* ``duplicates``: one place in the journal twice in the store; one exchange, or a
  page that was asked for once, recorded twice.
* ``unexplained``: served and neither recorded nor inside a gap; recorded and
  never asked for; bytes that do not add up.
* ``gate``: a gated page whose first byte was here before it was on disk, other
  than in a gap that says so (``open`` only): of the gate, when it was asked for
  before that gap ended (bytes arrive a little later than they were let go), or of
  its connection, which the recorder could not read any more.

A gap explains an exchange when it is about its connection's address, or about a
whole wire, and their times overlap. ``unclean_stop`` explains nothing as long as
every wire lived: they send everything again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from proxy.events import (
    ConnectionEnded,
    Event,
    ExchangeRecorded,
    GapKind,
    GapRecorded,
    ViewRecorded,
)
from tests.torture.people import Request
from tests.torture.plan import Plan

T = TypeVar("T")

Row = tuple[str, int, int]
"""Table, epoch, sequence number."""
_OF_A_WIRE = frozenset((GapKind.WIRE_LOST, GapKind.SHED, GapKind.RECORDER_ABSENT))


@dataclass(slots=True)
class Verdict:
    """Counts that have to be 0, and examples in words."""

    lost: int = 0
    duplicates: int = 0
    unexplained: int = 0
    gate: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Nothing was found."""
        return not (self.lost or self.duplicates or self.unexplained or self.gate)

    def found(self, kind: str, text: str, count: int = 1) -> None:
        """Count something that must not be."""
        setattr(self, kind, getattr(self, kind) + count)
        if len(self.examples) < 12:
            self.examples.append(f"{kind}: {text}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that is known after a run."""

    plan: Plan
    requests: Sequence[Request]
    served: Mapping[str, int]
    events: Mapping[tuple[int, int], Event]
    """Everything that was ever seen in the journal."""
    rows: Sequence[Row]
    """Every row of the node in the store."""
    bytes_up: Mapping[str, int]
    """Sent by each address; only of addresses none of whose connections broke."""
    subject: Callable[[str], bytes]


def judge(facts: Facts) -> Verdict:
    """See the module."""
    verdict = Verdict()
    _stored(facts, verdict)
    _once(facts, verdict)
    _served(facts, verdict)
    _gate(facts, verdict)
    _accounts(facts, verdict)
    if not facts.plan.wires_died:
        _bytes(facts, verdict)
    return verdict


def summary(verdicts: Sequence[Verdict]) -> str:
    """The last line."""
    return (
        f"lost {sum(v.lost for v in verdicts)}, "
        f"duplicates {sum(v.duplicates for v in verdicts)}, "
        f"unexplained {sum(v.unexplained for v in verdicts)}, "
        f"gate violations {sum(v.gate for v in verdicts)} in {len(verdicts)} runs"
    )


def _stored(facts: Facts, verdict: Verdict) -> None:
    stored = Counter((epoch, seq) for _, epoch, seq in facts.rows)
    for place, event in facts.events.items():
        if place not in stored:
            verdict.found("lost", f"{place} is not in the store: {event}")
    for place, count in stored.items():
        if count > 1:
            verdict.found("duplicates", f"{place} is in the store {count} times")
        if place not in facts.events:
            verdict.found("unexplained", f"{place} is stored and was never committed")


def _once(facts: Facts, verdict: Verdict) -> None:
    exchanges = Counter(
        (e.wire, e.connection, e.request_offset) for e in _of(facts, ExchangeRecorded)
    )
    for place, count in exchanges.items():
        if count > 1:
            verdict.found("duplicates", f"exchange {place} was recorded {count} times")
    views = Counter(view.subject for view in _of(facts, ViewRecorded))
    asked = {facts.subject(r.client): r for r in facts.requests if r.client}
    for subject, count in views.items():
        if subject not in asked:
            verdict.found("unexplained", "a view of somebody nobody asked for")
        elif count > 1:
            what = asked[subject].target
            verdict.found("duplicates", f"{what} was recorded as seen {count} times")


def _served(facts: Facts, verdict: Verdict) -> None:
    """Every request that was served is recorded or explained."""
    viewed = {view.subject: view for view in _of(facts, ViewRecorded)}
    paths = {e.path: e for e in _of(facts, ExchangeRecorded)}
    left: defaultdict[str, list[ExchangeRecorded]] = defaultdict(list)
    known = {
        (view.wire, view.connection, view.request_offset) for view in viewed.values()
    }
    for e in _of(facts, ExchangeRecorded):
        if (e.wire, e.connection, e.request_offset) not in known:
            left[e.client_address].append(e)
    gaps = [g for g in _of(facts, GapRecorded) if _explains(facts.plan, g)]
    for request in facts.requests:
        if request.number not in facts.served:
            continue
        if request.client and facts.subject(request.client) in viewed:
            continue
        if not request.client and not request.login and request.target in paths:
            continue
        row = _row_of(left[request.address], facts.served[request.number], request)
        if row is not None and not (request.client and request.whole):
            continue
        if any(_covers(gap, request) for gap in gaps):
            continue
        what = f"{request} " + (f"has only {row}" if row is not None else "has nothing")
        verdict.found("unexplained", what)


def _row_of(
    rows: list[ExchangeRecorded], served_ns: int, request: Request
) -> ExchangeRecorded | None:
    """The exchange under way when it was served; one row is one request's."""
    for row in rows:
        if row.started_ns <= served_ns <= max(row.ended_ns, request.ended_ns) and (
            row.path == request.target.partition("?")[0]
        ):
            rows.remove(row)
            return row
    return None


def _explains(plan: Plan, gap: GapRecorded) -> bool:
    if gap.kind is GapKind.UNCLEAN_STOP:
        return plan.wires_died
    return gap.kind not in (GapKind.GATE_OPENED, GapKind.GATE_CLOSED)


def _covers(gap: GapRecorded, request: Request) -> bool:
    if gap.to_ns < request.begun_ns or gap.from_ns > request.ended_ns:
        return False
    if gap.kind is GapKind.UNCLEAN_STOP:
        return True
    if gap.connection == 0:
        return gap.kind in _OF_A_WIRE
    return gap.client_address == request.address


def _gate(facts: Facts, verdict: Verdict) -> None:
    gaps = list(_of(facts, GapRecorded))
    opened = [gap for gap in gaps if gap.kind is GapKind.GATE_OPENED]
    unread = [gap for gap in gaps if gap.connection and gap.kind in _OF_A_WIRE]
    for request in facts.requests:
        if request.committed or request.status != 200:
            continue
        if not facts.plan.closed and any(
            gap.from_ns <= request.first_ns and request.begun_ns <= gap.to_ns
            for gap in opened
        ):
            continue
        if not facts.plan.closed and any(_covers(gap, request) for gap in unread):
            continue
        verdict.found("gate", f"{request} was shown before it was recorded")


def _bytes(facts: Facts, verdict: Verdict) -> None:
    """Sent = recorded + gaps, for addresses whose connections all ended in order."""
    told: Counter[str] = Counter()
    for event in facts.events.values():
        if isinstance(event, ExchangeRecorded):
            told[event.client_address] += event.request_bytes
        elif isinstance(event, GapRecorded):
            told[event.client_address] += event.up_bytes
    for address, sent in facts.bytes_up.items():
        if told[address] != sent:
            verdict.found(
                "unexplained", f"{address} sent {sent} bytes, {told[address]} are told"
            )


def _accounts(facts: Facts, verdict: Verdict) -> None:
    """Seen = recorded + gaps, per connection and direction."""
    told: Counter[tuple[int, int, str]] = Counter()
    for event in facts.events.values():
        if isinstance(event, ExchangeRecorded):
            told[event.wire, event.connection, "up"] += event.request_bytes
            told[event.wire, event.connection, "down"] += event.response_bytes
        elif isinstance(event, GapRecorded):
            told[event.wire, event.connection, "up"] += event.up_bytes
            told[event.wire, event.connection, "down"] += event.down_bytes
    for each in _of(facts, ConnectionEnded):
        place = each.wire, each.connection
        up, down = told[*place, "up"], told[*place, "down"]
        if (each.up_bytes, each.down_bytes) != (up, down):
            verdict.found("unexplained", f"{each}: {up} and {down} bytes are told")


def _of(facts: Facts, kind: type[T]) -> Iterable[T]:
    return [event for event in facts.events.values() if isinstance(event, kind)]
